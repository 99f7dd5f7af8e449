"""How well do they fit? The ladder of 13 grades and what criteria earn on it, in whole thirds of a letter."""

from typing import Any

import narwhals as nw

from engine.conditions.expressions import Columns, compile_condition
from engine.conditions.literals import chosen, whole
from engine.moments import Moment
from engine.rulebook.rulebook import Criterion, Rulebook

LADDER = ("F", "D-", "D", "D+", "C-", "C", "C+", "B-", "B", "B+", "A-", "A", "A+")
START = LADDER.index("D")
BEST = len(LADDER) - 1


def with_grade(frame: nw.LazyFrame[Any], rulebook: Rulebook, moment: Moment, columns: Columns) -> nw.LazyFrame[Any]:
    """Adds `earned__<profile>__<criterion>`, `graded`, `grade_steps`, `grade_rank` and `grade` (the rank, for rules).

    The sum is clamped once, at the end. Ungraded until one criterion is known: "D" and "ungraded" differ.
    """
    earned = {
        earned_column(profile_index, index): nw.when(nw.col("profile_index") == profile_index).then(
            _earned(criterion, moment, columns)
        )
        for profile_index, profile in enumerate(rulebook.profiles)
        for index, criterion in enumerate(profile.criteria)
    }
    if not earned:
        return frame.with_columns(
            graded=nw.lit(value=False), grade_steps=whole(None), grade_rank=whole(None), grade=whole(None)
        )
    known = [~nw.col(name).is_null() for name in earned]
    total = nw.sum_horizontal(*earned).cast(nw.Int64)
    rank = (nw.col("grade_steps") + START).clip(0, BEST)
    return (
        frame.with_columns(**earned)
        .with_columns(graded=nw.any_horizontal(*known, ignore_nulls=False))
        .with_columns(grade_steps=nw.when(nw.col("graded")).then(total))
        .with_columns(grade_rank=rank, grade=rank)
    )


def earned_column(profile_index: int, criterion_index: int) -> str:
    return f"earned__{profile_index}__{criterion_index}"


def letter() -> nw.Expr:
    """The letter of `grade_rank`; null when ungraded."""
    return chosen("grade_rank", list(LADDER))


def _earned(criterion: Criterion, moment: Moment, columns: Columns) -> nw.Expr:
    """The best level that holds counts once; no level holds costs the worth; else unknown (null)."""
    levels = [(level.thirds, compile_condition(level.when, moment, columns)) for level in criterion.levels]
    best = nw.max_horizontal(*(nw.when(holds).then(whole(thirds)) for thirds, holds in levels))
    missed = ~nw.any_horizontal(*(holds for _, holds in levels), ignore_nulls=False)
    return nw.coalesce(best, nw.when(missed).then(whole(-criterion.worth)))
