"""Claim the next slot that is owed, in the store that every worker of this folder shares.

One slot is at work at a time, whichever process has it: syncs take the same leases, so a second would only be refused.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from config.syncs import Sync
from engine.errors import LeaseError
from sync.schedule.catchup import Turn, turn
from sync.store import leases, pauses, slots
from sync.store.database import Store, Transaction
from sync.store.holders import Holder
from sync.store.leases import Clock
from sync.store.slots import Slot


def claim_next(
    store: Store, syncs: Mapping[str, Sync], *, holder: Holder, clock: Clock, seen_seconds: int
) -> Slot | None:
    """The slot that is now ours to run; None when nothing is owed, or somebody is at work or holds a lease."""
    with store.read() as tx:
        # Looked at without locking anybody out; most looks find nothing.
        is_idle = next(_owed(tx, syncs, at=leases.time_of(tx, clock)), None) is None and not slots.running(tx)
    if is_idle:
        return None
    with store.transaction() as tx:
        at = leases.time_of(tx, clock)
        slots.lose(tx, here=holder, at=at, seen_seconds=seen_seconds)
        if slots.running(tx) or _is_busy(tx, holder=holder, clock=clock):
            return None
        while owed := min(_owed(tx, syncs, at=at), key=lambda each: each[1].due_at, default=None):
            name, due = owed
            if due.is_run:
                return slots.claim(tx, name, due.due_at, holder=holder, at=at, missed=due.missed)
            slots.skip(tx, name, due.due_at, holder=holder, at=at, missed=due.missed)
    return None


def refuse_busy(store: Store, syncs: Mapping[str, Sync], *, holder: Holder, clock: Clock) -> None:
    """LeaseError (exit 8) when something is owed and cannot be claimed because a run holds a lease."""
    with store.read() as tx:
        owed = any(due.is_run for _, due in _owed(tx, syncs, at=leases.time_of(tx, clock)))
        if owed:
            leases.refuse_busy(tx, holder=holder, clock=clock)


def _owed(tx: Transaction, syncs: Mapping[str, Sync], *, at: datetime) -> Iterator[tuple[str, Turn]]:
    """What each sync that is not paused owes."""
    for name, sync in syncs.items():
        if pauses.stopping(tx, at=at, sync=name) is None:
            owed = turn(sync, slots.last(tx, name), now=at)
            if owed is not None:
                yield name, owed


def _is_busy(tx: Transaction, *, holder: Holder, clock: Clock) -> bool:
    try:
        leases.refuse_busy(tx, holder=holder, clock=clock)
    except LeaseError:
        return True
    return False
