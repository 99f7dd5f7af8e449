"""The tables behind the text keys: one .toml file beside this one for each subject, read once; and patterns of their words."""

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def table(name: str) -> dict[str, Any]:
    """What `mapping/<name>.toml` says."""
    return tomllib.loads((files("mapping.text") / f"{name}.toml").read_text(encoding="utf-8"))


def either(words: Iterable[str]) -> str:
    """Any of some words, longest first; where one starts or ends in a Latin letter or figure, a word ends there too."""
    return "(?:" + "|".join(_bounded(word) for word in sorted(words, key=lambda word: (-len(word), word))) + ")"


def _bounded(word: str) -> str:
    front = "(?<![0-9a-z])" if word[0].isascii() and word[0].isalnum() else ""
    back = "(?![0-9a-z])" if word[-1].isascii() and word[-1].isalnum() else ""
    return f"{front}{re.escape(word)}{back}"
