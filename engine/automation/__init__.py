"""How rules run: order, what each stratum sees, what they set, evaluate, explain one prospect."""
