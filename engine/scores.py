"""How interested are they? Points and counts as pure functions of the activity ledger."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import narwhals as nw

from engine.compile import count_flag
from engine.conditions import ActivityCount
from engine.literals import whole
from engine.moments import Moment
from engine.rulebooks import Points

THOUSANDTHS = "score__thousandths"


def with_ledger(
    frame: nw.LazyFrame[Any],
    activities: nw.LazyFrame[Any],
    points: tuple[Points, ...],
    counts: Mapping[ActivityCount, str],
    moment: Moment,
) -> nw.LazyFrame[Any]:
    """Adds the sum of points in thousandths and a column for each count; a prospect without activities has 0."""
    flags = {column: _one(count_flag(count, moment)) for count, column in counts.items()}
    firsts = {f"first__{index}": _worth([one], moment) for index, one in enumerate(points) if one.first_only}
    flags |= {THOUSANDTHS: _worth([one for one in points if not one.first_only], moment)} | firsts
    sums = [nw.col(name).sum().cast(nw.Int64) for name in flags if name not in firsts]
    once = [_once(points[int(name.removeprefix("first__"))], name) for name in firsts]
    totals = activities.with_columns(**flags).group_by("prospect_id").agg(*sums, *once)
    filled = {name: nw.col(name).fill_null(0) for name in flags}
    return (
        frame.join(totals, left_on="id", right_on="prospect_id", how="left")
        .with_columns(**filled)
        .with_columns(nw.sum_horizontal(THOUSANDTHS, *firsts).cast(nw.Int64).alias(THOUSANDTHS))
        .drop(*firsts)
    )


def with_score(frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Adds `score` in whole points, rounded down: -0.5 is -1."""
    return frame.with_columns(score=nw.col(THOUSANDTHS) // 1000)


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """What the activities of one kind came to. A kind no scoring rule names is shown with nothing."""

    kind: str
    count: int
    thousandths: int


def score_lines(
    prospect: nw.LazyFrame[Any], activities: nw.LazyFrame[Any], points: tuple[Points, ...], moment: Moment
) -> tuple[ScoreLine, ...]:
    """One line for each kind of activity that one prospect (a frame of one row) has, in the order of the points."""
    own = activities.join(prospect.select("id"), left_on="prospect_id", right_on="id", how="inner")
    kinds = own.select("kind").unique().collect()["kind"].drop_nulls().to_list()
    found: list[ScoreLine] = []
    for kind in dict.fromkeys([*(one.kind for one in points if one.kind in kinds), *sorted(kinds)]):
        of_kind = tuple(one for one in points if one.kind == kind)
        counted = with_ledger(prospect.select("id"), own, of_kind, {ActivityCount(kinds=(kind,)): "count"}, moment)
        row = counted.collect().rows(named=True)[0]
        if row["count"]:
            found.append(ScoreLine(kind, row["count"], row[THOUSANDTHS]))
    return tuple(found)


def _worth(points: Iterable[Points], moment: Moment) -> nw.Expr:
    """What one activity adds. Kinds no rule names add nothing."""
    kinds: dict[int, list[str]] = {}
    for one in points:
        kinds.setdefault(one.thousandths, []).append(one.kind)
    parts = [
        nw.when(count_flag(ActivityCount(kinds=tuple(named)), moment)).then(whole(worth)).otherwise(whole(0))
        for worth, named in kinds.items()
    ]
    return nw.sum_horizontal(*parts, whole(0)).cast(nw.Int64)


def _one(flag: nw.Expr) -> nw.Expr:
    return nw.when(flag).then(whole(1)).otherwise(whole(0))


def _once(one: Points, name: str) -> nw.Expr:
    """The first of a kind counts: the largest of its points, or the smallest when they are a deduction."""
    column = nw.col(name)
    return column.max() if one.thousandths >= 0 else column.min()
