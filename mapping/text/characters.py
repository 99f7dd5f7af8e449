"""Make spellings of the same text the same: width, case, old kanji, hyphens, long vowels and spaces."""

import re
import unicodedata
from functools import cache

from mapping.text.word_tables import table

_VARIATION_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_SPACES = re.compile(r"\s+")
_JAPANESE = "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_SPACE_INSIDE_JAPANESE = re.compile(f"(?<=[{_JAPANESE}]) (?=[{_JAPANESE}])")
_STROKES = re.compile("[\u002d\u2010-\u2015\u2212\u2500\u2501\u30fc]+")
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa\u30fd\u30fe]")
_LATIN = re.compile("[0-9a-z]")


def folded(text: str) -> str:
    """The text as it is compared. Folding twice changes nothing more; the raw value stays what people see."""
    if text.isascii() and text.isprintable():
        # What follows would do no more than this; addresses and Latin names are many.
        return " ".join(text.lower().split())
    plain = _VARIATION_SELECTORS.sub("", text)
    if not plain.isprintable():
        plain = "".join(_visible(character) for character in plain)
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", plain).casefold())
    plain = _SPACES.sub(" ", plain.translate(_old_forms())).strip()
    return _SPACE_INSIDE_JAPANESE.sub("", _STROKES.sub(_stroke, plain))


def _stroke(strokes: re.Match[str]) -> str:
    """A hyphen behind kana is a long vowel written with the wrong key (サ-ビス, センタ-長), unless a Latin word or a
    number follows (サーバ-A). A long vowel mark behind anything else is a hyphen (1ー2).
    """
    text, length = strokes.string, len(strokes[0])
    if not _KANA.match(text, strokes.start() - 1):
        return "-" * length
    long_vowels = length - len(strokes[0].lstrip("ー")) if _LATIN.match(text, strokes.end()) else length
    return "ー" * long_vowels + "-" * (length - long_vowels)


def _visible(character: str) -> str:
    """Control characters part words as a space does; formatting ones (zero width, soft hyphen) are not there at all."""
    match unicodedata.category(character):
        case "Cc" | "Zl" | "Zp":
            return " "
        case "Cf":
            return ""
        case _:
            return character


@cache
def _old_forms() -> dict[int, str]:
    return {ord(old): new for old, new in table("characters")["same"].items()}
