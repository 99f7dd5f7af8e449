"""Raw rows to the engine's frames."""
