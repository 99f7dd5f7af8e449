"""What a run applied, for taking it back."""

from collections.abc import Sequence

from sqlalchemy import or_, select

from engine.changes import Standing
from engine.states import State
from sync.store import changes as standings
from sync.store.columns import chunks
from sync.store.database import Transaction
from sync.store.runs import ENDING_MIN
from sync.store.tables import batches, changes, runs


def run_named(tx: Transaction, given: str) -> str | None:
    """A run by its id or the unique end of it."""
    if len(given) < ENDING_MIN:
        return None
    found = tx.execute(select(runs.c.run_id).where(runs.c.run_id.endswith(given, autoescape=True)).limit(2)).scalars()
    named = list(found)
    return named[0] if len(named) == 1 else None


def applied_by(tx: Transaction, run_id: str, *, after: str, most: int) -> list[Standing]:
    """Changes that a run proposed or sent and that are applied, by record id, from behind one."""
    query = (
        select(changes.c.change_id)
        .outerjoin(batches, batches.c.batch_id == changes.c.batch_id)
        .where(
            changes.c.state == State.APPLIED.value,
            changes.c.record_id > after,
            or_(changes.c.plan_id == run_id, batches.c.run_id == run_id),
        )
        .order_by(changes.c.record_id, changes.c.change_id)
        .limit(most)
    )
    found = standings.find(tx, tx.execute(query).scalars())
    return sorted(found.values(), key=lambda standing: (standing.change.record_id, standing.change.base.stamp))


def open_of(tx: Transaction, record_ids: Sequence[str]) -> dict[str, Standing]:
    """The open changes of these records, by record id."""
    found: dict[str, Standing] = {}
    for chunk in chunks(record_ids):
        found |= standings.open_among(tx, changes.c.record_id.in_(chunk))
    return found
