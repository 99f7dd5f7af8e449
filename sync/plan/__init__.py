"""Make a plan: of what, from which snapshot, by which versions; write it; what it costs; revert as a plan."""
