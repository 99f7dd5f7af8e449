"""How names are compared that people give and type: of rules, queues, roles, columns, words in files."""

import unicodedata


def folded(name: str) -> str:
    """Width and case do not count, nor how many spaces there are, outside or between words."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
