"""Migrations of the store: one file each in `versions`. To add one, write it and append its revision to KNOWN."""

KNOWN = ("first",)
HEAD = KNOWN[-1]
