"""Text to typed values: settings, defaults, rulebook files, field map, the starter rulebook and the words people read."""
