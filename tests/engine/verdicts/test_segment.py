"""Who is in the market now: all that hold can be asked, the first by rank is written."""

from collections.abc import Callable
from typing import Any

import pytest

from engine.automation.explain import explain
from engine.changes.change import RuleRef
from engine.conditions.conditions import ALWAYS, NEVER, ActivityCount, Condition, Leaf, Operand
from engine.conditions.fields import Field, Kind
from engine.conditions.operators import OPERATORS, operators_for
from engine.messages import Message
from engine.moments import Moment
from engine.rulebook.rulebook import AutomationRule, Rulebook, Segment
from engine.verdicts.segment import SEGMENT

VerdictOf = Callable[..., dict[str, Any]]
FIELD = Field("segment", Kind.PICKLIST, is_several=True)
BIG = Leaf(Field("employees", Kind.INTEGER), "at least", 300)  # unknown where nobody has counted
LOOKS = ActivityCount(("page view",), at_least=2)


def segments(*conditions: Condition, asked: Condition = ALWAYS) -> Rulebook:
    """Segments A, B, C by rank, and a rule that asks for some."""
    named = zip("ABC", conditions, strict=False)
    found = tuple(Segment(name.lower(), name, when, rank) for rank, (name, when) in enumerate(named, 1))
    return Rulebook("segments", "0", segments=found, rules=(AutomationRule("r", "r", asked, ()),))


@pytest.mark.parametrize(
    ("conditions", "written"),
    [
        pytest.param((ALWAYS, ALWAYS), "A", id="the first of those that hold"),
        pytest.param((NEVER, ALWAYS, ALWAYS), "B", id="by rank"),
        pytest.param((BIG, ALWAYS), "B", id="unknown is passed over"),
        pytest.param((BIG, NEVER), None, id="unknown never acts"),
        pytest.param((NEVER,), None, id="in none"),
    ],
)
def test_the_first_that_holds_by_rank_is_written(
    conditions: tuple[Condition, ...], written: str | None, verdict_of: VerdictOf
) -> None:
    row = verdict_of(segments(*conditions), {})
    assert (row["segment"], row["to__segment"], row["by__segment"]) == (written, written, -1)


def test_a_rulebook_without_segments_leaves_the_field_alone(verdict_of: VerdictOf) -> None:
    assert verdict_of(Rulebook("none", "0"), {})["by__segment"] is None


@pytest.mark.parametrize(
    ("operator", "operand", "answer"),
    [
        ("is", "A", True),
        ("is", "B", True),  # in it too, though A is written
        ("is", "C", None),
        ("is not", "B", False),
        ("is not", "C", None),
        ("is one of", ("B", "C"), True),
        ("is none of", ("B", "C"), False),
        ("is none of", ("C",), None),
        ("is empty", True, False),
        ("is not empty", True, True),
    ],
)
def test_any_segment_that_holds_can_be_asked(
    operator: str, operand: Operand, answer: object, verdict_of: VerdictOf
) -> None:
    rulebook = segments(ALWAYS, ALWAYS, BIG, asked=Leaf(FIELD, operator, operand))
    assert verdict_of(rulebook, {})["rule__0"] is answer


def test_only_whole_segments_can_be_asked() -> None:
    assert {OPERATORS[name].picks for name in operators_for(FIELD)} == {True, False, None}
    assert not any(OPERATORS[name].of_parts or OPERATORS[name].facet for name in operators_for(FIELD))


def test_a_change_cites_the_segment_and_says_why(verdict_of: VerdictOf) -> None:
    rulebook = segments(NEVER, ALWAYS)
    row, nowhere = verdict_of(rulebook, {}), verdict_of(segments(NEVER), {})
    assert list(SEGMENT.cited(row, {"segment": "B"}, rulebook)) == [RuleRef("segment", "b")]
    assert list(SEGMENT.cited(row, {"score": 1}, rulebook)) == []
    assert list(SEGMENT.reasons(row, {"segment": "B"}, rulebook)) == [Message.of("reason.segment", segment="B")]
    assert list(SEGMENT.reasons(nowhere, {"segment": None}, rulebook)) == [Message.of("reason.no_segment")]


def test_all_that_hold_are_explained_with_their_evidence(
    prospects: Callable[..., Any], activities: Callable[..., Any], moment: Moment
) -> None:
    rulebook = segments(LOOKS, BIG, NEVER, asked=Leaf(FIELD, "is", "B"))
    visits = [{"kind": "page view", "at": moment.at}] * 3
    found = explain(prospects({"employees": 500}), activities(*visits), rulebook, moment=moment)
    assert [(one.name, one.holds, [leaf.value for leaf in one.leaves]) for one in found.items["segment"]] == [
        ("A", True, [3]),
        ("B", True, [500]),
        ("C", False, []),
    ]
    assert found.rules[0].leaves[0].value == "A, B"
