"""How names are compared that people give and type: rules, queues, roles, columns, words in files; and width alone."""

import unicodedata


def folded(name: str) -> str:
    """Width and case do not count, nor how many spaces there are, outside or between words."""
    return " ".join(plain(name).casefold().split())


def plain(text: str) -> str:
    """Width does not count: `１，０００` is `1,000`."""
    return unicodedata.normalize("NFKC", text)
