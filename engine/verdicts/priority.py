"""Whom to call first: the letter of the grade with the name of the band, `A1`."""

from typing import Any

import narwhals as nw

from engine.rulebook.rulebook import Band
from engine.verdicts.grade import LADDER

# F to A; a rank's letter is its place among them.
LETTERS = tuple(dict.fromkeys(rung[0] for rung in LADDER))
_RUNGS_A_LETTER = 3


def with_priority(frame: nw.LazyFrame[Any], bands: tuple[Band, ...]) -> nw.LazyFrame[Any]:
    """Adds `priority` and the column rules read it by; null when ungraded or without bands."""
    letter = (nw.col("grade_rank") + (_RUNGS_A_LETTER - 1)) // _RUNGS_A_LETTER
    named = [
        nw.when((letter == place) & (nw.col("band_index") == index)).then(nw.lit(f"{text}{band.name}"))
        for place, text in enumerate(LETTERS)
        for index, band in enumerate(bands)
    ]
    found = nw.coalesce(*named, nw.lit(None, dtype=nw.String))
    return frame.with_columns(priority=found, priority__key=found)


def priorities(bands: tuple[Band, ...]) -> tuple[str, ...]:
    """Every priority there can be, from the first to call down."""
    return tuple(f"{letter}{band.name}" for letter in reversed(LETTERS) for band in reversed(bands))
