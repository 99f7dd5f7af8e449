"""The message catalogue: every sentence a person reads, in English and Japanese, side by side."""
