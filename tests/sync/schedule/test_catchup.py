"""What a sync owes after nobody was there: by its policy, by how late it is, and by what its last slot came to."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from config.settings.syncs import CatchUp, Sync, Verb
from sync.schedule.due import Owed, owed
from sync.store.holders import Holder
from sync.store.slots import Slot
from sync.store.vocabulary import SlotState

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE, HOUR, SECOND = timedelta(minutes=1), timedelta(hours=1), timedelta(seconds=1)


def sync(catch_up: CatchUp = CatchUp.COALESCE, **given: Any) -> Sync:
    return Sync(verb=Verb.RUN, cron="*/15 * * * *", catch_up=catch_up, **given)


def slot(due_at: datetime, state: SlotState = SlotState.DONE, **given: Any) -> Slot:
    return Slot("leads", due_at, state, Holder("host", "boot", 1, "1"), due_at, **given)


def owed_at_once(sync: Sync, last: Slot | None, *, now: datetime) -> Owed | None:
    """What is owed when somebody begins to look just now."""
    return owed(sync, last, now=now, since=now)


@pytest.mark.parametrize("catch_up", CatchUp)
def test_nothing_is_owed_before_the_next_due_time(catch_up: CatchUp) -> None:
    assert owed_at_once(sync(catch_up), slot(NOON), now=NOON + 14 * MINUTE) is None


@pytest.mark.parametrize("catch_up", CatchUp)
@pytest.mark.parametrize("late", [timedelta(), 1.2 * SECOND, 59 * SECOND])
def test_s2_a_time_that_is_missed_by_a_moment_is_run_under_every_policy(catch_up: CatchUp, late: timedelta) -> None:
    assert owed_at_once(sync(catch_up), slot(NOON), now=NOON + 15 * MINUTE + late) == Owed(NOON + 15 * MINUTE)


def test_s2_coalesce_owes_one_run_for_all_that_was_missed() -> None:
    assert owed_at_once(sync(), slot(NOON), now=NOON + 8 * HOUR + MINUTE) == Owed(NOON + 8 * HOUR, missed=31)


def test_s2_skip_writes_down_what_was_missed_and_waits_for_the_next() -> None:
    skipped = owed_at_once(sync(CatchUp.SKIP), slot(NOON), now=NOON + 8 * HOUR + 2 * MINUTE)

    assert skipped == Owed(NOON + 8 * HOUR, missed=31, is_run=False)


def test_s2_all_owes_each_of_them_in_order() -> None:
    last, given = slot(NOON), []
    while (due := owed_at_once(sync(CatchUp.ALL), last, now=NOON + HOUR)) is not None:
        given.append(due)
        last = slot(due.due_at)

    assert given == [Owed(NOON + number * 15 * MINUTE) for number in (1, 2, 3, 4)]


def test_all_gives_up_what_is_older_than_a_day() -> None:
    now = NOON + 72 * HOUR
    given_up = owed_at_once(sync(CatchUp.ALL), slot(NOON), now=now)

    assert given_up == Owed(now - 24 * HOUR, missed=4 * 48 - 1, is_run=False)


def test_what_comes_later_than_the_settings_allow_is_not_run() -> None:
    allowed = sync(late_seconds=300)

    assert owed_at_once(allowed, slot(NOON), now=NOON + 20 * MINUTE) == Owed(NOON + 15 * MINUTE)
    assert owed_at_once(allowed, slot(NOON), now=NOON + 21 * MINUTE) == Owed(NOON + 15 * MINUTE, is_run=False)


def test_a_sync_nobody_has_seen_yet_is_known_from_its_last_due_time_on() -> None:
    assert owed_at_once(sync(), None, now=NOON + 5 * MINUTE) == Owed(NOON, is_run=False)
    assert owed_at_once(sync(), None, now=NOON + 5 * SECOND) == Owed(NOON)


def test_nothing_is_owed_while_it_is_at_work_somewhere() -> None:
    assert owed_at_once(sync(), slot(NOON, SlotState.RUNNING), now=NOON + HOUR) is None


def test_s4_a_lost_slot_is_run_again() -> None:
    assert owed_at_once(sync(), slot(NOON, SlotState.LOST, missed=2), now=NOON + MINUTE) == Owed(NOON, missed=2)


def test_s4_a_lost_slot_that_a_newer_one_follows_is_caught_up_with_it() -> None:
    assert owed_at_once(sync(), slot(NOON, SlotState.LOST, missed=2), now=NOON + 16 * MINUTE) == Owed(
        NOON + 15 * MINUTE, missed=3
    )


def test_s4_a_slot_that_took_three_holders_with_it_is_left_alone() -> None:
    assert owed_at_once(sync(), slot(NOON, SlotState.LOST, attempts=3), now=NOON + MINUTE) is None


def test_a_lost_slot_under_skip_is_not_run_long_after() -> None:
    assert owed_at_once(sync(CatchUp.SKIP), slot(NOON, SlotState.LOST), now=NOON + 5 * MINUTE) is None


def test_a_clock_that_was_put_back_owes_nothing() -> None:
    assert owed_at_once(sync(), slot(NOON), now=NOON - HOUR) is None


@pytest.mark.parametrize("given", [{"catch_up": CatchUp.SKIP}, {"late_seconds": 60}, {"catch_up": CatchUp.ALL}])
def test_what_came_while_somebody_was_there_is_not_late_whatever_kept_it_waiting(given: dict[str, Any]) -> None:
    found = owed(sync(**given), slot(NOON), now=NOON + 20 * MINUTE, since=NOON + 15 * MINUTE - SECOND)

    assert found == Owed(NOON + 15 * MINUTE)


def test_what_came_before_anybody_was_there_is_late_by_so_much() -> None:
    found = owed(sync(CatchUp.SKIP), slot(NOON), now=NOON + 20 * MINUTE, since=NOON + 17 * MINUTE)

    assert found == Owed(NOON + 15 * MINUTE, is_run=False)
