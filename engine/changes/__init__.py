"""What a run proposes, as values: change, its states, plan, what is remembered."""
