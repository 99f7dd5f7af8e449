"""Who needs another owner, why, and who is asked: people win."""

from dataclasses import replace
from typing import Any

import pytest

from engine.actions.add_tag import AddTag
from engine.actions.assign import Assign
from engine.assignment.needs import Need, need_of
from engine.changes.change import OwnerWhy
from engine.changes.memory import EMPTY, Memory
from engine.rulebook.rulebook import Assignment, AutomationRule, Pool, Reference, Rulebook
from tests.engine.small_org import BIG, directory_of

GIVEN = replace(EMPTY, applied={"L0": {"owner": "ANN"}})
"""We gave it to Ann."""
RULES = Rulebook(
    "small",
    "d",
    rules=(
        AutomationRule("to team", "to team", BIG, (AddTag("x"), Assign(pool="team"))),
        AutomationRule("team anew", "team anew", BIG, (Assign(pool="team", reassign=True),)),
        AutomationRule("bob anew", "bob anew", BIG, (Assign(user=Reference("Bob@x"), reassign=True),)),
        AutomationRule("queue anew", "queue anew", BIG, (Assign(queue=Reference("inbound"), reassign=True),)),
        AutomationRule("nobody anew", "nobody anew", BIG, (Assign(user=Reference("zed@x"), reassign=True),)),
        AutomationRule("to bob", "to bob", BIG, (Assign(user=Reference("bob@x")),)),
    ),
    assignment=Assignment(
        (Pool("team", "team", (Reference("bob@x"), Reference("cyd@x"))),), (Reference("Inbound"),), "default"
    ),
)
DIRECTORY = directory_of(RULES)


def need(why: str, **asked: Any) -> Need:
    return Need("L0", "Lead", asked.pop("held_by"), OwnerWhy(why), **asked)


def found(owner: str, rule: str | None, memory: Memory, *, overridden: bool = False) -> Need | None:
    names = [each.id for each in RULES.rules]
    by = names.index(rule) if rule else None
    row = {"id": "L0", "object": "Lead", "owner_id": owner, "owner_kind": DIRECTORY.owner_kind(owner), "by__owner": by}
    return need_of(row, RULES, memory, DIRECTORY, is_overridden=overridden)


_NEEDS = {
    "a person's lead": ("ANN", None, GIVEN, None),
    "a person's lead, whatever a rule says": ("ANN", "to team", GIVEN, None),
    "who left": ("LEFT", None, EMPTY, need("inactive user", held_by="LEFT", pool="default")),
    "who left, for a rule": ("LEFT", "to team", EMPTY, need("inactive user", held_by="LEFT", pool="team", rule="to team")),
    "who left, for one named": ("LEFT", "to bob", EMPTY, need("inactive user", held_by="LEFT", owner="BOB", rule="to bob")),
    "who left, for nobody we know": (
        "LEFT", "nobody anew", EMPTY, need("inactive user", held_by="LEFT", rule="nobody anew")
    ),
    "the intake": ("INBOUND", None, EMPTY, need("queue", held_by="INBOUND", pool="default")),
    "the intake, for a rule": ("INBOUND", "to bob", EMPTY, need("queue", held_by="INBOUND", owner="BOB", rule="to bob")),
    "the intake, for itself": ("INBOUND", "queue anew", EMPTY, None),
    "a queue that is not handed out": ("SECOND", None, EMPTY, None),
    "a queue, without reassign": ("SECOND", "to team", EMPTY, None),
    "a queue, reassigned": ("SECOND", "team anew", EMPTY, need("reassign", held_by="SECOND", pool="team", rule="team anew")),
    "ours, reassigned": ("ANN", "team anew", GIVEN, need("reassign", held_by="ANN", pool="team", rule="team anew")),
    "ours, reassigned to one": ("ANN", "bob anew", GIVEN, need("reassign", held_by="ANN", owner="BOB", rule="bob anew")),
    "ours, reassigned to a queue": (
        "ANN", "queue anew", GIVEN, need("reassign", held_by="ANN", owner="INBOUND", rule="queue anew")
    ),
    "ours, in the pool already": ("BOB", "team anew", GIVEN, None),
    "ours, with the one named": ("BOB", "bob anew", GIVEN, None),
    "not ours, reassigned": ("ANN", "team anew", EMPTY, None),
    "ours by another field only": ("ANN", "team anew", replace(EMPTY, applied={"L0": {"rating": "Hot"}}), None),
    "another lead is ours": ("ANN", "team anew", replace(EMPTY, applied={"L1": {"owner": "ANN"}}), None),
    "nobody we may see": ("ELSEWHERE", "team anew", GIVEN, None),
}  # fmt: skip


@pytest.mark.parametrize(("owner", "rule", "memory", "expected"), _NEEDS.values(), ids=_NEEDS.keys())
def test_who_needs_an_owner(owner: str, rule: str | None, memory: Memory, expected: Need | None) -> None:
    assert found(owner, rule, memory) == expected


def test_unless_it_is_said_nobody_moved_it_on() -> None:
    row = {"id": "L0", "object": "Lead", "owner_id": "ANN", "owner_kind": "user", "by__owner": 1}
    assert need_of(row, RULES, GIVEN, DIRECTORY) == found("ANN", "team anew", GIVEN)


def test_what_a_person_moved_on_is_no_longer_ours_to_move() -> None:
    assert found("ANN", "team anew", GIVEN, overridden=True) is None


@pytest.mark.parametrize("owner", ["LEFT", "INBOUND", "SECOND"])
def test_nobodys_record_needs_an_owner_though_a_person_moved_it_there(owner: str) -> None:
    assert found(owner, "team anew", GIVEN, overridden=True) is not None


def test_who_left_is_replaced_though_he_is_of_the_pool() -> None:
    rules = replace(
        RULES, assignment=Assignment((Pool("default", "default", (Reference("left@x"),)),), default_pool="default")
    )
    directory = directory_of(rules)
    row = {"id": "L0", "object": "Lead", "owner_id": "LEFT", "owner_kind": "inactive user", "by__owner": None}
    expected = need("inactive user", held_by="LEFT", pool="default")
    assert need_of(row, rules, EMPTY, directory) == expected
