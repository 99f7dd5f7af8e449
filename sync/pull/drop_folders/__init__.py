"""Files left by others."""
