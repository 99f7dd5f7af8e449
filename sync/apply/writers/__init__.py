"""Guarded, collections, Bulk: how a batch is sent."""
