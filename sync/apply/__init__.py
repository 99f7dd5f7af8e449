"""Approved changes to the org, batch by batch, safe to retry; recheck, read back, pace."""
