"""Quiet seconds: the guard has one-second precision, so a version read too soon after it was made is read again first."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from engine.changes.change import Base, Change
from engine.plan.recheck import Recheck, Ruling
from sync.apply.slices import Slice
from sync.store.vocabulary import WriteMode

MADE = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
QUIET = timedelta(seconds=2)


def base_of(age: float) -> Base:
    """A version read so many seconds after it was made."""
    return Base(MADE, MADE, MADE + timedelta(seconds=age))


@dataclass
class Reading:
    """Rechecks that hold, each time on the version read then: `ages` are how long it had stood at each reading."""

    ages: list[float]
    doubtful: set[str] = field(default_factory=set)
    read: list[list[str]] = field(default_factory=list)

    def read_and_recheck(self, batch: Sequence[Change]) -> Mapping[str, Recheck]:
        self.read.append([change.change_id for change in batch])
        base = base_of(self.ages.pop(0))
        return {each.change_id: Recheck(Ruling.HOLDS, replace(each, base=base)) for each in batch}


@dataclass
class Waiting:
    """A clock whose waiting takes no time."""

    waits: list[float] = field(default_factory=list)

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)


def change(number: int, age: float) -> Change:
    return Change(f"c{number}", "Lead", f"L{number}", "ANN", {"grade": None}, {"grade": "A"}, base_of(age))


def ready(batch: Iterable[Change], rechecks: Reading, clock: Waiting) -> list[Change]:
    """What of a batch may be sent guarded. Nothing of it needs a store, an org or a gate: nothing ends."""
    nothing: Any = None
    answers = cast("Any", SimpleNamespace(host=SimpleNamespace(clock=clock)))
    piece = Slice((), nothing, nothing, nothing, {}, cast("Any", rechecks), answers, QUIET)
    return piece._ready(list(batch), cast("Any", SimpleNamespace(mode=WriteMode.GUARDED)))


# How long the version had stood when it was planned, and at each reading since -> how often it is read, whether it waits,
# and how long the version had stood under which it goes; None: it stays for the next run.
_AGES: dict[str, tuple[float, list[float], int, bool, float | None]] = {
    "long enough": (2.0, [], 0, False, 2.0),
    "long ago": (900.0, [], 0, False, 900.0),
    "a moment too short": (1.999, [9.0], 1, False, 9.0),
    "in the same second": (0.0, [2.0], 1, False, 2.0),
    "too short again": (0.0, [1.999, 2.0], 2, True, 2.0),
    "written to all the time": (0.0, [1.0, 1.999], 2, True, None),
}


@pytest.mark.parametrize(("planned", "later", "reads", "waits", "goes"), _AGES.values(), ids=_AGES.keys())
def test_a_version_counts_that_stood_still_for_the_quiet_seconds(
    planned: float, later: list[float], reads: int, goes: float | None, *, waits: bool
) -> None:
    rechecks, clock = Reading(list(later)), Waiting()
    found = ready([change(1, planned)], rechecks, clock)
    assert [each.base for each in found] == ([] if goes is None else [base_of(goes)])
    assert (len(rechecks.read), clock.waits) == (reads, [2.0] if waits else [])


def test_only_what_is_young_is_read_again_and_what_is_doubtful_too() -> None:
    rechecks = Reading([5.0], doubtful={"c3"})
    batch = [change(1, 2.0), change(2, 1.0), change(3, 900.0)]
    found = ready(batch, rechecks, Waiting())
    assert rechecks.read == [["c2", "c3"]]
    assert found == [batch[0], replace(batch[1], base=base_of(5.0)), replace(batch[2], base=base_of(5.0))]
