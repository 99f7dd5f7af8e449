"""Settings, syncs, credentials."""
