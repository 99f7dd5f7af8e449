"""What an author most likely meant by a word that is not known."""

import difflib
import unicodedata
from collections.abc import Iterable


def folded(text: str) -> str:
    """How words of files are compared: width, case and outer spaces do not count."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def nearest(given: str, known: Iterable[str]) -> str:
    """The known word that is nearest, or "" when none is near."""
    by_folded = {folded(word).replace("_", " "): word for word in known}
    near = difflib.get_close_matches(folded(given).replace("_", " "), by_folded, n=1, cutoff=0.6)
    return by_folded[near[0]] if near else ""
