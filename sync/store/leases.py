"""Leases: one for pulling, one for writing, taken in that order, so that two workers never do the same work.

A lease has an epoch that grows with every holder. `check` in each intent transaction fences off a holder that was
paused while somebody else took over: it finds another epoch and writes nothing more.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from sqlalchemy import func, insert, select, update
from sqlalchemy.engine import Row

from engine.errors import LeaseError, StoreError, TransientError
from sync.store import audit
from sync.store.audit import Entry
from sync.store.columns import instant_text
from sync.store.database import Store, Transaction
from sync.store.events import Event
from sync.store.holders import Holder, is_dead
from sync.store.tables import leases
from sync.store.vocabulary import LeaseName

# The host's time, aware UTC. On PostgreSQL the database's own time is asked instead.
Clock: TypeAlias = Callable[[], datetime]

# So soon a renewal that the store did not take is tried again.
_AGAIN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Lease:
    """Proof of being the one: hand it to `check`."""

    name: LeaseName
    epoch: int
    holder: Holder


@dataclass(frozen=True, slots=True)
class LeasedStore:
    """The store in the hands of whoever holds a lease: one that stood still past it writes nothing more."""

    store: Store
    lease: Lease

    def read(self) -> AbstractContextManager[Transaction]:
        return self.store.read()

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """LeaseError (LS-102) when somebody else has taken over."""
        with self.store.transaction() as tx:
            check(tx, self.lease)
            yield tx


@contextmanager
def hold(
    store: Store, name: LeaseName, *, holder: Holder, clock: Clock, lease_seconds: float, renew_seconds: float
) -> Iterator[Lease]:
    """Take the lease, renew it from a thread of its own, and give it back at the end. LeaseError when it is taken."""
    with store.transaction() as tx:
        lease = take(tx, name, holder=holder, clock=clock, lease_seconds=lease_seconds)
    over = threading.Event()

    def keep_renewing() -> None:
        wait = renew_seconds
        while not over.wait(wait):
            wait = renew_seconds
            try:
                with store.transaction() as tx:
                    renew(tx, lease, clock=clock, lease_seconds=lease_seconds)
            except LeaseError:
                return  # somebody took over; the next `check` of the work itself says so
            except (TransientError, StoreError):
                # The store is busy, or away for a restart: the lease is ours until somebody takes it.
                wait = min(renew_seconds, _AGAIN_SECONDS)

    renewer = threading.Thread(target=keep_renewing, name=f"{name} lease", daemon=True)
    renewer.start()
    try:
        yield lease
    finally:
        over.set()
        renewer.join()
        # A lease that cannot be given back runs out; why the store is away is said by what the run writes next, or has
        # been said by what ended it.
        with suppress(TransientError, StoreError), store.transaction() as tx:
            release(tx, lease)


def take(tx: Transaction, name: LeaseName, *, holder: Holder, clock: Clock, lease_seconds: float) -> Lease:
    """Take a lease that is free, has run out, or whose holder on this host is dead. LeaseError otherwise."""
    now = time_of(tx, clock)
    found = tx.execute(select(leases).where(leases.c.name == name)).one_or_none()
    if found is not None and found.is_held:
        _take_over(tx, found, here=holder, now=now)
    lease = Lease(name, 1 if found is None else found.epoch + 1, holder)
    values = {
        "epoch": lease.epoch,
        "is_held": True,
        **holder.columns(),
        "taken_at": now,
        "until": now + timedelta(seconds=lease_seconds),
    }
    if found is None:
        tx.execute(insert(leases).values(name=name, **values))
    else:
        tx.execute(update(leases).where(leases.c.name == name).values(**values))
    return lease


def renew(tx: Transaction, lease: Lease, *, clock: Clock, lease_seconds: float) -> None:
    """LeaseError when somebody else has taken over. A lease that ran out and that nobody took is ours still."""
    check(tx, lease)
    until = time_of(tx, clock) + timedelta(seconds=lease_seconds)
    tx.execute(update(leases).where(leases.c.name == lease.name).values(until=until))


def check(tx: Transaction, lease: Lease) -> None:
    """LeaseError unless this very lease is held now. Call it in every transaction that intends something."""
    found = tx.execute(select(leases.c.epoch, leases.c.is_held).where(leases.c.name == lease.name)).one()
    if not found.is_held or found.epoch != lease.epoch:
        # another run has taken over the {name} lease (epoch {epoch}, now {now}); nothing more is written by this one
        raise LeaseError.of("LS-102", name=lease.name.value, epoch=lease.epoch, now=found.epoch)


def refuse_busy(tx: Transaction, *, holder: Holder, clock: Clock) -> None:
    """LeaseError when a living process holds any lease; whoever wants them all may ask before it begins."""
    now = time_of(tx, clock)
    for found in tx.execute(select(leases).where(leases.c.is_held).order_by(leases.c.name)):
        _refuse_living(found, here=holder, now=now)


def living(tx: Transaction, *, clock: Clock) -> frozenset[Holder]:
    """Whoever holds a lease that has not run out."""
    held = select(leases).where(leases.c.is_held, leases.c.until > time_of(tx, clock))
    return frozenset(Holder.of(found) for found in tx.execute(held))


def release(tx: Transaction, lease: Lease) -> None:
    """Give it back; nothing happens when somebody else has taken over."""
    tx.execute(update(leases).where(leases.c.name == lease.name, leases.c.epoch == lease.epoch).values(is_held=False))


def _take_over(tx: Transaction, found: "Row[tuple[object, ...]]", *, here: Holder, now: datetime) -> None:
    dead = _refuse_living(found, here=here, now=now)
    facts = {"lease": found.name, "epoch": found.epoch + 1, "holder_died": dead}
    audit.append(tx, [Entry(Event.LEASE_TAKEN_OVER, now, facts=facts)])


def _refuse_living(found: "Row[tuple[object, ...]]", *, here: Holder, now: datetime) -> bool:
    """Whether the holder is surely dead, or else the lease has run out; LeaseError when neither is so."""
    holder = Holder.of(found)
    dead = is_dead(holder, here=here)
    if not dead and found.until > now:
        raise LeaseError.of(
            # another run holds the {name} lease until {until} (process {pid} on {host})
            "LS-101",
            name=found.name,
            host=holder.host,
            pid=holder.pid,
            until=instant_text(found.until)[:19] + "Z",
        )
    return dead


def time_of(tx: Transaction, clock: Clock) -> datetime:
    """The time that leases and slots are told in: the host's, or the database's where several hosts share one."""
    if tx.dialect.name == "postgresql":
        now: datetime = tx.execute(select(func.clock_timestamp())).scalar_one()
        return now
    return clock()
