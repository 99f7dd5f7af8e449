"""field_map."""
