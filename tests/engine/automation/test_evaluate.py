"""One row of verdicts for each prospect, and what each verdict rests on."""

from collections.abc import Callable
from typing import Any

import narwhals as nw
import pytest

from engine.actions.assign import Assign
from engine.actions.set_field import SetField
from engine.automation.evaluate import evaluate, reads_of
from engine.changes.change import RULE, RuleRef
from engine.conditions.conditions import ALWAYS, ActivityCount, Condition, Group, Join, Leaf
from engine.conditions.fields import Field, Kind
from engine.moments import Moment
from engine.rulebook.rulebook import AutomationRule, Criterion, Level, Persona, Points, Profile, Rulebook

TITLE = Leaf(Field("title", Kind.TEXT), "is", "部長")
EMPLOYEES = Leaf(Field("employees", Kind.INTEGER), "at least", 300)
GRADE = Leaf(Field("grade", Kind.GRADE), "at least", 5)
SCORE = Leaf(Field("score", Kind.INTEGER), "at least", 50)
RATING = Leaf(Field("rating", Kind.PICKLIST), "is", "hot")
FORM = ActivityCount(("form",))


def every(*parts: Condition) -> Condition:
    return Group(Join.ALL, parts)


RULEBOOK = Rulebook(
    "whole",
    "0",
    personas=(Persona("head", "Head", "decision maker", TITLE, profile="size"),),
    profiles=(Profile("size", "Size", (Criterion("employees", "Employees", 2, (Level("match", 3, EMPLOYEES),)),)),),
    default_profile="size",
    points=(Points("form", 50_000),),
    rules=(
        AutomationRule("warm", "warm", every(GRADE, SCORE), (SetField("rating", "Hot", key="hot"),)),
        AutomationRule("owns", "owns", every(RATING, FORM), (Assign(pool="east"),)),
    ),
)


def test_a_prospect_is_decided_from_persona_to_owner(verdict_of: Callable[..., dict[str, Any]], moment: Moment) -> None:
    """What the rulebook says nothing of is empty."""
    verdict = verdict_of(RULEBOOK, {"title": "部長", "employees": 500}, {"kind": "form", "at": moment.at})
    assert verdict == dict.fromkeys(verdict) | {
        "id": f"{0:018d}",
        "in_scope": True,
        "score": 50,
        "persona_index": 0,
        "persona": "Head",
        "buyer_role": "decision maker",
        "profile_index": 0,
        "profile": "Size",
        "graded": True,
        "grade_steps": 3,
        "grade_rank": 5,
        "grade": "C",
        "earned__0__0": 3,
        "activity__0": 1,
        "rule__0": True,
        "rule__1": True,
        "to__persona": "Head",
        "by__persona": -1,
        "to__buyer_role": "decision maker",
        "by__buyer_role": -1,
        "to__profile": "Size",
        "by__profile": -1,
        "to__grade": "C",
        "by__grade": -1,
        "to__grade_rank": 5,
        "by__grade_rank": -1,
        "to__score": 50,
        "by__score": -1,
        "to__rating": "Hot",
        "by__rating": 0,
        "by__owner": 1,
    }


def test_rows_come_ordered_by_id(
    prospects: Callable[..., nw.DataFrame[Any]], activities: Callable[..., nw.DataFrame[Any]], moment: Moment
) -> None:
    mixed = prospects({"id": "c"}, {"id": "a"}, {"id": "b"})
    assert evaluate(mixed, activities(), RULEBOOK, moment=moment)["id"].to_list() == ["a", "b", "c"]


def test_no_prospects_give_no_verdicts_and_the_same_columns(
    prospects: Callable[..., nw.DataFrame[Any]], activities: Callable[..., nw.DataFrame[Any]], moment: Moment
) -> None:
    one = evaluate(prospects({}), activities(), RULEBOOK, moment=moment)
    none = evaluate(prospects(), activities(), RULEBOOK, moment=moment)
    assert (len(none), none.schema) == (0, one.schema)


@pytest.mark.parametrize(("employees", "in_scope"), [(300, True), (299, False), (None, None)])
def test_scope_is_told_in_three_values(
    *, employees: int | None, in_scope: bool | None, verdict_of: Callable[..., dict[str, Any]]
) -> None:
    assert verdict_of(Rulebook("scope", "0", scope=EMPLOYEES), {"employees": employees})["in_scope"] is in_scope


@pytest.mark.parametrize(
    ("output", "reads"),
    [
        ("persona", {"title"}),
        ("buyer_role", {"title"}),
        ("profile", {"title"}),
        ("grade", {"title", "employees"}),
        ("grade_rank", {"title", "employees"}),
        ("score", set()),
        ("rating", {"title", "employees", "score"}),
        ("owner", {"title", "employees", "score", "rating", "activity__0"}),
        (RuleRef(RULE, "owns"), {"title", "employees", "score", "rating", "activity__0"}),
    ],
)
def test_an_output_rests_on_what_it_and_those_before_it_read(output: str, reads: set[str]) -> None:
    assert reads_of(RULEBOOK)[output] == reads


def test_an_output_rests_on_nothing_when_no_rule_asks_anything() -> None:
    rule = AutomationRule("all", "all", ALWAYS, (SetField("rating", "Hot"),))
    assert reads_of(Rulebook("none", "0", rules=(rule,)))["rating"] == frozenset()
