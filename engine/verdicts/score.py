"""How interested are they? Points, bands and counts as pure functions of the activity ledger."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import narwhals as nw

from engine.conditions.conditions import ActivityCount, Condition
from engine.conditions.expressions import count_flag
from engine.conditions.literals import chosen, whole
from engine.moments import Moment
from engine.rulebook.rulebook import Band, Decay, Points
from engine.verdicts.decay import parts, with_left

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
    left = {decay: f"left__{index}" for index, decay in enumerate(_decays(points))}
    every = {f"points__{index}": _worth(some, left, moment) for index, some in enumerate(_alike(points))}
    firsts = {f"first__{index}": _only(one, left, moment) for index, one in enumerate(points) if one.first_only}
    if not (flags or every or firsts):
        return frame.with_columns(whole(0).alias(THOUSANDTHS))
    for decay, column in left.items():
        activities = with_left(activities, decay, column, moment)
    sums = [nw.col(name).sum().cast(nw.Int64) for name in (*flags, *every)]
    once = [_once(points[int(name.removeprefix("first__"))], name) for name in firsts]
    totals = activities.with_columns(**flags, **every, **firsts).group_by("prospect_id").agg(*sums, *once)
    filled = {name: nw.col(name).fill_null(0) for name in (*flags, *every, *firsts)}
    return (
        frame.join(totals, left_on="id", right_on="prospect_id", how="left")
        .with_columns(**filled)
        .with_columns(nw.sum_horizontal(whole(0), *every, *firsts).cast(nw.Int64).alias(THOUSANDTHS))
        .drop(*every, *firsts)
    )


def with_score(frame: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Adds `score` in whole points, rounded down: -0.5 is -1."""
    return frame.with_columns(score=nw.col(THOUSANDTHS) // 1000)


def with_band(frame: nw.LazyFrame[Any], bands: tuple[Band, ...]) -> nw.LazyFrame[Any]:
    """Adds `band_index`, `band` and the column rules read it by. Whoever is below the lowest band belongs to it."""
    reached = [
        nw.when(nw.col("score") >= band.at_least).then(whole(index)) for index, band in enumerate(bands) if index
    ]
    index = nw.max_horizontal(whole(0), *reached) if bands else whole(None)
    names = [band.name for band in bands]
    return frame.with_columns(band_index=index).with_columns(
        band=chosen("band_index", names), band__key=chosen("band_index", names)
    )


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """What the activities of one kind came to. A kind no scoring rule names is shown with nothing.

    `full` is what they would come to had they not faded as `decay` says; None when nothing fades. `where` is what was
    asked of the activities besides their kind: only those are counted in this line.
    """

    kind: str
    count: int
    thousandths: int
    full: int | None = None
    decay: Decay | None = None
    where: "Condition | None" = None


def score_lines(
    prospect: nw.LazyFrame[Any], activities: nw.LazyFrame[Any], points: tuple[Points, ...], moment: Moment
) -> tuple[ScoreLine, ...]:
    """One line for each kind of activity that one prospect (a frame of one row) has, in the order of the points; where
    points ask more than the kind, a line for each that is asked.
    """
    own = activities.join(prospect.select("id"), left_on="prospect_id", right_on="id", how="inner")
    kinds = own.select("kind").unique().collect()["kind"].drop_nulls().to_list()
    found: list[ScoreLine] = []
    asked = [(one.kind, one.where) for one in points if one.kind in kinds]
    for kind, where in dict.fromkeys([*asked, *((kind, None) for kind in sorted(kinds))]):
        if where is None and (kind, None) not in asked and any(line.kind == kind for line in found):
            continue
        of_kind = tuple(one for one in points if (one.kind, one.where) == (kind, where))
        counting = {ActivityCount(kinds=(kind,), where=where): "count"}

        def row(some: tuple[Points, ...], counting: Mapping[ActivityCount, str] = counting) -> Mapping[str, Any]:
            counted = with_ledger(prospect.select("id"), own, some, counting, moment)
            return counted.collect().rows(named=True)[0]

        told = row(of_kind)
        if not told["count"]:
            continue
        decay = next(iter(_decays(of_kind)), None)
        full = row(tuple(replace(one, decay=None) for one in of_kind))[THOUSANDTHS] if decay else None
        found.append(ScoreLine(kind, told["count"], told[THOUSANDTHS], full, decay, where))
    return tuple(found)


def _decays(points: Iterable[Points]) -> tuple[Decay, ...]:
    """Each way of fading once."""
    return tuple(dict.fromkeys(one.decay for one in points if one.decay))


def _alike(points: Iterable[Points]) -> tuple[tuple[Points, ...], ...]:
    """What counts each time, together with whatever is worth the same, fades the same way and asks the same."""
    found: dict[tuple[int, Decay | None, Condition | None], list[Points]] = {}
    for one in points:
        if not one.first_only:
            found.setdefault((one.thousandths, one.decay, one.where), []).append(one)
    return tuple(tuple(some) for some in found.values())


def _worth(some: tuple[Points, ...], left: Mapping[Decay, str], moment: Moment) -> nw.Expr:
    """What one activity of these kinds adds; others add nothing."""
    kinds = tuple(one.kind for one in some)
    return (
        nw.when(count_flag(ActivityCount(kinds=kinds, where=some[0].where), moment))
        .then(_faded(some[0], left))
        .otherwise(whole(0))
    )


def _only(one: Points, left: Mapping[Decay, str], moment: Moment) -> nw.Expr:
    """What one activity of this kind is worth; null for others."""
    counted = ActivityCount(kinds=(one.kind,), where=one.where)
    return nw.when(count_flag(counted, moment)).then(_faded(one, left))


def _faded(one: Points, left: Mapping[Decay, str]) -> nw.Expr:
    """All of it, or what is left of it, rounded down."""
    if one.decay is None:
        return whole(one.thousandths)
    return nw.col(left[one.decay]) * one.thousandths // parts(one.decay)


def _once(one: Points, name: str) -> nw.Expr:
    """The first of a kind counts. It has faded the most: the least that is left of points, the most of a deduction."""
    column = nw.col(name)
    return column.min() if one.thousandths >= 0 else column.max()


def _one(flag: nw.Expr) -> nw.Expr:
    return nw.when(flag).then(whole(1)).otherwise(whole(0))
