"""What the last plan stood on, so that the next need look only at those to whom something has happened since."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, or_, select

from engine.guards import Weight
from sync.store.columns import chunks
from sync.store.database import Transaction
from sync.store.tables import footings, revisits

_COUNTED = ("leaving", "arriving", "by_rule")


@dataclass(frozen=True, slots=True)
class Footing:
    """`digest` is of all that concerns everybody, `seen` the audit's last entry before the plan was begun.

    `whole_id` is the last plan that looked at everybody, perhaps this one; `weight` what limits count.
    """

    plan_id: str
    whole_id: str
    at: datetime
    digest: str
    seen: int
    weight: Weight


def latest(tx: Transaction) -> Footing | None:
    row = tx.execute(select(footings)).one_or_none()
    if row is None:
        return None
    return Footing(row.plan_id, row.whole_id, row.at, row.digest, row.seen, _weight(row.weight))


def keep(tx: Transaction, footing: Footing) -> None:
    """In the transaction that shows the plan."""
    tx.execute(delete(footings))
    told = {"in_scope": footing.weight.in_scope, **{name: dict(getattr(footing.weight, name)) for name in _COUNTED}}
    values = {name: getattr(footing, name) for name in ("plan_id", "whole_id", "at", "digest", "seen")}
    tx.execute(insert(footings).values(**values, weight=told))


def due(tx: Transaction, *, at: datetime) -> frozenset[str]:
    """Whom the plans before left to be looked at by now."""
    is_due = or_(revisits.c.due_at.is_(None), revisits.c.due_at <= at)
    return frozenset(tx.execute(select(revisits.c.record_id).where(is_due)).scalars())


def revisit(
    tx: Transaction, left: Mapping[str, datetime | None], *, looked_at: Collection[str] | None = None
) -> None:
    """Keep whom a plan leaves to be looked at again, in the place of what was kept of those it looked at (None: all)."""
    before: dict[str, datetime | None] = {}
    for chunk in [None] if looked_at is None else chunks(looked_at):
        query = select(revisits) if chunk is None else select(revisits).where(revisits.c.record_id.in_(chunk))
        before |= {row.record_id: row.due_at for row in tx.execute(query)}
    # Mostly the same: only what differs is written.
    changed = {record_id: due_at for record_id, due_at in left.items() if before.get(record_id, _NEVER) != due_at}
    for chunk in chunks([*(before.keys() - left.keys()), *(before.keys() & changed.keys())]):
        tx.execute(delete(revisits).where(revisits.c.record_id.in_(chunk)))
    if changed:
        rows = [{"record_id": record_id, "due_at": due_at} for record_id, due_at in changed.items()]
        tx.execute(insert(revisits), rows)


_NEVER = datetime.max


def _weight(told: Mapping[str, Any]) -> Weight:
    return Weight(in_scope=told["in_scope"], **{name: Counter(told[name]) for name in _COUNTED})
