"""What a run applied, for taking it back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, literal, or_, select, tuple_

from engine.changes.change import Change, Standing
from engine.changes.states import State
from sync.store import changes as standings
from sync.store.batches import of_run
from sync.store.columns import chunks
from sync.store.database import Transaction
from sync.store.tables import batch_changes as sent
from sync.store.tables import changes


@dataclass(frozen=True, slots=True)
class Place:
    """How far a walk over what a run applied has come: through what it proposed, then through what it sent of others'."""

    record_id: str | None = ""
    batch_id: str = ""
    change_id: str = ""


START = Place()


def count(tx: Transaction, run_id: str) -> int:
    """How many applied changes a run proposed or sent."""
    first, second = _proposed(run_id).subquery(), _sent(run_id).subquery()
    return sum(tx.execute(select(func.count()).select_from(each)).scalar_one() for each in (first, second))


def applied_by(
    tx: Transaction, run_id: str, *, after: Place, most: int
) -> tuple[dict[str, list[Change]], Place | None]:
    """Applied changes that a run proposed or sent, by record, each record once; where to go on, None at the end.

    All of a record come together, oldest first, where the walk meets the last of them.
    """
    if after.record_id is not None:
        behind = changes.c.record_id > after.record_id
        rows = tx.execute(_proposed(run_id).where(behind).order_by(changes.c.record_id).limit(most)).all()
        place: Place | None = Place(rows[-1].record_id) if len(rows) == most else Place(None)
    else:
        behind = tuple_(sent.c.batch_id, sent.c.change_id) > tuple_(literal(after.batch_id), literal(after.change_id))
        query = _sent(run_id).where(behind).order_by(sent.c.batch_id, sent.c.change_id)
        rows = tx.execute(query.limit(most)).all()
        place = Place(None, rows[-1].batch_id, rows[-1].change_id) if len(rows) == most else None
    met = {row.change_id for row in rows}
    every = _of_records(tx, run_id, [row.record_id for row in rows])
    return {record_id: applied for record_id, applied in every.items() if applied[-1].change_id in met}, place


def _proposed(run_id: str) -> "Select[Any]":
    applied = changes.c.state == State.APPLIED.value
    return select(changes.c.change_id, changes.c.record_id).where(changes.c.plan_id == run_id, applied)


def _sent(run_id: str) -> "Select[Any]":
    """What was last sent by it, and proposed by others."""
    return (
        select(sent.c.batch_id, sent.c.change_id, changes.c.record_id)
        .join(changes, (changes.c.change_id == sent.c.change_id) & (changes.c.batch_id == sent.c.batch_id))
        .where(of_run(sent.c.batch_id, run_id), changes.c.state == State.APPLIED.value, changes.c.plan_id != run_id)
    )


def _of_records(tx: Transaction, run_id: str, record_ids: Sequence[str]) -> dict[str, list[Change]]:
    wanted: list[str] = []
    is_its = or_(changes.c.plan_id == run_id, of_run(changes.c.batch_id, run_id))
    for chunk in chunks(record_ids):
        query = select(changes.c.change_id).where(changes.c.record_id.in_(chunk), is_its)
        wanted += tx.execute(query.where(changes.c.state == State.APPLIED.value)).scalars()
    found: dict[str, list[Change]] = {}
    for standing in sorted(standings.find(tx, wanted).values(), key=lambda one: (one.change.base.stamp, one.plan_id)):
        found.setdefault(standing.change.record_id, []).append(standing.change)
    return found


def open_of(tx: Transaction, record_ids: Sequence[str]) -> dict[str, Standing]:
    """The open changes of these records, by record id."""
    found: dict[str, Standing] = {}
    for chunk in chunks(record_ids):
        found |= standings.open_among(tx, changes.c.record_id.in_(chunk))
    return found
