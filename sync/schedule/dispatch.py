"""Claim the next slot that is owed, in the store that every worker of this folder shares.

One slot is at work at a time, whichever process has it: syncs take the same leases, so a second would only be refused.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from config.settings.syncs import Sync
from engine.errors import LeaseError
from sync.schedule.catchup import Turn, turn
from sync.store import leases, pauses, slots
from sync.store.database import Store, Transaction
from sync.store.holders import Holder
from sync.store.leases import Clock
from sync.store.slots import Slot


def claim_next(
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
        is_idle = next(_owed(tx, syncs, watched, at=leases.time_of(tx, clock)), None) is None and not slots.running(tx)
    if is_idle:
        return None
    with store.transaction() as tx:
        at = leases.time_of(tx, clock)
        slots.lose(tx, here=holder, at=at, seen_seconds=seen_seconds)
        if slots.running(tx) or _is_busy(tx, holder=holder, clock=clock):
            return None
        while owed := list(_owed(tx, syncs, watched, at=at)):
            past = [(name, due) for name, due in owed if not due.is_run]
            if not past:
                name, due = min(owed, key=lambda each: each[1].due_at)
                return slots.claim(tx, name, due.due_at, holder=holder, at=at, missed=due.missed)
            # Before anything is run, so that a sync nobody has seen yet is known from now on.
            for name, due in past:
                slots.skip(tx, name, due.due_at, holder=holder, at=at, missed=due.missed)
    return None


def refuse_busy(
    store: Store, syncs: Mapping[str, Sync], *, watched: Mapping[str, float], holder: Holder, clock: Clock
) -> None:
    """LeaseError (exit 8) when something is owed and cannot be claimed because a run holds a lease."""
    with store.read() as tx:
        if any(due.is_run for _, due in _owed(tx, syncs, watched, at=leases.time_of(tx, clock))):
            leases.refuse_busy(tx, holder=holder, clock=clock)


def standing_still(
    store: Store, syncs: Mapping[str, Sync], *, watched: Mapping[str, float], clock: Clock
) -> tuple[str, ...]:
    """The syncs that owe something and are not run because they are paused."""
    with store.read() as tx:
        at = leases.time_of(tx, clock)
        paused = {name: sync for name, sync in syncs.items() if pauses.stopping(tx, at=at, sync=name)}
        return tuple(name for name, due in _turns(tx, paused, watched, at=at) if due.is_run)


def _owed(
    tx: Transaction, syncs: Mapping[str, Sync], watched: Mapping[str, float], *, at: datetime
) -> Iterator[tuple[str, Turn]]:
    """What each sync that is not paused owes."""
    working = {name: sync for name, sync in syncs.items() if pauses.stopping(tx, at=at, sync=name) is None}
    return _turns(tx, working, watched, at=at)


def _turns(
    tx: Transaction, syncs: Mapping[str, Sync], watched: Mapping[str, float], *, at: datetime
) -> Iterator[tuple[str, Turn]]:
    for name, sync in syncs.items():
        # A time is still called by its name; it is only looked at so much later.
        now = at - timedelta(seconds=sync.jitter_seconds)
        owed = turn(sync, slots.last(tx, name), now=now, since=now - timedelta(seconds=watched[name]))
        if owed is not None:
            yield name, owed


def _is_busy(tx: Transaction, *, holder: Holder, clock: Clock) -> bool:
    try:
        leases.refuse_busy(tx, holder=holder, clock=clock)
    except LeaseError:
        return True
    return False
