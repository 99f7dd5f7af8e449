"""What people are told, as values: read by reports and terminal."""
