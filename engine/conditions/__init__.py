"""What may be asked: fields, operators, conditions, and the expressions they become."""
