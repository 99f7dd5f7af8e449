"""What an author most likely meant by a word that is not known."""

import difflib
from collections.abc import Iterable

from engine.names import folded


def nearest(given: str, known: Iterable[str]) -> str:
    """The known word that is nearest, or "" when none is near."""
    by_folded = {folded(word).replace("_", " "): word for word in known}
    near = difflib.get_close_matches(folded(given).replace("_", " "), by_folded, n=1, cutoff=0.6)
    return by_folded[near[0]] if near else ""
