"""Seniority from a title: a rank from 10 (chairs, presidents) to 1 (staff), read word by word.

`contains 部長` is not seniority: a 部長代理 stands below a 部長, a 部長秘書 is staff, a 元部長 is none any more. So a word
counts for what it is together with what stands around it, and the highest word of a title is its rank.
"""

import re
from functools import cache

from mapping.text import departments
from mapping.text.characters import folded
from mapping.text.word_tables import either, table

_PARTS = re.compile(r"[/、,;|・()\[\]]|兼務?|\band\b")
_DOT_INSIDE_KATAKANA = re.compile("(?<=[ァ-ヶー])・(?=[ァ-ヶ])")
_STAFF = 1


def rank(text: str) -> int | None:
    """The rank of folded text; None when it names none."""
    # 部長(代理) is 部長代理; a ・ inside ゼネラル・マネージャー does not part two offices.
    text = _DOT_INSIDE_KATAKANA.sub("", _bracketed_modifier().sub(r"\1", text))
    return max((found for part in _PARTS.split(text) for found in _ranks(part.strip())), default=None)


def _ranks(part: str) -> list[int]:
    """The rank of each word in one of the offices that a title names side by side (取締役 兼 営業部長)."""
    former, words = _former().match(part), _words()
    if former and (words.match(part, former.end()) or departments.begins(part[former.end() :])):
        return []
    found = []
    for match in words.finditer(part):
        own = _rank_by_word()[match["word"]]
        if own and not match["former"]:
            found += _modified(own, before=match["before"], after=match["after"])
        if match["word"] in table("titles")["ends"]:
            break
    return found


def _modified(own: int, *, before: str | None, after: str | None) -> list[int]:
    around = table("titles")["around"]
    if after in around["nothing after"]:
        return []
    if after in around["staff after"]:
        return [_STAFF]
    steps = (before in around["lower before"]) + (after in around["lower after"])
    return [max(own - steps, _STAFF)]


@cache
def _rank_by_word() -> dict[str, int]:
    """0 for words that only look like a rank."""
    ranks = table("titles")["ranks"]
    return {folded(word): int(level) for level, words in ranks.items() for word in words}


@cache
def _words() -> re.Pattern[str]:
    around = table("titles")["around"]
    # 元 and 前 end place names too (弘前支店長), so they count only at the start or behind the end of another word.
    former = "(?:(?<![\u4e00-\u9fff])|(?<=[部課室局社所店役長]))[元前旧]"
    after = around["nothing after"] + around["staff after"] + around["lower after"]
    return re.compile(
        f"(?P<former>{former})?(?P<before>{either(around['lower before'])})?"
        f"(?P<word>{either(_rank_by_word())})(?P<after>{either(after)}(?!長))?"
    )


@cache
def _former() -> re.Pattern[str]:
    return re.compile(r"[元前旧]|ex[- ]|former(?:ly)? |retired |past ")


@cache
def _bracketed_modifier() -> re.Pattern[str]:
    return re.compile(f"\\(({either(table('titles')['around']['lower after'])})\\)")
