"""Whom to call first: the letter of the grade with the name of the band, `A1`."""

from collections.abc import Iterator, Mapping
from itertools import product

import narwhals as nw

from engine.conditions.expressions import Columns, Frame
from engine.conditions.fields import Kind
from engine.messages import Message
from engine.moments import Moment
from engine.rulebook.rulebook import Rulebook
from engine.values import Values
from engine.verdicts.grade import LADDER
from engine.verdicts.verdict import Output, Row, Verdict

# F to A; a rank's letter is its place among them.
LETTERS = tuple(dict.fromkeys(rung[0] for rung in LADDER))
_RUNGS_A_LETTER = 3


class _Priority(Verdict):
    name = "priority"
    outputs = (Output("priority", Kind.PICKLIST, none="reason.no_priority"),)

    def is_said(self, rulebook: Rulebook) -> bool:
        return bool(rulebook.bands and rulebook.profiles)

    def words(self, rulebook: Rulebook) -> Mapping[str, tuple[str, ...]]:
        """From the first to call down."""
        bands = reversed(rulebook.bands)
        return {"priority": tuple(f"{letter}{band.name}" for letter, band in product(reversed(LETTERS), bands))}

    def made_of(self, rulebook: Rulebook) -> frozenset[str]:
        return frozenset({"grade", "band"})

    def decide(self, frame: Frame, rulebook: Rulebook, moment: Moment, columns: Columns) -> Frame:
        """Null when ungraded or without bands."""
        letter = (nw.col("grade_rank") + (_RUNGS_A_LETTER - 1)) // _RUNGS_A_LETTER
        named = [
            nw.when((letter == place) & (nw.col("band_index") == index)).then(nw.lit(f"{text}{band.name}"))
            for place, text in enumerate(LETTERS)
            for index, band in enumerate(rulebook.bands)
        ]
        found = nw.coalesce(*named, nw.lit(None, dtype=nw.String))
        return frame.with_columns(priority=found, priority__key=found)

    def reasons(self, row: Row, after: Values, rulebook: Rulebook) -> Iterator[Message]:
        found = row["priority"]
        yield Message.of("reason.priority", priority=found) if found else Message.of("reason.no_priority")


PRIORITY = _Priority()
