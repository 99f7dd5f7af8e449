"""Who is looked at one by one: whoever may need a change, has one that is open, or holds somebody else's value."""

from dataclasses import replace
from typing import Any

import pytest

from engine.actions.add_tag import AddTag
from engine.actions.assign import Assign
from engine.actions.set_field import SetField
from engine.changes.change import Standing
from engine.changes.memory import EMPTY, Memory, Overridden
from engine.changes.states import State
from engine.rulebook.rulebook import AutomationRule, Otherwise, Points, Rulebook, RuleMode
from tests.engine.small_org import AT, BIG, Row, change_of, drafted, part_of

WARM = AutomationRule("warm", "Warm", BIG, (SetField("rating", "Warm", key="warm"),))
TAGGED = AutomationRule("tagged", "Tagged", BIG, (AddTag("big"),))
TEAM = AutomationRule("team", "Team", BIG, (Assign(pool="team"),))
BIG_ONE: Row = {"employees": 500}
IN_PLACE: Row = {"employees": 500, "rating": "Warm"}
HAS_TAG = replace(EMPTY, tags={"L0": frozenset({("big", "tagged")})})
FIRED = replace(EMPTY, firings={"L0": frozenset({"warm"})})
OPEN = replace(EMPTY, open_changes={"L0": Standing(change_of(phone="03"), State.APPROVED, "p")})
OVERRIDDEN = replace(EMPTY, overrides={"L0": {"phone": Overridden("03", AT)}})
_ONCE = replace(WARM, mode=RuleMode.ONCE)

_LOOKED_AT: dict[str, tuple[AutomationRule, Memory, Row, bool]] = {
    "a value to set": (WARM, EMPTY, BIG_ONE, True),
    "a value in place": (WARM, EMPTY, IN_PLACE, False),
    "no rule holds": (WARM, EMPTY, {"employees": 10}, False),
    "a rule is unknown": (WARM, EMPTY, {}, False),
    "a rule is unknown, its value is in place": (WARM, EMPTY, {"rating": "Warm"}, True),
    "a rule that empties what is empty": (replace(WARM, then=(SetField("rating", None),)), EMPTY, BIG_ONE, False),
    "once, its value is in place": (_ONCE, EMPTY, IN_PLACE, True),
    "once, fired": (_ONCE, FIRED, IN_PLACE, False),
    "once, unknown": (_ONCE, EMPTY, {}, False),
    "once, not yet": (_ONCE, EMPTY, {"employees": 10}, False),
    "a tag to give": (TAGGED, EMPTY, BIG_ONE, True),
    "a tag that is there": (TAGGED, HAS_TAG, BIG_ONE, False),
    "a tag to take": (TAGGED, HAS_TAG, {"employees": 10}, True),
    "a tag to keep": (replace(TAGGED, then=(AddTag("big", Otherwise.KEEP),)), HAS_TAG, {"employees": 500}, False),
    "a tag whose rule is unknown": (TAGGED, HAS_TAG, {}, True),
    "no tag, its rule is unknown": (TAGGED, EMPTY, {}, False),
    "an owner to ask about": (TEAM, EMPTY, BIG_ONE, True),
    "an owner who is nobody's affair": (TEAM, EMPTY, {"employees": 10}, False),
    "an owner who left": (WARM, EMPTY, {"owner_id": "LEFT"}, True),
    "a queue": (WARM, EMPTY, {"owner_id": "SECOND"}, True),
    "something is open": (WARM, OPEN, IN_PLACE, True),
    "something is somebody else's": (WARM, OVERRIDDEN, IN_PLACE, True),
}


@pytest.mark.parametrize(("rule", "memory", "lead", "answer"), _LOOKED_AT.values(), ids=_LOOKED_AT.keys())
def test_who_is_looked_at(rule: AutomationRule, memory: Memory, lead: Row, *, answer: bool) -> None:
    found = drafted(part_of(lead), Rulebook("r", "d", rules=(rule,)), memory)
    assert [draft.record_id for draft in found] == (["L0"] if answer else [])


@pytest.mark.parametrize(
    ("held", "answer"),
    [(7, False), (3, False), (2, True), (12, True), (None, True)],
    ids=["the same", "crept", "a step up", "a step down", "none yet"],
)
def test_a_score_that_crept_is_not_looked_at(held: int | None, *, answer: bool) -> None:
    scored = Rulebook("r", "d", points=(Points("visit", 1_000),), score_step=5)
    happened: tuple[dict[str, Any], ...] = tuple({"kind": "visit", "at": AT} for _ in range(7))
    assert bool(drafted(part_of({"org__score": held}, happened=happened), scored)) is answer
