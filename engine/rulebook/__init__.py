"""What the files say, as values: items, actions, policy, calendar."""
