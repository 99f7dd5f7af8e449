"""Due times on ordinary days, and on those when the clock is put forward or back."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from config.settings.syncs import Fold, Gap, Sync, Verb
from sync.schedule.due import due_between, last_due, next_times

# New York: 2:00 to 3:00 on 8 March 2026, 2:00 back to 1:00 on 1 November. Lord Howe: half an hour. Beirut and Santiago:
# at midnight. Apia left out a whole day, 30 December 2011.
CHANGING = (
    "America/New_York",
    "Europe/London",
    "Australia/Lord_Howe",
    "Asia/Beirut",
    "America/Santiago",
    "Africa/Casablanca",
)

DAY = timedelta(days=1)


def changes_of(zone: str) -> list[datetime]:
    """Noon, by UTC, of each day on which the clock is changed in two years."""
    noons = [datetime(2025, 1, 2, 12, tzinfo=UTC) + number * DAY for number in range(730)]
    offsets = [noon.astimezone(ZoneInfo(zone)).utcoffset() for noon in noons]
    found = [noon for noon, before, after in zip(noons[1:], offsets, offsets[1:], strict=False) if before != after]
    assert found
    return found


def sync(cron: str, zone: str = "Asia/Tokyo", *, gap: Gap | None = None, fold: Fold | None = None) -> Sync:
    return Sync(verb=Verb.RUN, cron=cron, time_zone=zone, gap=gap, fold=fold)


def local(moments: "list[datetime] | tuple[datetime, ...]", zone: str) -> list[str]:
    return [f"{moment.astimezone(ZoneInfo(zone)):%m-%d %H:%M %z}" for moment in moments]


def test_due_times_are_those_of_the_syncs_own_zone() -> None:
    found = next_times(sync("30 2 * * mon-fri"), after=datetime(2026, 11, 20, tzinfo=UTC), count=2)

    assert local(found, "Asia/Tokyo") == ["11-23 02:30 +0900", "11-24 02:30 +0900"]


def test_zero_and_seven_are_sunday() -> None:
    start = datetime(2026, 11, 20, tzinfo=UTC)

    assert {next_times(sync(f"0 9 * * {day}"), after=start, count=1)[0] for day in (0, 7, "sun")} == {
        datetime(2026, 11, 22, tzinfo=UTC)
    }


def test_a_window_leaves_out_its_start_and_keeps_its_end() -> None:
    start = datetime(2026, 11, 20, tzinfo=UTC)
    found = due_between(sync("0 * * * *"), after=start, until=start + timedelta(hours=2))

    assert list(found) == [start + timedelta(hours=1), start + timedelta(hours=2)]


@pytest.mark.parametrize("cron", ["* * * * *", "30 2 * * *", "0 9 1 * *", "0 0 29 2 *"])
def test_the_last_due_time_is_the_one_the_next_ones_follow(cron: str) -> None:
    now = datetime(2026, 11, 20, 3, 30, tzinfo=UTC)
    found = last_due(sync(cron), until=now)

    assert found is not None
    assert found <= now < next_times(sync(cron), after=found, count=1)[0]


@pytest.mark.parametrize("zone", CHANGING)
@pytest.mark.parametrize("minutes", [0, 30, 60, 90, 120, 135, 150, 180, 1410])
def test_s6_a_fixed_time_is_due_exactly_once_on_every_day_around_a_change(zone: str, minutes: int) -> None:
    daily = sync(f"{minutes % 60} {minutes // 60} * * *", zone)
    for changed in changes_of(zone):
        found = due_between(daily, after=changed - 3 * DAY, until=changed + 3 * DAY)
        days = Counter(moment.astimezone(ZoneInfo(zone)).date() for moment in found)
        around = [(changed + number * DAY).astimezone(ZoneInfo(zone)).date() for number in (-1, 0, 1)]

        assert [days[day] for day in around] == [1, 1, 1]


@pytest.mark.parametrize("zone", CHANGING)
def test_s6_what_recurs_within_the_hour_follows_elapsed_time(zone: str) -> None:
    quarters = sync("*/15 * * * *", zone)
    for changed in changes_of(zone):
        found = due_between(quarters, after=changed - 3 * DAY, until=changed + 3 * DAY)

        assert {later - earlier for earlier, later in pairwise(found)} == {timedelta(minutes=15)}


@pytest.mark.parametrize(
    ("gap", "expected"),
    [(Gap.RUN_AFTER, ["03-07 02:30 -0500", "03-08 03:00 -0400", "03-09 02:30 -0400"]),
     (Gap.SKIP, ["03-07 02:30 -0500", "03-09 02:30 -0400", "03-10 02:30 -0400"])],
)  # fmt: skip
def test_s6_a_time_that_is_left_out_is_due_afterwards_or_not_at_all(gap: Gap, expected: list[str]) -> None:
    start = datetime(2026, 3, 7, 5, tzinfo=UTC)
    found = next_times(sync("30 2 * * *", "America/New_York", gap=gap), after=start, count=3)

    assert local(found, "America/New_York") == expected


@pytest.mark.parametrize(
    ("fold", "expected"),
    [(Fold.FIRST, ["11-01 01:30 -0400", "11-02 01:30 -0500"]),
     (Fold.BOTH, ["11-01 01:30 -0400", "11-01 01:30 -0500"])],
)  # fmt: skip
def test_s6_a_time_that_comes_twice_is_due_once_or_twice(fold: Fold, expected: list[str]) -> None:
    start = datetime(2026, 11, 1, 4, tzinfo=UTC)
    found = next_times(sync("30 1 * * *", "America/New_York", fold=fold), after=start, count=2)

    assert local(found, "America/New_York") == expected


def test_s6_a_day_that_a_country_left_out_is_made_up_for_when_the_clock_goes_on() -> None:
    found = next_times(sync("30 12 * * *", "Pacific/Apia"), after=datetime(2011, 12, 29, 23, tzinfo=UTC), count=2)

    assert local(found, "Pacific/Apia") == ["12-31 00:00 +1400", "12-31 12:30 +1400"]
