"""What a department does, whatever it is called: 情シス, IT部 and 情報システム部 are one function.

The longest known word of a name decides, of two equally long ones the later: 製造本部 品質管理課 is quality.
"""

import re
from functools import cache

from mapping.text.characters import folded
from mapping.text.word_tables import either, table


def function(text: str) -> str | None:
    """The function of folded text; None when no word is known."""
    words = [found[0] for found in _words().finditer(text) if _function_by_word()[found[0]]]
    return _function_by_word()[max(reversed(words), key=len)] if words else None


def function_named(text: str) -> str | None:
    """The function an author means, by its own name or by any department that has it."""
    return text if text in table("departments")["functions"] else function(text)


def begins(text: str) -> bool:
    """Whether the text starts with a department's word."""
    return _words().match(text) is not None


@cache
def _function_by_word() -> dict[str, str | None]:
    """None for words that hide a known one: 人事 is no part of 個人事業."""
    rows = table("departments")
    known: dict[str, str | None] = {folded(word): name for name, words in rows["functions"].items() for word in words}
    return known | {folded(word): None for word in rows["no function"]}


@cache
def _words() -> re.Pattern[str]:
    return re.compile(either(_function_by_word()))
