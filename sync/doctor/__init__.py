"""What doctor looks at before anything depends on it."""
