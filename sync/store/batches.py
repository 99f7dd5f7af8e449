"""The outbox: what is about to be sent is committed here first, so that a crash leaves no write unknown to us."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, insert, select, update

from engine.changes.change import Reach, Standing
from engine.changes.states import State
from sync.store import jobs, leases
from sync.store.change_values import change_from, message_from
from sync.store.changes import Move, find, move
from sync.store.database import Transaction
from sync.store.leases import Lease
from sync.store.paging import among, chunks
from sync.store.tables import approvals, batch_changes, batches, change_bodies, changes, runs


@dataclass(frozen=True, slots=True)
class Batch:
    """One call to the org, or one job. `run_id` is what the written records carry in their run field."""

    batch_id: str
    run_id: str
    mode: str  # guarded, collections, bulk
    epoch: int
    sent_at: datetime
    answered_at: datetime | None = None


def waiting(tx: Transaction, *, plan_id: str | None = None) -> Mapping[tuple[str, Reach], int]:
    """How many approved changes there are of each object and reach; of one plan: how many it proposed, in any state."""
    which = changes.c.state == State.APPROVED.value if plan_id is None else changes.c.plan_id == plan_id
    query = select(changes.c.object, changes.c.reach, func.count().label("number")).where(which)
    rows = tx.execute(query.group_by(changes.c.object, changes.c.reach).order_by(changes.c.object, changes.c.reach))
    return {(row.object, Reach(row.reach)): row.number for row in rows}


@dataclass(frozen=True, slots=True)
class Approved:
    """An approved change. It is bound when it is, to the letter, what somebody approved."""

    standing: Standing
    is_bound: bool


def approved(tx: Transaction, object_name: str, reach: Reach, *, after: str, most: int) -> list[Approved]:
    """The next approved changes of a kind behind a record id, in the order of record ids."""
    query = (
        select(
            changes.c.change_id,
            changes.c.plan_id,
            changes.c.note,
            changes.c.is_rebased,
            change_bodies.c.proposed,
            change_bodies.c.rebased,
            approvals.c.digest.label("approved"),
        )
        .join(change_bodies, change_bodies.c.change_id == changes.c.change_id)
        .outerjoin(approvals, approvals.c.change_id == changes.c.change_id)
        .where(
            changes.c.state == State.APPROVED.value,
            changes.c.object == object_name,
            changes.c.reach == reach.value,
            changes.c.record_id > after,
        )
        .order_by(changes.c.record_id)
        .limit(most)
    )
    return [_approved(row) for row in tx.execute(query)]


def still_approved(tx: Transaction, change_ids: Iterable[str]) -> frozenset[str]:
    """Which of these changes nobody has moved on meanwhile."""
    query = select(changes.c.change_id).where(changes.c.state == State.APPROVED.value)
    return frozenset(row.change_id for row in among(tx, query, changes.c.change_id, change_ids))


def plans_of(tx: Transaction, change_ids: Iterable[str]) -> dict[str, str]:
    """The plan that proposed each change, by change id."""
    rows = among(tx, select(changes.c.change_id, changes.c.plan_id), changes.c.change_id, change_ids)
    return {row.change_id: row.plan_id for row in rows}


def plans_waiting(tx: Transaction) -> tuple[str, ...]:
    """The plans with approved changes, oldest first."""
    query = select(changes.c.plan_id).join(runs, runs.c.run_id == changes.c.plan_id)
    query = query.where(changes.c.state == State.APPROVED.value).group_by(changes.c.plan_id, runs.c.sequence)
    return tuple(tx.execute(query.order_by(runs.c.sequence)).scalars())


def states_of(tx: Transaction, change_ids: Iterable[str]) -> Mapping[State, int]:
    """How many of these changes are in each state now."""
    query = select(changes.c.state, func.count().label("number")).group_by(changes.c.state)
    counts = Counter[State]()
    for row in among(tx, query, changes.c.change_id, change_ids):
        counts[State(row.state)] += row.number
    return counts


@dataclass(frozen=True, slots=True)
class Gone:
    """A change whose record is gone."""

    change_id: str
    object: str
    record_id: str


def gone_among(tx: Transaction, change_ids: Iterable[str]) -> list[Gone]:
    """Those of these changes whose record is gone."""
    query = select(changes.c.change_id, changes.c.object, changes.c.record_id)
    query = query.where(changes.c.state == State.GONE.value)
    return [Gone(row.change_id, row.object, row.record_id) for row in among(tx, query, changes.c.change_id, change_ids)]


def sent_since(tx: Transaction, since: datetime) -> list[tuple[datetime, int]]:
    """The batches intended since then: when, and of how many records."""
    query = (
        select(batches.c.sent_at, func.count().label("number"))
        .join(batch_changes, batch_changes.c.batch_id == batches.c.batch_id)
        .where(batches.c.sent_at > since)
        .group_by(batches.c.batch_id, batches.c.sent_at)
        .order_by(batches.c.sent_at)
    )
    return [(row.sent_at, row.number) for row in tx.execute(query)]


def intend(
    tx: Transaction, lease: Lease, moves: Collection[Move], *, run: str, mode: str, at: datetime, job: str | None = None
) -> Batch:
    """Commit to sending: the lease is checked, a batch is written, and its approved changes move to sending.

    `moves` all go to SENDING (with a note and a rebased change where the record moved). `job` is the expected ingest job
    that will carry them. Send only after this transaction is committed. LeaseError when somebody else holds the write
    lease now.
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
    move(tx, list(moves), run=run, at=at)
    if job is not None:
        jobs.begin(tx, job, batch=batch.batch_id, at=at)
    return batch


def carried(tx: Transaction, batch_id: str) -> list[Standing]:
    """The changes of a batch that still say sending, in the order of record ids."""
    query = select(changes.c.change_id).where(changes.c.batch_id == batch_id, changes.c.state == State.SENDING.value)
    found = find(tx, tx.execute(query).scalars())
    return sorted(found.values(), key=lambda standing: standing.change.record_id)


def answer(tx: Transaction, batch: Batch, moves: Sequence[Move], *, run: str, at: datetime) -> frozenset[str]:
    """Write down what the org answered; the ids of the changes that were still this batch's.

    The lease is not asked: what happened, happened, whoever holds it now. Changes that a taker-over has moved on or
    sent again since are left as they are.
    """
    tx.execute(update(batches).where(batches.c.batch_id == batch.batch_id).values(answered_at=at))
    jobs.close_of(tx, batch.batch_id)
    query = select(changes.c.change_id).where(changes.c.batch_id == batch.batch_id)
    query = query.where(changes.c.state == State.SENDING.value)
    carried_still = {row.change_id for row in among(tx, query, changes.c.change_id, [each.change_id for each in moves])}
    ours = [each for each in moves if each.change_id in carried_still]
    move(tx, ours, run=run, at=at)
    return frozenset(each.change_id for each in ours)


def recover(tx: Transaction, lease: Lease, *, run: str, at: datetime, under_way: Collection[str] = frozenset()) -> int:
    """After taking the write lease: whatever still says sending was sent by a dead run, or not at all; it is unknown.

    But for the batches `under_way`: the org is still at work on their jobs.
    """
    leases.check(tx, lease)
    query = select(changes.c.change_id).where(changes.c.state == State.SENDING.value)
    left = list(tx.execute(query.where(changes.c.batch_id.not_in(under_way))).scalars())
    move(tx, [Move(change_id, State.UNKNOWN) for change_id in left], run=run, at=at)
    return len(left)


def last_of(tx: Transaction, change_ids: Iterable[str]) -> dict[str, Batch]:
    """The batch each change was last sent in, by change id."""
    query = select(changes.c.change_id, batches).join(batches, batches.c.batch_id == changes.c.batch_id)
    return {
        row.change_id: Batch(row.batch_id, row.run_id, row.mode, row.epoch, row.sent_at, row.answered_at)
        for row in among(tx, query, changes.c.change_id, change_ids)
    }


def senders_of(tx: Transaction, change_ids: Iterable[str]) -> dict[str, frozenset[str]]:
    """Every run that ever sent a change: a write that got through late carries the id of one of them."""
    is_its = batches.c.batch_id == batch_changes.c.batch_id
    query = select(batch_changes.c.change_id, batches.c.run_id).join(batches, is_its)
    found: dict[str, set[str]] = {}
    for row in among(tx, query, batch_changes.c.change_id, change_ids):
        found.setdefault(row.change_id, set()).add(row.run_id)
    return {change_id: frozenset(runs) for change_id, runs in found.items()}


def of_run(batch_id: ColumnElement[str], run_id: str) -> ColumnElement[bool]:
    """The batches that a run sent."""
    return batch_id.in_(select(batches.c.batch_id).where(batches.c.run_id == run_id))


def _approved(row: Any) -> Approved:
    proposed = change_from(row.proposed)
    stands = change_from(row.rebased) if row.rebased else proposed
    is_bound = row.approved == proposed.digest and (
        stands is proposed or stands.target_digest == proposed.target_digest
    )
    note = message_from(row.note) if row.note else None
    return Approved(Standing(stands, State.APPROVED, row.plan_id, note, row.is_rebased), is_bound)
