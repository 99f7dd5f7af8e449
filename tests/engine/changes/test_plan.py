"""What makes two plans the same."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from engine.changes.memory import Overridden
from engine.changes.plan import ChangesDigest, Notice, Outline, Plan, Withdrawal
from engine.messages import Message
from tests.engine.small_org import AT, change_of

FIRST, SECOND = change_of(1, rating="Hot"), change_of(2, rating="Hot")
LEFT = Withdrawal("C9", "L9", Message.of("withdrawn.left"))
PLAN = Plan(
    "ORG",
    AT,
    "Asia/Tokyo",
    "rules",
    "pull-1",
    is_baseline=False,
    changes=(FIRST, SECOND),
    withdrawn=(LEFT,),
    notices=(Notice("L8", Message.of("notice.no_pool")),),
    counts={"kept": 1},
    overrides={"L7": {"rating": Overridden("Cold", AT)}},
)

_OTHERS: dict[str, dict[str, Any]] = {
    "org": {"org_id": "ORG2"},
    "moment": {"at": AT + timedelta(seconds=1)},
    "zone": {"zone": "Europe/London"},
    "rulebook": {"rulebook": "other"},
    "baseline": {"is_baseline": True},
    "a change fewer": {"changes": (FIRST,)},
    "a change's base values": {"changes": (replace(FIRST, before={"rating": "Cold"}), SECOND)},
    "the order of changes": {"changes": (SECOND, FIRST)},
    "withdrawn": {"withdrawn": (replace(LEFT, record_id="L5"),)},
    "counts": {"counts": {"kept": 2}},
}
_SAME: dict[str, dict[str, Any]] = {
    "snapshot": {"snapshot": "pull-2"},
    "ids of changes": {"changes": (replace(FIRST, change_id="X"), SECOND)},
    "ids of what is withdrawn, and why": {"withdrawn": (replace(LEFT, change_id="X", because=Message.of("y")),)},
    "notices": {"notices": ()},
    "overrides": {"overrides": {}},
}


@pytest.mark.parametrize("other", _OTHERS.values(), ids=_OTHERS.keys())
def test_another_of_these_is_another_plan(other: dict[str, Any]) -> None:
    assert replace(PLAN, **other).digest != PLAN.digest


@pytest.mark.parametrize("other", _SAME.values(), ids=_SAME.keys())
def test_another_of_these_is_the_same_plan(other: dict[str, Any]) -> None:
    assert replace(PLAN, **other).digest == PLAN.digest


def test_withdrawals_count_in_no_order() -> None:
    other = replace(LEFT, record_id="L5")
    assert replace(PLAN, withdrawn=(LEFT, other)).digest == replace(PLAN, withdrawn=(other, LEFT)).digest


def test_a_plan_too_big_to_hold_has_the_digest_it_would_have_as_one_value() -> None:
    outline = Outline(
        "ORG", AT, "Asia/Tokyo", "rules", "pull-1", is_baseline=False, withdrawn=PLAN.withdrawn, notices=PLAN.notices,
        counts=PLAN.counts, overrides=PLAN.overrides,
    )  # fmt: skip
    rolled = ChangesDigest()
    for change in PLAN.changes:
        rolled.add(change.digest)
    assert (PLAN.outline, PLAN.digest) == (outline, outline.digest(rolled))
    assert PLAN.digest == "29e487b6cbcbfcce95325b439c3fdc77171152825ecd1aa90fc87377b249b0f1"
