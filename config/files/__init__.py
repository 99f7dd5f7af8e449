"""YAML with places, texts of files, suggestions."""
