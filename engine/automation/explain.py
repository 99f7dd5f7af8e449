"""Explain one prospect, a row: what each persona, criterion, score line and rule made of it, and what nearly held.

Every answer is computed by the expressions the verdicts come from, on the one row, leaf by leaf. "What if this one
answer were different" is asked by putting `always` or `never` in the leaf's place and evaluating again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeAlias

import narwhals as nw
from narwhals.typing import IntoDataFrame

from engine.automation.evaluate import evaluate
from engine.automation.strata import stratum_views
from engine.conditions.conditions import ALWAYS, NEVER, ActivityCount, Condition, Leaf, instead, leaves
from engine.conditions.expressions import Columns, compile_condition
from engine.conditions.fields import Kind, member_column
from engine.conditions.operators import OPERATORS
from engine.messages import Message
from engine.moments import Moment
from engine.rulebook.rulebook import AutomationRule, Criterion, Rulebook, RuleMode
from engine.values import Scalar
from engine.verdicts.grade import GRADE, START, earned_column
from engine.verdicts.registry import VERDICT_OF, VERDICTS
from engine.verdicts.score import ScoreLine, score_lines
from engine.verdicts.verdict import Item, Row, Step

Value: TypeAlias = Scalar | date | datetime


@dataclass(frozen=True, slots=True)
class LeafResult:
    """One comparison: the value people see, the value that was compared, and the answer (None: unknown)."""

    leaf: Leaf | ActivityCount
    value: Value
    key: Value
    holds: bool | None


@dataclass(frozen=True, slots=True)
class Tried:
    """An item of a verdict, such as a persona, or a rule. `near`: positions of leaves any one of which, answered otherwise, would make it hold.

    `has_fired` is about `once` rules: the condition is shown as it is, but the rule will not fire again.
    """

    id: str
    name: str
    holds: bool | None
    leaves: tuple[LeafResult, ...]
    near: tuple[int, ...] = ()
    has_fired: bool = False


class Match(StrEnum):
    """What a criterion made of a prospect."""

    MATCH = "match"
    NOT_MATCH = "not match"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CriterionLine:
    """`thirds` is what it earned, `running` the place on the ladder after it, not clamped: below 0 and above 12 too."""

    id: str
    name: str
    worth: int
    match: Match
    level: str | None
    thirds: int
    running: int
    leaves: tuple[LeafResult, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that was tried for one prospect, in the order it was tried. `verdict` is its row of `evaluate`.

    `items` are those of each verdict and `reasons` why it is so, by its name; of what the rulebook says nothing of there
    are no reasons.
    """

    record_id: str
    verdict: Row
    items: Mapping[str, tuple[Tried, ...]]
    reasons: Mapping[str, tuple[Message, ...]]
    criteria: tuple[CriterionLine, ...]
    is_clamped: bool
    score_lines: tuple[ScoreLine, ...]
    rules: tuple[Tried, ...]

    @property
    def matched(self) -> tuple[Tried, ...]:
        return tuple(rule for rule in self.rules if rule.holds)

    @property
    def nearly_matched(self) -> tuple[Tried, ...]:
        """Rules that one other answer would make hold; a rule that asks one thing only is not near, it is elsewhere."""
        return tuple(rule for rule in self.rules if rule.near and len(rule.leaves) > 1)


def explain(
    prospect: nw.DataFrame[IntoDataFrame],
    activities: nw.DataFrame[IntoDataFrame],
    rulebook: Rulebook,
    *,
    moment: Moment,
) -> Explanation:
    """`prospect` is a frame of one row as `evaluate` takes it; activities of others are left aside."""
    verdict = evaluate(prospect, activities, rulebook, moment=moment).rows(named=True)[0]
    seen: dict[Step, _Seen] = {}
    for view in stratum_views(prospect.lazy(), activities.lazy(), rulebook, moment=moment):
        frame = view.frame.collect()
        seen |= {step: _Seen(frame, view.columns, rulebook, moment) for step in view.steps}
    return Explanation(
        record_id=verdict["id"],
        verdict=verdict,
        items={
            verdict.name: tuple(seen[verdict].tried(item) for item in verdict.items(rulebook)) for verdict in VERDICTS
        },
        reasons={
            each.name: tuple(
                each.reasons(verdict, {output.name: verdict[output.name] for output in each.outputs}, rulebook)
            )
            for each in VERDICTS
            if each.is_said(rulebook)
        },
        criteria=_criteria(verdict, rulebook, seen[GRADE]),
        is_clamped=verdict["graded"] and verdict["grade_rank"] != START + verdict["grade_steps"],
        score_lines=score_lines(prospect.lazy(), activities.lazy(), rulebook.points, moment),
        rules=tuple(seen[index].tried(rule) for index, rule in enumerate(rulebook.rules)),
    )


def _criteria(verdict: Row, rulebook: Rulebook, seen: "_Seen") -> tuple[CriterionLine, ...]:
    if verdict["profile_index"] is None:
        return ()
    lines: list[CriterionLine] = []
    running = START
    for index, criterion in enumerate(rulebook.profiles[verdict["profile_index"]].criteria):
        earned = verdict[earned_column(verdict["profile_index"], index)]
        running += earned or 0
        lines.append(_criterion(criterion, earned, running, seen))
    return tuple(lines)


def _criterion(criterion: Criterion, earned: int | None, running: int, seen: "_Seen") -> CriterionLine:
    holding = seen.answers([level.when for level in criterion.levels])
    levels = [level for level, holds in zip(criterion.levels, holding, strict=True) if holds]
    best = max(levels, key=lambda level: level.thirds, default=None)
    known = Match.MATCH if best else Match.NOT_MATCH
    return CriterionLine(
        id=criterion.id,
        name=criterion.name,
        worth=criterion.worth,
        match=Match.UNKNOWN if earned is None else known,
        level=best.name if best else None,
        thirds=earned or 0,
        running=running,
        leaves=tuple(result for level in criterion.levels for result in seen.results(level.when)),
    )


class _Seen:
    """One row as the steps of a stratum see it."""

    def __init__(self, frame: nw.DataFrame[Any], columns: Columns, rulebook: Rulebook, moment: Moment) -> None:
        self.frame = frame
        self.rulebook = rulebook
        self.columns = columns
        self.moment = moment
        self.row: Row = frame.rows(named=True)[0]

    def answers(self, conditions: Sequence[Condition]) -> list[bool | None]:
        """Yes, no or unknown for each condition."""
        asked = {
            f"answer__{index}": compile_condition(condition, self.moment, self.columns)
            for index, condition in enumerate(conditions)
        }
        answered = self.frame.select(**asked).row(0) if asked else ()
        return list(answered)

    def tried(self, item: Item) -> Tried:
        """An item or rule with its leaves, and what nearly made it hold."""
        [holds] = self.answers([item.when])
        results = self.results(item.when)
        # An unknown answer may turn out either way; a known one only the other way.
        others = [
            (position, other)
            for position, result in enumerate(results)
            for other, answer in ((ALWAYS, True), (NEVER, False))
            if not holds and result.holds is not answer
        ]
        imagined = self.answers([instead(item.when, position, other) for position, other in others])
        near = dict.fromkeys(position for (position, _), holds_then in zip(others, imagined, strict=True) if holds_then)
        is_once = isinstance(item, AutomationRule) and item.mode is RuleMode.ONCE
        fired = is_once and f";{item.id};" in self.row["firings"]
        return Tried(item.id, item.name, holds, results, tuple(near), fired)

    def results(self, condition: Condition) -> tuple[LeafResult, ...]:
        found = leaves(condition)
        answered = zip(found, self.answers(found), strict=True)
        return tuple(
            LeafResult(leaf, self._value(leaf, self._shown(leaf)), self._value(leaf, self._compared(leaf)), holds)
            for leaf, holds in answered
        )

    def _value(self, leaf: Leaf | ActivityCount, column: str) -> Value:
        """What a column holds; of a field that has several values all of them, not the first alone."""
        if not isinstance(leaf, Leaf) or not leaf.field.is_several:
            return self.row.get(column)
        name = leaf.field.name
        items = VERDICT_OF[name].items(self.rulebook)
        return ", ".join(item.name for item in items if self.row[member_column(name, item.name)]) or None

    def _shown(self, leaf: Leaf | ActivityCount) -> str:
        return self.columns.counts[leaf] if isinstance(leaf, ActivityCount) else leaf.field.name

    def _compared(self, leaf: Leaf | ActivityCount) -> str:
        """The column that is compared: a count, a facet, a tag as rules left it, or the field's key."""
        if isinstance(leaf, ActivityCount):
            return self.columns.counts[leaf]
        facet = OPERATORS[leaf.operator].facet
        if facet is not None:
            return leaf.field.facet(facet)
        return self.columns.tags.get(str(leaf.operand), "tags") if leaf.field.kind is Kind.TAGS else leaf.field.column
