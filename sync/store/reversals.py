"""What a run applied, for taking it back."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Column, Select, func, literal, or_, select, tuple_

from engine.changes.change import Change, Standing
from engine.changes.states import State
from sync.store.batches import of_run
from sync.store.changes import find, open_among
from sync.store.database import Store, Transaction
from sync.store.paging import among, chunks, pages_of
from sync.store.tables import batch_changes, changes


@dataclass(frozen=True, slots=True)
class _Met:
    """A step of the walk over what a run applied; `applied` is all of its record where this is the last of it."""

    place: tuple[str, ...]
    record_id: str
    applied: list[Change]


def count(tx: Transaction, run_id: str) -> int:
    """How many applied changes a run proposed or sent."""
    first, second = _proposed(run_id).subquery(), _sent(run_id).subquery()
    return sum(tx.execute(select(func.count()).select_from(each)).scalar_one() for each in (first, second))


def applied_by(store: Store, run_id: str, *, most: int = 2_000) -> Iterator[dict[str, list[Change]]]:
    """Applied changes that a run proposed, then those of others that it sent, by record, some records at a time.

    All of a record come together, oldest first, where the walk meets the last of them: each record comes once.
    """
    walks = (
        (_proposed(run_id), (changes.c.record_id,)),
        (_sent(run_id), (batch_changes.c.batch_id, batch_changes.c.change_id)),
    )
    for query, place in walks:
        behind = partial(_behind, run_id, query, place)
        for page in pages_of(store, behind, lambda met: met.place, after=("",) * len(place), most=most):
            yield {met.record_id: met.applied for met in page if met.applied}


def _behind(
    run_id: str, query: Select[Any], place: Sequence[Column[str]], tx: Transaction, after: tuple[str, ...], most: int
) -> list[_Met]:
    behind = tuple_(*place) > tuple_(*map(literal, after))
    rows = tx.execute(query.where(behind).order_by(*place).limit(most)).all()
    every = _of_records(tx, run_id, [row.record_id for row in rows])
    return [
        _Met(
            tuple(getattr(row, column.name) for column in place),
            row.record_id,
            every[row.record_id] if every[row.record_id][-1].change_id == row.change_id else [],
        )
        for row in rows
    ]


def _proposed(run_id: str) -> Select[Any]:
    applied = changes.c.state == State.APPLIED.value
    return select(changes.c.change_id, changes.c.record_id).where(changes.c.plan_id == run_id, applied)


def _sent(run_id: str) -> Select[Any]:
    """What was last sent by it, and proposed by others."""
    return (
        select(batch_changes.c.batch_id, batch_changes.c.change_id, changes.c.record_id)
        .join(
            changes,
            (changes.c.change_id == batch_changes.c.change_id) & (changes.c.batch_id == batch_changes.c.batch_id),
        )
        .where(
            of_run(batch_changes.c.batch_id, run_id),
            changes.c.state == State.APPLIED.value,
            changes.c.plan_id != run_id,
        )
    )


def _of_records(tx: Transaction, run_id: str, record_ids: Sequence[str]) -> dict[str, list[Change]]:
    is_its = or_(changes.c.plan_id == run_id, of_run(changes.c.batch_id, run_id))
    query = select(changes.c.change_id).where(is_its, changes.c.state == State.APPLIED.value)
    wanted = [row.change_id for row in among(tx, query, changes.c.record_id, record_ids)]
    found: dict[str, list[Change]] = {}
    for standing in sorted(find(tx, wanted).values(), key=lambda one: (one.change.base.stamp, one.plan_id)):
        found.setdefault(standing.change.record_id, []).append(standing.change)
    return found


def open_of(tx: Transaction, record_ids: Sequence[str]) -> dict[str, Standing]:
    """The open changes of these records, by record id."""
    found: dict[str, Standing] = {}
    for chunk in chunks(record_ids):
        found |= open_among(tx, changes.c.record_id.in_(chunk))
    return found
