"""Record versions as they were pulled: immutable Parquet data files, each listed in the store."""
