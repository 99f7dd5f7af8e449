"""Patterns made of the words of a table."""

import re
from collections.abc import Iterable


def either(words: Iterable[str]) -> str:
    """Any of some words, longest first; where one starts or ends in a Latin letter or figure, a word ends there too."""
    return "(?:" + "|".join(_bounded(word) for word in sorted(words, key=lambda word: (-len(word), word))) + ")"


def _bounded(word: str) -> str:
    front = "(?<![0-9a-z])" if word[0].isascii() and word[0].isalnum() else ""
    back = "(?![0-9a-z])" if word[-1].isascii() and word[-1].isalnum() else ""
    return f"{front}{re.escape(word)}{back}"
