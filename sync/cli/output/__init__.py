"""How the terminal shows views."""
