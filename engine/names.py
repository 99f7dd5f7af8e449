"""How names are compared that people give and type: rules, queues, roles, columns, words in files; width alone; and what
no text may hold.
"""

import unicodedata

# Control characters, halves of a character, and ends of lines.
_UNSHOWN = {"Cc", "Cs", "Zl", "Zp"}


def folded(name: str) -> str:
    """Width and case do not count, nor how many spaces there are, outside or between words."""
    return " ".join(plain(name).casefold().split())


def plain(text: str) -> str:
    """Width does not count: `１，０００` is `1,000`."""
    return unicodedata.normalize("NFKC", text)


def unshown(text: str, *, allowed: str = "") -> str:
    """The first character that no terminal shows and no database keeps, as `U+0000`; "" when there is none."""
    odd = (each for each in text if unicodedata.category(each) in _UNSHOWN and each not in allowed)
    return next((f"U+{ord(each):04X}" for each in odd), "")
