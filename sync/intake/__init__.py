"""Into the house: the org and dropped files into the mirror, version by version, and the sweep that misses nothing."""
