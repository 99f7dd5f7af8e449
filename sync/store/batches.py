"""The outbox: what is about to be sent is committed here first, so that a crash leaves no write unknown to us."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select, update

from engine.states import State
from sync.store import changes as standings
from sync.store import leases
from sync.store.changes import Move
from sync.store.columns import chunks
from sync.store.database import Transaction
from sync.store.leases import Lease
from sync.store.tables import batch_changes, batches, changes


@dataclass(frozen=True, slots=True)
class Batch:
    """One call to the org. `run_id` is what the written records carry in their run field."""

    batch_id: str
    run_id: str
    mode: str  # guarded, collections
    epoch: int
    sent_at: datetime
    answered_at: datetime | None = None


def intend(tx: Transaction, lease: Lease, moves: Collection[Move], *, run: str, mode: str, at: datetime) -> Batch:
    """Commit to sending: the lease is checked, a batch is written, and its approved changes move to sending.

    `moves` all go to SENDING (with a note and a rebased change where the record moved). Send only after this
    transaction is committed. LeaseError when somebody else holds the write lease now.
    """
    if not moves or any(each.to is not State.SENDING for each in moves):
        raise ValueError("an intent moves changes to sending, at least one")
    leases.check(tx, lease)
    number = tx.execute(select(func.count()).select_from(batches).where(batches.c.run_id == run)).scalar_one() + 1
    batch = Batch(f"{run}-{number:04d}", run, mode, lease.epoch, at)
    tx.execute(insert(batches).values(batch_id=batch.batch_id, run_id=run, mode=mode, epoch=lease.epoch, sent_at=at))
    change_ids = [each.change_id for each in moves]
    tx.execute(insert(batch_changes), [{"batch_id": batch.batch_id, "change_id": each} for each in change_ids])
    for chunk in chunks(change_ids):
        sent = update(changes).where(changes.c.change_id.in_(chunk))
        tx.execute(sent.values(batch_id=batch.batch_id, attempts=changes.c.attempts + 1))
    standings.move(tx, list(moves), run=run, at=at)
    return batch


def answer(tx: Transaction, batch: Batch, moves: Sequence[Move], *, run: str, at: datetime) -> frozenset[str]:
    """Write down what the org answered; the ids of the changes that were still this batch's.

    The lease is not asked: what happened, happened, whoever holds it now. Changes that a taker-over has moved on or
    sent again since are left as they are.
    """
    tx.execute(update(batches).where(batches.c.batch_id == batch.batch_id).values(answered_at=at))
    ids = [each.change_id for each in moves]
    found, last = standings.find(tx, ids), last_of(tx, ids)
    ours = [
        each
        for each in moves
        if found[each.change_id].state is State.SENDING and last[each.change_id].batch_id == batch.batch_id
    ]
    standings.move(tx, ours, run=run, at=at)
    return frozenset(each.change_id for each in ours)


def recover(tx: Transaction, lease: Lease, *, run: str, at: datetime) -> int:
    """After taking the write lease: whatever still says sending was sent by a dead run, or not at all; it is unknown."""
    leases.check(tx, lease)
    left = standings.in_state(tx, {State.SENDING})
    standings.move(tx, [Move(each.change.change_id, State.UNKNOWN) for each in left], run=run, at=at)
    return len(left)


def last_of(tx: Transaction, change_ids: Iterable[str]) -> dict[str, Batch]:
    """The batch each change was last sent in, by change id."""
    found: dict[str, Batch] = {}
    for chunk in chunks(change_ids):
        query = select(changes.c.change_id, batches).join(batches, batches.c.batch_id == changes.c.batch_id)
        for row in tx.execute(query.where(changes.c.change_id.in_(chunk))):
            found[row.change_id] = Batch(row.batch_id, row.run_id, row.mode, row.epoch, row.sent_at, row.answered_at)
    return found


def senders_of(tx: Transaction, change_ids: Iterable[str]) -> dict[str, frozenset[str]]:
    """Every run that ever sent a change: a write that got through late carries the id of one of them."""
    found: dict[str, set[str]] = {}
    for chunk in chunks(change_ids):
        query = select(batch_changes.c.change_id, batches.c.run_id).join(
            batches, batches.c.batch_id == batch_changes.c.batch_id
        )
        for row in tx.execute(query.where(batch_changes.c.change_id.in_(chunk))):
            found.setdefault(row.change_id, set()).add(row.run_id)
    return {change_id: frozenset(runs) for change_id, runs in found.items()}
