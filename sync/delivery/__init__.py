"""Out of the house: approved changes through the outbox to the org, and what became of each."""
