"""Between plan and apply: who decides on which changes, and what is given back."""
