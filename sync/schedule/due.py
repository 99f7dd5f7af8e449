"""Due times: a sync's cron expression as moments, in its own time zone, on days when the clock is put forward or back too.

A time that the clock leaves out is due when the clock goes on, or not at all (`gap`); one that it shows twice is due the
first time, or both (`fold`). Without a word in settings.yaml what has a fixed hour is due exactly once on such a day, and what
recurs within the hour follows elapsed time, as cron does.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from config.settings.crons import follows_elapsed_time, wall_times
from config.settings.syncs import CatchUp, Fold, Gap, Sync
from sync.store.slots import Slot
from sync.store.vocabulary import SlotState

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


# So late may somebody be who begins to look at the clock, and a time of a sync under `skip`.
LATE_SECONDS = 60
# Under `all`, older times than these are given up: nobody waits for a backlog of weeks.
_BACKLOG_SECONDS = 86_400
# Times missed are counted up to here; more of them say nothing more.
_MISSED_MAX = 10_000
# A slot that took its holder with it so often is left alone: the next due time comes.
_ATTEMPTS_MAX = 3


@dataclass(frozen=True, slots=True)
class Owed:
    """A due time to take, or (`is_run` False) to write down as skipped. `missed`: the earlier ones it stands for."""

    due_at: datetime
    missed: int = 0
    is_run: bool = True


def owed(sync: Sync, last: Slot | None, *, now: datetime, since: datetime) -> Owed | None:
    """What a sync owes now, by what its last slot came to and how it wants missed times caught up; ask again when one that is not run has been written down. None: nothing.

    `since`: from then on somebody has been there to run it. What was due before is late by that much; what was due after
    is not, whatever work of ours has kept it waiting.
    """
    if last is None:
        return _first(sync, now, since)
    if last.state is SlotState.RUNNING:
        return None
    if last.state is SlotState.LOST and last.attempts < _ATTEMPTS_MAX and sync.catch_up is CatchUp.ALL:
        return Owed(last.due_at, last.missed)
    newest = last_due(sync, until=now)
    if newest is None or newest <= last.due_at:
        is_again = last.state is SlotState.LOST and last.attempts < _ATTEMPTS_MAX
        again = _in_time(sync, Owed(last.due_at, last.missed), since)
        return again if is_again and again.is_run else None
    if sync.catch_up is CatchUp.ALL:
        return _each(sync, last, now, since)
    missed = sum(1 for _ in islice(due_between(sync, after=last.due_at, until=newest), _MISSED_MAX)) - 1
    if last.state is SlotState.LOST:
        missed += 1 + last.missed
    return _in_time(sync, Owed(newest, min(missed, _MISSED_MAX)), since)


def _first(sync: Sync, now: datetime, since: datetime) -> Owed | None:
    """A sync nobody has seen yet is known from its last due time on; that itself is run only when it is just due."""
    newest = last_due(sync, until=now)
    if newest is None:
        return None
    return Owed(newest, is_run=since - newest < timedelta(seconds=LATE_SECONDS))


def _each(sync: Sync, last: Slot, now: datetime, since: datetime) -> Owed | None:
    """The oldest of the times missed; what is too old goes first, as one."""
    late_seconds = sync.late_seconds or _BACKLOG_SECONDS
    oldest = max(since - timedelta(seconds=late_seconds), now - timedelta(seconds=max(late_seconds, _BACKLOG_SECONDS)))
    given_up = last_due(sync, until=oldest)
    if given_up is not None and given_up > last.due_at:
        missed = sum(1 for _ in islice(due_between(sync, after=last.due_at, until=given_up), _MISSED_MAX)) - 1
        return Owed(given_up, missed, is_run=False)
    return next((Owed(due) for due in due_between(sync, after=last.due_at, until=now)), None)


def _in_time(sync: Sync, due: Owed, since: datetime) -> Owed:
    """The same, not to be run when it comes too late for this sync."""
    late_seconds = sync.late_seconds or (LATE_SECONDS if sync.catch_up is CatchUp.SKIP else None)
    if late_seconds is None or since - due.due_at <= timedelta(seconds=late_seconds):
        return due
    return Owed(due.due_at, due.missed, is_run=False)
