"""What was done and why, as a chain nobody can alter unseen: entries, export and verification."""
