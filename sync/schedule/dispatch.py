"""Take the next slot that is owed, in the store that every worker of this folder shares.

One slot is at work at a time, whichever process has it: syncs take the same leases, so a second would only be refused.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from config.settings.syncs import Sync
from engine.errors import LeaseError
from sync.schedule.due import Owed, owed
from sync.store import leases, pauses, slots
from sync.store.database import Store, Transaction
from sync.store.holders import Holder
from sync.store.leases import Clock
from sync.store.slots import Slot


def take_next(
    store: Store,
    syncs: Mapping[str, Sync],
    *,
    watched: Mapping[str, float],
    holder: Holder,
    clock: Clock,
    seen_seconds: int,
) -> Slot | None:
    """The slot that is now ours to run; None when nothing is owed, or somebody is at work or holds a lease.

    `watched`: for how many seconds somebody has been there to run each sync.
    """
    with store.read() as tx:
        # Looked at without locking anybody out; most looks find nothing.
        is_idle = next(
            _by_working(tx, syncs, watched, at=leases.time_of(tx, clock)), None
        ) is None and not slots.running(tx)
    if is_idle:
        return None
    with store.transaction() as tx:
        at = leases.time_of(tx, clock)
        slots.lose(tx, here=holder, at=at, seen_seconds=seen_seconds)
        if slots.running(tx) or _is_busy(tx, holder=holder, clock=clock):
            return None
        while found := list(_by_working(tx, syncs, watched, at=at)):
            past = [(name, due) for name, due in found if not due.is_run]
            if not past:
                name, due = min(found, key=lambda each: each[1].due_at)
                return slots.take(tx, name, due.due_at, holder=holder, at=at, missed=due.missed)
            # Before anything is run, so that a sync nobody has seen yet is known from now on.
            for name, due in past:
                slots.skip(tx, name, due.due_at, holder=holder, at=at, missed=due.missed)
    return None


def refuse_busy(
    store: Store, syncs: Mapping[str, Sync], *, watched: Mapping[str, float], holder: Holder, clock: Clock
) -> None:
    """LeaseError (exit 8) when something is owed and cannot be taken because a run holds a lease."""
    with store.read() as tx:
        if any(due.is_run for _, due in _by_working(tx, syncs, watched, at=leases.time_of(tx, clock))):
            leases.refuse_busy(tx, holder=holder, clock=clock)


def standing_still(
    store: Store, syncs: Mapping[str, Sync], *, watched: Mapping[str, float], clock: Clock
) -> tuple[str, ...]:
    """The syncs that owe something and are not run because they are paused."""
    with store.read() as tx:
        at = leases.time_of(tx, clock)
        paused = {name: sync for name, sync in syncs.items() if pauses.stopping(tx, at=at, sync=name)}
        return tuple(name for name, due in _by_all(tx, paused, watched, at=at) if due.is_run)


def _by_working(
    tx: Transaction, syncs: Mapping[str, Sync], watched: Mapping[str, float], *, at: datetime
) -> Iterator[tuple[str, Owed]]:
    """What each sync that is not paused owes."""
    working = {name: sync for name, sync in syncs.items() if pauses.stopping(tx, at=at, sync=name) is None}
    return _by_all(tx, working, watched, at=at)


def _by_all(
    tx: Transaction, syncs: Mapping[str, Sync], watched: Mapping[str, float], *, at: datetime
) -> Iterator[tuple[str, Owed]]:
    for name, sync in syncs.items():
        # A time is still called by its name; it is only looked at so much later.
        now = at - timedelta(seconds=sync.jitter_seconds)
        due = owed(sync, slots.last(tx, name), now=now, since=now - timedelta(seconds=watched[name]))
        if due is not None:
            yield name, due


def _is_busy(tx: Transaction, *, holder: Holder, clock: Clock) -> bool:
    try:
        leases.refuse_busy(tx, holder=holder, clock=clock)
    except LeaseError:
        return True
    return False
