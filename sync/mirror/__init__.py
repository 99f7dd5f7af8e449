"""Record versions as they were pulled: immutable Parquet segments, each listed in the store."""
