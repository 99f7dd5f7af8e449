"""What a sync owes: the due time to run next, by what its last slot came to and how it wants missed times caught up."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from config.settings.syncs import CatchUp, Sync
from sync.schedule.due import due_between, last_due
from sync.store.slots import Slot
from sync.store.vocabulary import SlotState

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
    """What is owed now; ask again when one that is not run has been written down. None: nothing.

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
