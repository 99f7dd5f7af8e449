"""When a score is to be written: it reached another band, or moved by a step. One that crept inside its step is not.

What people were told (what the org shows, what an open change asks for, what was once turned down) stands until then,
so that a score which fades every day asks for something only when it has come down a step.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import narwhals as nw

from engine.conditions.conditions import Condition, Leaf, leaves
from engine.conditions.operators import OPERATORS
from engine.rulebook.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class ScoreSteps:
    """`bands` are the scores at which a band begins, `thresholds` those and the ones at which a condition answers otherwise."""

    step: int
    bands: tuple[int, ...]
    thresholds: tuple[int, ...]

    @classmethod
    def of(cls, rulebook: Rulebook, conditions: Iterable[Condition]) -> "ScoreSteps":
        """`conditions` are all that may read the score: none for whoever asks only what is written."""
        # The lowest band has no beginning: whoever is below belongs to it.
        bands = tuple(band.at_least for band in rulebook.bands[1:])
        return cls(rulebook.score_step, bands, tuple(sorted({*bands, *_thresholds(conditions)})))

    def written(self, score: int, told: Iterable[object]) -> int:
        """The score to write: the first that was told and is in the same step as this one, else itself."""
        return self._standing(score, told, self.bands)

    def read(self, score: int, told: Iterable[object]) -> int:
        """The score a decision rests on, likewise; every condition answers the same for both."""
        return self._standing(score, told, self.thresholds)

    def differs(self, score: nw.Expr, held: nw.Expr) -> nw.Expr:
        """Of columns: whether a score must be written over the one that is held."""
        crossed = [(score >= begin) != (held >= begin) for begin in self.bands]
        moved = (score >= held + self.step) | (held >= score + self.step)
        differs = nw.any_horizontal(moved, *crossed, ignore_nulls=True)
        return differs.fill_null(value=False) | (score.is_null() != held.is_null())

    def _standing(self, score: int, told: Iterable[object], thresholds: tuple[int, ...]) -> int:
        near = (one for one in told if isinstance(one, int) and self._is_near(score, one, thresholds))
        return next(near, score)

    def _is_near(self, score: int, told: int, thresholds: tuple[int, ...]) -> bool:
        return abs(score - told) < self.step and all((score >= each) == (told >= each) for each in thresholds)


def _thresholds(conditions: Iterable[Condition]) -> Iterator[int]:
    """Where an answer may change: at each score a condition names, and right above it."""
    for condition in conditions:
        for leaf in leaves(condition):
            if isinstance(leaf, Leaf) and leaf.field.name == "score" and OPERATORS[leaf.operator].compares:
                named = leaf.operand if isinstance(leaf.operand, tuple) else (leaf.operand,)
                for one in named:
                    if isinstance(one, int):
                        yield from (one, one + 1)
