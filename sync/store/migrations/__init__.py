"""Migrations of the store: one file each in `versions`. To add one, write it and append its revision to KNOWN."""

KNOWN = ("0001",)
HEAD = KNOWN[-1]
