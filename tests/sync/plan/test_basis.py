"""The basis of a plan: what concerns everybody, and when a plan of a part of the org may go on from the last one."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from engine.changes.memory import EMPTY
from engine.moments import Moment
from engine.plan.guards import Weight
from engine.rulebook.rulebook import Operation, Rulebook
from engine.snapshots import Queue, Snapshot, User
from mapping.field_map.field_map import FieldMap
from sync.plan.basis import Basis, Before, basis_of, may_go_on
from sync.plan.versions import PlanVersion
from sync.store.checkpoints import Checkpoint

AT = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
"""Noon in Tokyo."""
ANN = User("ANN", "ann@x", "Ann", is_active=True, role="Sales")
QUEUE = Queue("Q", "Inbound", "Inbound", members=("ANN",), objects=("Lead",))
ESTABLISHED = replace(EMPTY, is_established=True)
BEFORE = Before(seen=7, memory=ESTABLISHED, owner_plans=(), described="described", open=3, held=1)
SNAPSHOT = Snapshot("ORG", "pull-1", (), (ANN,), (QUEUE,))
VERSION = PlanVersion(Rulebook("r", "rules"), FieldMap((), digest="map"), Moment(AT, "Asia/Tokyo"))


@dataclass
class Versions:
    """What earlier plans were made by, by their ids."""

    made: Mapping[str, PlanVersion] = field(default_factory=dict)

    def of(self, plan_id: str) -> PlanVersion:
        return self.made[plan_id]


def basis(
    before: Before = BEFORE,
    snapshot: Snapshot = SNAPSHOT,
    version: PlanVersion = VERSION,
    made: Mapping[str, PlanVersion] | None = None,
    *,
    with_owners: bool = True,
) -> Basis:
    return basis_of(before, snapshot, version, cast("Any", Versions(made or {})), with_owners=with_owners)


def ruled(**said: Any) -> PlanVersion:
    return replace(VERSION, rulebook=replace(VERSION.rulebook, **said))


_AGAIN = replace(BEFORE, memory=EMPTY)
# One thing is another -> everybody must be looked at again.
_OTHERS: dict[str, dict[str, Any]] = {
    "the rulebook": {"version": ruled(digest="other")},
    "shadow": {"version": ruled(operation=Operation.SHADOW)},
    "the map": {"version": replace(VERSION, field_map=FieldMap((), digest="other"))},
    "the zone": {"version": replace(VERSION, moment=Moment(AT, "Asia/Seoul"))},
    "the day": {"version": replace(VERSION, moment=Moment(AT + timedelta(hours=12), "Asia/Tokyo"))},
    "what the org says it is made of": {"before": replace(BEFORE, described="other")},
    "a baseline that is approved by now": {"before": _AGAIN},
    "a user": {"snapshot": replace(SNAPSHOT, users=(replace(ANN, is_active=False),))},
    "a user's role": {"snapshot": replace(SNAPSHOT, users=(replace(ANN, role=None),))},
    "a user more": {"snapshot": replace(SNAPSHOT, users=(ANN, replace(ANN, id="BOB")))},
    "a queue's members": {"snapshot": replace(SNAPSHOT, queues=(replace(QUEUE, members=()),))},
    "a queue fewer": {"snapshot": replace(SNAPSHOT, queues=())},
}
_SAME: dict[str, dict[str, Any]] = {
    "the hour": {"version": replace(VERSION, moment=Moment(AT + timedelta(hours=11, minutes=59), "Asia/Tokyo"))},
    "the pull": {"snapshot": replace(SNAPSHOT, run="pull-2")},
    "what the audit has seen": {"before": replace(BEFORE, seen=8)},
    "what is open": {"before": replace(BEFORE, open=4, held=4)},
    "turns taken": {"before": replace(BEFORE, memory=replace(ESTABLISHED, turns={"team": {"ANN": 1}}))},
    "the policy, by the same digest": {"version": ruled(name="renamed")},
}


@pytest.mark.parametrize("other", _OTHERS.values(), ids=_OTHERS.keys())
def test_another_of_these_is_another_basis(other: dict[str, Any]) -> None:
    assert basis(**other).digest != basis().digest


@pytest.mark.parametrize("other", _SAME.values(), ids=_SAME.keys())
def test_another_of_these_concerns_nobody_else(other: dict[str, Any]) -> None:
    assert basis(**other).digest == basis().digest


def test_the_days_of_the_org_count_not_the_host_s() -> None:
    """One minute lies between the 20th and the 21st in Tokyo; in UTC it is the afternoon of the 20th."""
    late, later = (
        replace(VERSION, moment=Moment(datetime(2026, 11, 20, *hour, tzinfo=UTC), "Asia/Tokyo"))
        for hour in ((14, 59), (15, 0))
    )
    assert basis(version=late).digest == basis().digest
    assert basis(version=later).digest != basis().digest


_LIVE, _SHADOW = VERSION, ruled(operation=Operation.SHADOW)
_OWNERS: dict[str, tuple[dict[str, Any], bool]] = {
    "a baseline without them": ({"before": _AGAIN, "with_owners": False}, False),
    "a baseline with them": ({"before": _AGAIN, "with_owners": True}, True),
    "established": ({"with_owners": False}, True),
    "in shadow": ({"before": _AGAIN, "with_owners": False, "version": _SHADOW}, True),
    "some are open, of a live plan": (
        {"before": replace(_AGAIN, owner_plans=("a", "b")), "with_owners": False, "made": {"a": _SHADOW, "b": _LIVE}},
        True,
    ),
    "some are open, of shadow": (
        {"before": replace(_AGAIN, owner_plans=("a",)), "with_owners": False, "made": {"a": _SHADOW}},
        False,
    ),
}


@pytest.mark.parametrize(("given", "answer"), _OWNERS.values(), ids=_OWNERS.keys())
def test_when_a_plan_moves_owners(given: dict[str, Any], *, answer: bool) -> None:
    assert basis(**given).moves_owners is answer


def test_whether_owners_are_moved_is_part_of_the_basis() -> None:
    asked, left = (basis(_AGAIN, with_owners=owners) for owners in (True, False))
    assert asked.digest != left.digest


def test_a_basis_tells_what_it_was_made_of() -> None:
    found = basis()
    assert found == Basis(SNAPSHOT, ESTABLISHED, True, found.digest, seen=7, open=3, held=1)


BASIS = basis()
LAST = Checkpoint("plan-1", "plan-0", AT - timedelta(minutes=15), BASIS.digest, 5, Weight())
_GOES_ON: dict[str, tuple[Checkpoint, Basis, PlanVersion, bool]] = {
    "as it was": (LAST, BASIS, VERSION, True),
    "within the same second": (replace(LAST, at=AT), BASIS, VERSION, True),
    "another basis": (replace(LAST, digest="other"), BASIS, VERSION, False),
    "from the future": (replace(LAST, at=AT + timedelta(seconds=1)), BASIS, VERSION, False),
    "in a baseline": (LAST, replace(BASIS, memory=EMPTY), VERSION, False),
    "in shadow": (LAST, BASIS, _SHADOW, False),
}


@pytest.mark.parametrize(("last", "now", "version", "answer"), _GOES_ON.values(), ids=_GOES_ON.keys())
def test_when_a_plan_of_a_part_may_go_on(last: Checkpoint, now: Basis, version: PlanVersion, *, answer: bool) -> None:
    assert may_go_on(last, now, version) is answer
