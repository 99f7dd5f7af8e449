"""Readers of map.yaml, one for each of its parts."""
