"""One file = one action of a rule: its value, what it decides, what it does; the registry lists them."""
