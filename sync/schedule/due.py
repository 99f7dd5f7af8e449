"""Due times: a sync's cron expression as moments, in its own time zone, on days when the clock is put forward or back too.

A time that the clock leaves out is due when the clock goes on, or not at all (`gap`); one that it shows twice is due the
first time, or both (`fold`). Without a word in settings.yaml what has a fixed hour is due exactly once on such a day, and what
recurs within the hour follows elapsed time, as cron does.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from config.settings.crons import follows_elapsed_time, wall_times
from config.settings.syncs import Fold, Gap, Sync

# No clock was ever put forward or back by more than a day.
_DAY = timedelta(days=1)
# Of a sync without a zone that nobody has given the org's (`schedule.py`).
_UTC = "UTC"


def due_times(sync: Sync, *, after: datetime) -> Iterator[datetime]:
    """Every due time later than `after`, in order, in UTC."""
    zone = ZoneInfo(sync.time_zone or _UTC)
    gap, fold = _policies(sync)
    waiting: list[datetime] = []
    latest = after
    for wall in wall_times(sync.cron, after=after.astimezone(zone).replace(tzinfo=None) - _DAY):
        earliest_to_come = _moment(wall, zone) - _DAY
        while waiting and waiting[0] < earliest_to_come:
            if (due := heappop(waiting)) > latest:
                yield due
                latest = due
        for moment in _moments(wall, zone, gap, fold):
            if moment > latest:
                heappush(waiting, moment)


def due_between(sync: Sync, *, after: datetime, until: datetime) -> Iterator[datetime]:
    """Due times later than `after`, up to and with `until`."""
    return takewhile(lambda due: due <= until, due_times(sync, after=after))


def next_times(sync: Sync, *, after: datetime, count: int = 5) -> tuple[datetime, ...]:
    """When it is looked at next: its due times, and as much later as falls to this org."""
    wait = timedelta(seconds=sync.jitter_seconds)
    return tuple(due + wait for due in islice(due_times(sync, after=after - wait), count))


def last_due(sync: Sync, *, until: datetime) -> datetime | None:
    """The latest due time up to and with `until`; None when there was none in ten years."""
    for days in (1, 8, 32, 366, 3_660):
        # Looked for in steps, so that a sync of every minute does not count through ten years.
        due = None
        for due in due_between(sync, after=until - timedelta(days=days), until=until):  # noqa: B007 - the last one
            pass
        if due is not None:
            return due
    return None


def _policies(sync: Sync) -> tuple[Gap, Fold]:
    recurs = follows_elapsed_time(sync.cron)
    return sync.gap or (Gap.SKIP if recurs else Gap.RUN_AFTER), sync.fold or (Fold.BOTH if recurs else Fold.FIRST)


def _moments(wall: datetime, zone: ZoneInfo, gap: Gap, fold: Fold) -> list[datetime]:
    """What a time on the wall is, in UTC: one moment, or as the policies say on the day of a change."""
    first, second = _moment(wall, zone), _moment(wall.replace(fold=1), zone)
    if first == second:
        return [first]
    if first < second:
        return [first, second] if fold is Fold.BOTH else [first]
    # In a gap Python reads fold=0 by the offset before the change, fold=1 by the one after it.
    return [_end_of_gap(second, first, zone)] if gap is Gap.RUN_AFTER else []


def _end_of_gap(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The moment the clock is put forward, to the second: it lies between two moments with different offsets."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=int((after - before).total_seconds()) // 2)
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after


def _moment(wall: datetime, zone: ZoneInfo) -> datetime:
    return wall.replace(tzinfo=zone).astimezone(UTC)
