"""The org's own clock."""

from datetime import UTC, datetime, timedelta

from sync.sandbox.clock import OrgClock

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def test_it_runs_with_the_hosts_and_can_be_moved_ahead() -> None:
    readings = iter([NOON, NOON, NOON + timedelta(seconds=5), NOON + timedelta(seconds=6)])
    clock = OrgClock.starting_at(NOON + timedelta(days=1), lambda: next(readings))
    assert clock.now() == NOON + timedelta(days=1, seconds=5)
    clock.advance(60)
    assert clock.now() == NOON + timedelta(days=1, seconds=66)


def test_it_never_goes_back() -> None:
    readings = iter([NOON, NOON + timedelta(seconds=5), NOON])
    clock = OrgClock(lambda: next(readings))
    assert clock.now() == clock.now() == NOON + timedelta(seconds=5)
