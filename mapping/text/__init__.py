"""Text keys and facets, Japanese too, with tables of words beside."""
