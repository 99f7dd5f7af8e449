"""The gate: whether approved changes may be written at a given moment, by the org's own clock and calendar."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from engine.changes.change import Change
from engine.changes.states import State
from engine.messages import Message
from engine.moments import Moment
from engine.rulebook.policy import Calendar, Freeze, Pace, Policy
from engine.rulebook.rulebook import Operation, Rulebook
from sync.apply.pace import Gate
from sync.host.shutdown import Shutdown
from sync.store import batches, pauses
from sync.store.changes import Move
from sync.store.database import Store
from sync.store.leases import Lease

TOKYO, HONOLULU = "Asia/Tokyo", "Pacific/Honolulu"
NOON = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
"""A Friday, in Tokyo; in Honolulu still Thursday evening."""


@dataclass
class Hours:
    """The org's time, which a test moves on."""

    at: datetime = NOON

    def now(self) -> datetime:
        return self.at


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store where nothing was ever sent or paused; nobody writes into it."""
    opened = Store.open(f"sqlite:///{tmp_path_factory.mktemp('store')}/store.sqlite", dice=bytes)
    yield opened
    opened.close()


@pytest.fixture
def gate(untouched: Store) -> Callable[..., Gate]:
    """A gate of a run that began at noon."""

    def build(
        policy: Policy | None = None,
        *,
        zone: str = TOKYO,
        at: datetime = NOON,
        hours: Hours | None = None,
        shutdown: Shutdown | None = None,
        operation: Operation = Operation.LIVE,
        store: Store | None = None,
        deadline_seconds: float = 10 * 86_400,
    ) -> Gate:
        rulebook = Rulebook("r", "d", policy=policy or Policy(), operation=operation)
        clock = hours or Hours(at)
        return Gate(
            store or untouched,
            rulebook,
            Moment(NOON, zone),
            now=clock.now,
            shutdown=shutdown or Shutdown(),
            deadline_seconds=deadline_seconds,
        )

    return build


def tokyo(day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    """November 2026 by Tokyo's clock."""
    return datetime(2026, 11, day, hour, minute, second, tzinfo=UTC) - timedelta(hours=9)


FREEZE = Freeze("year end", date(2026, 11, 21), date(2026, 11, 23))
FROZEN = Message.of("wait.freeze", name="year end", last="2026-11-23")
# By the clock of Tokyo, nine hours before UTC: the host's date says otherwise for nine hours of each day.
_FREEZES = {
    "the second before its first day": (tokyo(20, 23, 59, 59), None),
    "its first second": (tokyo(21), FROZEN),
    "the middle": (tokyo(22, 12), FROZEN),
    "the first second of its last day": (tokyo(23), FROZEN),
    "its last second": (tokyo(23, 23, 59, 59), FROZEN),
    "the first second after it": (tokyo(24), None),
}


@pytest.mark.parametrize(("at", "expected"), _FREEZES.values(), ids=_FREEZES.keys())
def test_a_freeze_lasts_from_its_first_to_its_last_day_of_the_org(
    gate: Callable[..., Gate], at: datetime, expected: Message | None
) -> None:
    assert gate(Policy(freezes=(FREEZE,)), at=at).closed() == expected


def test_a_freeze_is_of_the_org_s_days_wherever_the_org_is(gate: Callable[..., Gate]) -> None:
    """Half past midnight of the 24th in Tokyo is half past five in the morning of the 23rd in Honolulu."""
    at, policy = tokyo(24, 0, 30), Policy(freezes=(FREEZE,))
    assert gate(policy, at=at, zone=TOKYO).closed() is None
    assert gate(policy, at=at, zone=HONOLULU).closed() == FROZEN


def test_a_freeze_of_one_day_lasts_that_day_and_is_called_by_it(gate: Callable[..., Gate]) -> None:
    one = Policy(freezes=(Freeze("", date(2026, 11, 21), date(2026, 11, 21)),))
    frozen = Message.of("wait.freeze", name="2026-11-21", last="2026-11-21")
    times = (tokyo(20, 23, 59, 59), tokyo(21), tokyo(21, 23, 59, 59), tokyo(22))
    assert [gate(one, at=at).closed() for at in times] == [None, frozen, frozen, None]


def test_any_of_several_freezes_closes(gate: Callable[..., Gate]) -> None:
    earlier = replace(FREEZE, first=date(2026, 11, 1), last=date(2026, 11, 2))
    assert gate(Policy(freezes=(earlier, FREEZE)), at=tokyo(23)).closed() == FROZEN


DAY = Pace(start=time(9), end=time(18))
NIGHT = Pace(start=time(22), end=time(6))
_HOURS = {
    "the second before": (DAY, tokyo(20, 8, 59, 59), False),
    "the first": (DAY, tokyo(20, 9), True),
    "the last": (DAY, tokyo(20, 17, 59, 59), True),
    "the second after": (DAY, tokyo(20, 18), False),
    "before the night": (NIGHT, tokyo(20, 21, 59, 59), False),
    "the evening": (NIGHT, tokyo(20, 22), True),
    "midnight": (NIGHT, tokyo(21), True),
    "the last of the night": (NIGHT, tokyo(21, 5, 59, 59), True),
    "after the night": (NIGHT, tokyo(21, 6), False),
    "from an hour on": (Pace(start=time(9)), tokyo(20, 23, 59, 59), True),
    "before that hour": (Pace(start=time(9)), tokyo(20, 8, 59, 59), False),
    "until an hour": (Pace(end=time(9)), tokyo(20), True),
    "at that hour": (Pace(end=time(9)), tokyo(20, 9), False),
    "any hour": (Pace(), tokyo(20), True),
}


@pytest.mark.parametrize(("pace", "at", "is_open"), _HOURS.values(), ids=_HOURS.keys())
def test_hours_of_writing(gate: Callable[..., Gate], pace: Pace, at: datetime, *, is_open: bool) -> None:
    start, end = (f"{hour:%H:%M}" if hour else "0:00" for hour in (pace.start, pace.end))
    expected = None if is_open else Message.of("wait.hours", start=start, end=end)
    assert gate(Policy(pace=pace), at=at).closed() == expected


CLOSED_FRIDAY = Calendar(closed={date(2026, 11, 20): "founder's day"})
_DAYS = {
    "a Friday": (Pace(working_days_only=True), Calendar(), tokyo(20, 12), True),
    "a Saturday": (Pace(working_days_only=True), Calendar(), tokyo(21, 0), False),
    "any day": (Pace(), Calendar(), tokyo(21, 0), True),
    "a closing day": (Pace(working_days_only=True), CLOSED_FRIDAY, tokyo(20, 12), False),
    "Friday's night, on Saturday": (replace(NIGHT, working_days_only=True), Calendar(), tokyo(21, 5), True),
    "Sunday's night, on Monday": (replace(NIGHT, working_days_only=True), Calendar(), tokyo(23, 5), False),
    "Monday's own night": (replace(NIGHT, working_days_only=True), Calendar(), tokyo(23, 22), True),
}


@pytest.mark.parametrize(("pace", "calendar", "at", "is_open"), _DAYS.values(), ids=_DAYS.keys())
def test_days_of_writing(
    gate: Callable[..., Gate], pace: Pace, calendar: Calendar, at: datetime, *, is_open: bool
) -> None:
    expected = None if is_open else Message.of("wait.day")
    assert gate(Policy(pace=pace, calendar=calendar), at=at).closed() == expected


def test_a_run_is_late_a_moment_after_its_deadline(gate: Callable[..., Gate]) -> None:
    late = Message.of("wait.deadline", seconds=600)
    found = [gate(at=NOON + timedelta(seconds=more), deadline_seconds=600).closed() for more in (599, 600, 601)]
    assert found == [None, None, late]


def test_so_many_records_pass_in_any_hour(gate: Callable[..., Gate]) -> None:
    hours = Hours()
    watched = gate(Policy(pace=Pace(records_per_hour=10)), hours=hours)
    assert (watched.room(), watched.closed()) == (10, None)
    watched.passed(6, at=hours.at)
    hours.at += timedelta(minutes=30)
    watched.passed(4, at=hours.at)
    assert (watched.room(), watched.closed()) == (0, Message.of("wait.pace", limit=10))
    hours.at = NOON + timedelta(minutes=59, seconds=59)
    assert watched.room() == 0
    hours.at = NOON + timedelta(hours=1)
    assert (watched.room(), watched.closed()) == (6, None)
    watched.passed(9, at=hours.at)
    assert watched.room() == 0


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_what_other_runs_sent_within_the_hour_has_passed_too(
    gate: Callable[..., Gate],
    store: Store,
    run: str,
    lease: Lease,
    propose: Callable[..., None],
    change: Callable[..., Change],
) -> None:
    sent = [change(number, grade="A") for number in range(5)]
    propose(State.APPROVED, *sent)
    with store.transaction() as tx:
        for some, at in ((sent[:3], NOON - timedelta(hours=1)), (sent[3:], NOON - timedelta(minutes=59))):
            moves = [Move(each.change_id, State.SENDING) for each in some]
            batches.intend(tx, lease, moves, run=run, mode="guarded", at=at)
    assert gate(Policy(pace=Pace(records_per_hour=10)), store=store).room() == 8


def test_without_a_pace_there_is_no_end_of_room(gate: Callable[..., Gate]) -> None:
    watched = gate()
    watched.passed(1_000_000, at=NOON)
    assert (watched.room(), watched.closed()) == (None, None)


def test_a_process_told_to_end_and_shadow_close_before_anything_else(gate: Callable[..., Gate]) -> None:
    asked = Shutdown()
    asked.ask()
    frozen = Policy(freezes=(replace(FREEZE, first=date(2026, 11, 20)),))
    assert gate(frozen, operation=Operation.SHADOW, shutdown=asked).closed() == Message.of("wait.shutdown")
    assert gate(frozen, operation=Operation.SHADOW).closed() == Message.of("wait.shadow")
    assert gate(frozen).closed() == FROZEN


def test_a_pause_of_everything_closes_until_its_time_and_one_of_a_sync_does_not(
    gate: Callable[..., Gate], tmp_path: Path
) -> None:
    store = Store.open(f"sqlite:///{tmp_path}/store.sqlite", dice=bytes)
    until = NOON + timedelta(hours=1)
    with store.transaction() as tx:
        pauses.pause(tx, sync="nightly", by="os:a@b", reason="x", at=NOON)
    assert gate(store=store).closed() is None
    with store.transaction() as tx:
        pauses.pause(tx, sync=None, by="os:admin@desk", reason="", at=NOON, until=until)
    paused = Message.of("wait.paused", by="os:admin@desk", reason="–")
    assert [gate(store=store, at=at).closed() for at in (NOON, until - timedelta(seconds=1), until)] == [
        paused,
        paused,
        None,
    ]
    store.close()
