"""How a folder's worker is doing: each sync's last and next times, what stands still, what waits for a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from config.syncs import Sync
from sync.schedule.due import due_times, next_times
from sync.store import leases, pauses, plans, runs, slots
from sync.store.database import Store, Transaction
from sync.store.leases import Clock
from sync.store.pauses import Pause
from sync.store.slots import Slot, SlotState

# A sync is late when it has not gone well by the second due time after the one that did.
_CHANCES = 2


@dataclass(frozen=True, slots=True)
class SyncStatus:
    """`age_seconds`: since it last went well; None when it never did. `since`: the first due time anybody looked at."""

    name: str
    sync: Sync
    last: Slot | None
    last_done: Slot | None
    since: datetime | None
    pause: Pause | None
    age_seconds: float | None
    is_late: bool
    next: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class Status:
    """`waiting`: changes that wait for a person, by plan."""

    at: datetime
    syncs: tuple[SyncStatus, ...]
    pauses: tuple[Pause, ...]
    waiting: Mapping[str, int]
    runs: tuple[runs.Run, ...]

    @property
    def late(self) -> tuple[str, ...]:
        return tuple(each.name for each in self.syncs if each.is_late)


def status_of(store: Store, syncs: Mapping[str, Sync], *, clock: Clock, deadline_seconds: int) -> Status:
    """`deadline_seconds`: a run that has been at work for less is not late yet."""
    with store.read() as tx:
        at = leases.time_of(tx, clock)
        return Status(
            at,
            tuple(_sync_status(tx, name, sync, at, deadline_seconds) for name, sync in syncs.items()),
            pauses.current(tx, at=at),
            plans.waiting(tx),
            runs.latest(tx, limit=5),
        )


def _sync_status(tx: Transaction, name: str, sync: Sync, at: datetime, deadline_seconds: int) -> SyncStatus:
    last, done, first = slots.last(tx, name), slots.last_done(tx, name), slots.first(tx, name)
    pause = pauses.stopping(tx, at=at, sync=name)
    ended = done.finished_at if done else None
    since = done.due_at if done else first.due_at if first else None
    is_at_work = (
        last is not None
        and last.state is SlotState.RUNNING
        and at - last.claimed_at < timedelta(seconds=deadline_seconds)
    )
    return SyncStatus(
        name,
        sync,
        last,
        done,
        first.due_at if first else None,
        pause,
        (at - ended).total_seconds() if ended else None,
        pause is None and not is_at_work and since is not None and _is_late(sync, since, at),
        next_times(sync, after=at),
    )


def _is_late(sync: Sync, since: datetime, at: datetime) -> bool:
    chances = list(islice(due_times(sync, after=since), _CHANCES))
    return len(chances) == _CHANCES and chances[-1] <= at
