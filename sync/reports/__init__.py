"""What people take away from a run: the page, the table for spreadsheets, and the JSON document."""
