"""Org and drop folders into the mirror; sweep; single records read again."""
