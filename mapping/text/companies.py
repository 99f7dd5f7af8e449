"""Company names: the legal form off the name, so that 株式会社日立 and 日立(株) meet, and the form kept beside it."""

import re
from functools import cache

from mapping.text.characters import folded
from mapping.text.word_tables import table

# Letters, figures, long vowels and the signs that tell firms from each other (A&B, A+).
_NOT_IN_A_NAME = re.compile(r"[^\w&+]|_")
_EDGE = " .,・-/"


def parted(text: str) -> tuple[str | None, str | None]:
    """The name without its form, squeezed, and the form; folded text in. 株式会社 alone is a form without a name."""
    form: str | None = None
    name = text
    while True:
        found = _form_at_an_end(name)
        if found is None:
            return squeezed(name) or None, form
        form, name = form or found[0], found[1]


def squeezed(text: str) -> str:
    """Without spaces and signs."""
    return _NOT_IN_A_NAME.sub("", text)


def form_named(text: str) -> str | None:
    """The form an author means: 株式会社, (株), K.K. and kabushiki kaisha are one."""
    return _forms().get(squeezed(text))


def _form_at_an_end(name: str) -> tuple[str, str] | None:
    for pattern, pick in ((_in_front(), 2), (_behind(), 1)):
        if found := pattern.fullmatch(name):
            spelling = found[3 - pick]
            return _forms()[squeezed(spelling)], found[pick].strip(_EDGE)
    return None


@cache
def _forms() -> dict[str, str]:
    """Every spelling, squeezed, and the form it stands for."""
    rows = table("companies")["forms"]
    return {squeezed(folded(spelling)): form for form, row in rows.items() for key in row for spelling in row[key]}


@cache
def _in_front() -> re.Pattern[str]:
    return re.compile(f"({_either('japanese')}|{_either('bracketed')})(.*)", re.DOTALL)


@cache
def _behind() -> re.Pattern[str]:
    """Latin forms only behind the name, as a word of their own: KK Wind Solutions is not a 株式会社."""
    latin = f"(?:(?<=[^0-9a-z])|^){_either('latin')}\\.?"
    return re.compile(f"(.*?)({_either('japanese')}|{_either('bracketed')}|{latin})", re.DOTALL)


def _either(script: str) -> str:
    """Longest first, so that 一般社団法人 is not read as its end."""
    rows = table("companies")["forms"].values()
    spellings = {folded(spelling) for row in rows for spelling in row.get(script, ())}
    return "(?:" + "|".join(re.escape(one) for one in sorted(spellings, key=lambda one: (-len(one), one))) + ")"
