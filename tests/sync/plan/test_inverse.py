"""What takes back what a run applied to a record, and what is in the way of that."""

from dataclasses import replace
from typing import Any

import pytest

from engine.changes.change import Base, Change, Effects, RuleRef, Standing, change_id
from engine.changes.states import State
from engine.conditions.fields import Kind
from engine.messages import Message
from mapping.field_map.field_map import MappedField, ObjectMap
from sync.plan.revert import in_the_way, inverse, old_owner
from tests.engine.small_org import AT, LATER, change_of, row_of

LEAD = ObjectMap("Lead", (MappedField("rating", "Rating", Kind.TEXT),), {"grade": "Grade__c", "score": "Score__c"})
WARM = change_of(1, before={"rating": "Cold"}, rating="Warm")
HOT = change_of(2, before={"rating": "Warm"}, rating="Hot")
MOVED = change_of(3, owner="BOB")
GRADED = change_of(4, grade="A")

_WAYS: dict[str, tuple[list[Change], dict[str, Any] | None, State | None, str | None]] = {
    "as it was left": ([WARM], {"rating": "Warm"}, None, None),
    "one that waits": ([WARM], {"rating": "Warm"}, State.PLANNED, None),
    "one that is being sent": ([WARM], {"rating": "Warm"}, State.SENDING, "sending"),
    "one that nobody knows of": ([WARM], {"rating": "Warm"}, State.UNKNOWN, "sending"),
    "a reversal itself": ([WARM, replace(HOT, rules=(RuleRef("revert", "C1"),))], {"rating": "Hot"}, None, "reversal"),
    "deleted": ([WARM], None, None, "gone"),
    "converted": ([WARM], {"rating": "Warm", "is_converted": True}, None, "converted"),
    "edited": ([WARM], {"rating": "Hot"}, None, "edited"),
    "put back by hand": ([WARM], {"rating": "Cold"}, None, "already"),
    "emptied": ([WARM], {"rating": None}, None, "edited"),
    "written twice": ([WARM, HOT], {"rating": "Hot"}, None, None),
    "written twice, and as between": ([WARM, HOT], {"rating": "Warm"}, None, "edited"),
    "written twice, and as before": ([WARM, HOT], {"rating": "Cold"}, None, "already"),
    "a field out of the map": ([change_of(title="Boss")], {"title": "Boss"}, None, "unmapped"),
    "moved": ([MOVED], {"owner_id": "BOB"}, None, None),
    "moved on": ([MOVED], {"owner_id": "CYD"}, None, "edited"),
    "a grade": ([GRADED], {"org__grade": "A"}, None, None),
    "one of two fields": ([WARM, GRADED], {"rating": "Warm", "org__grade": "B"}, None, "edited"),
    "tags alone": ([change_of()], {}, None, None),
}  # fmt: skip


@pytest.mark.parametrize(("applied", "held", "waits", "why"), _WAYS.values(), ids=_WAYS.keys())
def test_what_is_in_the_way(
    applied: list[Change], held: dict[str, Any] | None, waits: State | None, why: str | None
) -> None:
    standing = Standing(WARM, waits, "plan") if waits else None
    assert in_the_way(applied, None if held is None else row_of(**held), standing, LEAD) == why


@pytest.mark.parametrize(
    ("applied", "owner"),
    [([WARM], ""), ([MOVED], "ANN"), ([MOVED, change_of(owner="CYD", before={"owner": "BOB"})], "ANN")],
    ids=["stays", "moved", "moved twice"],
)
def test_the_record_goes_back_to_who_had_it_before_the_first(applied: list[Change], owner: str) -> None:
    assert old_owner(applied) == owner


def taken_back(*applied: Change, **held: Any) -> Change:
    return inverse(applied, row_of(1, **held), org_id="ORG", at=LATER, reverted="run-1")


def test_all_of_a_run_is_taken_back_at_once() -> None:
    found = taken_back(WARM, replace(HOT, owner="BOB"), rating="Hot", owner_id="CYD", stamp=LATER)
    after = {"rating": "Cold"}
    assert found == Change(
        change_id(org_id="ORG", object_name="Lead", record_id="L2", at=LATER, after=after, effects=Effects()),
        "Lead",
        "L2",
        owner="CYD",
        before={"rating": "Hot"},
        after=after,
        base=Base(AT, LATER, AT),
        riders={"grade_reason": None},
        rules=(RuleRef("revert", "C1"), RuleRef("revert", "C2")),
        because=(Message.of("reason.reverted", run="run-1"),),
    )


def test_an_owner_who_gets_it_back_is_told_from_whom_and_why() -> None:
    riders = taken_back(MOVED, owner_id="BOB").riders
    assert riders == {"grade_reason": None, "previous_owner": "BOB", "owner_reason": "revert/run-1"}


def test_of_memory_alone_nothing_is_told() -> None:
    assert taken_back(change_of()).riders == {}


def tags(*, added: str = "", removed: str = "") -> Change:
    """A change of tags, one letter each."""
    return replace(
        change_of(),
        effects=Effects(
            tags_added=tuple((tag, "rule") for tag in added), tags_removed=tuple((tag, "rule") for tag in removed)
        ),
    )


@pytest.mark.parametrize(
    ("applied", "added", "removed"),
    [
        pytest.param([tags(added="ab")], "", "ab", id="added"),
        pytest.param([tags(removed="ab")], "ab", "", id="removed"),
        pytest.param([tags(added="a"), tags(added="b", removed="a")], "", "b", id="added and removed again"),
        pytest.param([tags(removed="ab"), tags(added="a")], "b", "", id="removed and added again"),
        pytest.param([tags(added="a"), tags(removed="a"), tags(added="a")], "", "a", id="added, removed, added"),
    ],
)
def test_tags_are_as_they_were_before_the_first(applied: list[Change], added: str, removed: str) -> None:
    assert taken_back(*applied).effects == tags(added=added, removed=removed).effects
