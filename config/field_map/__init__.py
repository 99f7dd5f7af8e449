"""map.yaml to values."""
