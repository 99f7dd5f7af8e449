"""How changes travel: one call for a few guarded records, one for two hundred, one job for many thousands."""
