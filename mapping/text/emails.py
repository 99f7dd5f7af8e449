"""E-mail addresses: the domain, and whether anybody may have an address there, so that it says nothing of a company."""

import re
from functools import cache

from mapping.text.word_tables import table

_ADDRESS = re.compile(r"[^\s@]+@((?:[\w-]+\.)+[\w-]{2,})")


def domain(text: str) -> str | None:
    """The domain of folded text; None when it is no address."""
    found = _ADDRESS.fullmatch(text)
    return found[1] if found else None


def is_free_domain(name: str) -> bool:
    """Free mail and Japanese mobile carriers, their sub-domains included."""
    free = _free()
    while name:
        if name in free:
            return True
        name = name.partition(".")[2]
    return False


@cache
def _free() -> frozenset[str]:
    return frozenset(table("emails")["free"])
