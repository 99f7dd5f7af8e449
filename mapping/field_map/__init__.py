"""The map as values, checked against describes; write-back fields."""
