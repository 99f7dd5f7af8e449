"""How interested are they? Points and counts as pure functions of the activity ledger."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import narwhals as nw

from engine.changes.change import RuleRef
from engine.conditions.conditions import ActivityCount, Condition
from engine.conditions.expressions import Columns, Frame, count_flag, whole
from engine.conditions.fields import Kind
from engine.messages import Message
from engine.moments import Moment
from engine.rulebook.rulebook import Band, Decay, Points, Rulebook
from engine.values import Scalar, Values
from engine.verdicts.decay import parts, with_left
from engine.verdicts.score_steps import ScoreSteps
from engine.verdicts.verdict import Output, Row, Verdict

THOUSANDTHS = "score__thousandths"


class _Score(Verdict):
    name = "score"
    outputs = (Output("score", Kind.INTEGER, is_itself=True),)
    cites_alone = ("scoring",)

    def is_said(self, rulebook: Rulebook) -> bool:
        return bool(rulebook.points)

    def kinds(self, rulebook: Rulebook) -> Iterator[tuple[str, str]]:
        return ((points.kind, points.kind) for points in rulebook.points)

    def decide(self, frame: Frame, rulebook: Rulebook, moment: Moment, columns: Columns) -> Frame:
        """In whole points, rounded down: -0.5 is -1. The sum is in the frame from the start (`with_ledger`)."""
        return frame.with_columns(score=nw.col(THOUSANDTHS) // 1000)

    def cited(self, row: Row, after: Values, rulebook: Rulebook) -> Iterator[RuleRef]:
        if self.writes(after):
            yield from map(RuleRef, self.cites_alone)

    def reasons(self, row: Row, after: Values, rulebook: Rulebook) -> Iterator[Message]:
        yield Message.of("reason.score", score=after["score"])

    def agrees(self, theirs: Scalar, ours: Scalar, rulebook: Rulebook, *, is_rival: bool) -> bool:
        """Another's score agrees by its band; ours as far as it would not be written."""
        if not isinstance(theirs, int | float) or not isinstance(ours, int):
            return theirs == ours
        if is_rival and rulebook.bands:
            return _band(theirs, rulebook.bands) == _band(ours, rulebook.bands)
        return ScoreSteps.of(rulebook, ()).written(ours, (int(theirs),)) == int(theirs)

    def counted_as(self, theirs: Scalar, ours: Scalar, rulebook: Rulebook) -> tuple[Scalar, Scalar] | None:
        """By bands: points are endless."""
        if not rulebook.bands:
            return None
        return _band(theirs, rulebook.bands), _band(ours, rulebook.bands)


SCORE = _Score()


def with_ledger(
    frame: Frame, activities: Frame, points: tuple[Points, ...], counts: Mapping[ActivityCount, str], moment: Moment
) -> Frame:
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
    prospect: Frame, activities: Frame, points: tuple[Points, ...], moment: Moment
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


def _band(score: Scalar, bands: tuple[Band, ...]) -> str | None:
    """The band a score lies in; whoever is below the lowest belongs to it."""
    if not isinstance(score, int | float):
        return None
    return next((band.name for band in reversed(bands) if score >= band.at_least), bands[0].name)
