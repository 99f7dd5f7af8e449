"""One migration a file, in order; never edited after a release."""
