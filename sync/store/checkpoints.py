"""What the last plan stood on and left, so that the next need look only at those to whom something has happened since."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, insert, or_, select

from engine.changes.change import RuleRef
from engine.plan.follow_ups import FollowUp
from engine.plan.guards import Weight
from sync.store.database import Transaction
from sync.store.paging import chunks
from sync.store.tables import checkpoints, follow_ups

_MARKS = {
    "quiet": follow_ups.c.is_quiet,
    "respected": follow_ups.c.is_respected,
    "undecided": follow_ups.c.is_undecided,
}


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """`digest` is of all that concerns everybody, `seen` the audit's last entry before the plan was begun.

    `whole_id` is the last plan that looked at everybody, perhaps this one; `weight` what limits count.
    """

    plan_id: str
    whole_id: str
    at: datetime
    digest: str
    seen: int
    weight: Weight


def latest(tx: Transaction) -> Checkpoint | None:
    row = tx.execute(select(checkpoints)).one_or_none()
    if row is None:
        return None
    return Checkpoint(row.plan_id, row.whole_id, row.at, row.digest, row.seen, _weight(row.weight))


def keep(tx: Transaction, checkpoint: Checkpoint) -> None:
    """In the transaction that shows the plan."""
    tx.execute(delete(checkpoints))
    told = {
        "in_scope": checkpoint.weight.in_scope,
        "leaving": dict(checkpoint.weight.leaving),
        "arriving": dict(checkpoint.weight.arriving),
        "by_rule": {str(rule): count for rule, count in checkpoint.weight.by_rule.items()},
    }
    values = {name: getattr(checkpoint, name) for name in ("plan_id", "whole_id", "at", "digest", "seen")}
    tx.execute(insert(checkpoints).values(**values, weight=told))


def forget(tx: Transaction) -> None:
    """Before follow-ups are replaced a page at a time: until the new checkpoint is kept, plans look at everybody."""
    tx.execute(delete(checkpoints))


def due(tx: Transaction, *, at: datetime, most: int) -> frozenset[str]:
    """Whom the plans before left to be looked at by now, at most so many of them."""
    is_due = or_(follow_ups.c.is_next, follow_ups.c.due_at <= at)
    return frozenset(tx.execute(select(follow_ups.c.record_id).where(is_due).limit(most)).scalars())


def leave(tx: Transaction, left: Mapping[str, FollowUp], *, looked_at: Collection[str]) -> None:
    """Keep what a plan leaves in the place of what was kept of those it looked at."""
    before: dict[str, FollowUp] = {}
    for ids in chunks(looked_at):
        before |= _kept(tx, follow_ups.c.record_id.in_(ids))
    _replace(tx, before, left)


def leave_between(tx: Transaction, left: Mapping[str, FollowUp], *, after: str, last: str | None) -> None:
    """Keep this in the place of all that was kept of records behind `after`, up to `last`; None: however many follow."""
    column = follow_ups.c.record_id
    _replace(tx, _kept(tx, and_(column > after, column <= last) if last is not None else column > after), left)


def _kept(tx: Transaction, of: ColumnElement[bool]) -> dict[str, FollowUp]:
    return {record_id: FollowUp(*rest) for record_id, *rest in tx.execute(select(follow_ups).where(of))}


def _replace(tx: Transaction, before: Mapping[str, FollowUp], left: Mapping[str, FollowUp]) -> None:
    # Mostly the same: only what differs is written.
    changed = {record_id: each for record_id, each in left.items() if before.get(record_id) != each}
    for ids in chunks([*(before.keys() - left.keys()), *(before.keys() & changed.keys())]):
        tx.execute(delete(follow_ups).where(follow_ups.c.record_id.in_(ids)))
    if changed:
        tx.execute(insert(follow_ups), [{"record_id": one, **asdict(each)} for one, each in changed.items()])


def counts(tx: Transaction) -> dict[str, int]:
    """Of how many records plans have left what they count."""
    found: dict[str, int] = {}
    for name, column in _MARKS.items():
        found[name] = tx.execute(select(func.count()).select_from(follow_ups).where(column)).scalar_one()
    return found


def _weight(told: Mapping[str, Any]) -> Weight:
    leaving, arriving = (Counter[str](told[name]) for name in ("leaving", "arriving"))
    by_rule = Counter({RuleRef.read(rule): count for rule, count in told["by_rule"].items()})
    return Weight(in_scope=told["in_scope"], leaving=leaving, arriving=arriving, by_rule=by_rule)
