"""One file, one verdict."""
