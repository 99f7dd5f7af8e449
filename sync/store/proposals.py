"""A plan in the making: its changes are put away page by page and seen by nobody until the plan is whole.

`stage` as they are made, `seal_page` from the first record id to the last once all are known (limits, approvals by
policy, audit), then `plans.show`, which marks them all at once. Only the holder of the pull lease makes plans;
what a crash left is dropped by the next one.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import bindparam, delete, insert, select, update

from engine.changes.change import Change, digest_of
from engine.changes.plan import ChangesDigest
from engine.changes.states import State
from engine.errors import Problem, TransientError
from engine.plan.guards import Entry, Passed
from sync.store import audit, audit_values
from sync.store.audit import Entry as AuditEntry
from sync.store.change_values import change_body, change_from, message_body
from sync.store.database import Transaction
from sync.store.events import Event
from sync.store.paging import PAGE_ROWS, among, chunks
from sync.store.tables import approvals, change_bodies, changes

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Seal:
    """What every page of one plan is sealed with. `policy` approves what needs no person (`policy@version`)."""

    plan_id: str
    passed: Passed
    policy: str
    at: datetime


def stage(tx: Transaction, plan_id: str, proposals: Sequence[tuple[Change, Entry]]) -> None:
    """Put changes away, each with the state it enters with by itself.

    TransientError PL-306 when a change of that id was proposed before: the same target for one record within a second.
    """
    if not proposals:
        return
    ids = [change.change_id for change, _ in proposals]
    if taken := [row.change_id for row in among(tx, select(changes.c.change_id), changes.c.change_id, ids)]:
        raise TransientError(*(Problem("PL-306", change_id) for change_id in sorted(taken)))  # the same change was pro…
    tx.execute(insert(changes), [_row(plan_id, change, entry) for change, entry in proposals])
    bodies = [{"change_id": change.change_id, "proposed": change_body(change)} for change, _ in proposals]
    tx.execute(insert(change_bodies), bodies)


def seal_all(
    pages: Callable[[], AbstractContextManager[Transaction]],
    seal: Seal,
    show: Callable[[Transaction, ChangesDigest], T],
    *,
    most: int = PAGE_ROWS,
) -> T:
    """Seal page by page, each in a transaction of its own, and show the plan in the last of them."""
    rolled, after = ChangesDigest(), ""
    while True:
        with pages() as tx:
            end = seal_page(tx, seal, after=after, rolled=rolled, most=most)
            if end is None:
                return show(tx, rolled)
        after = end


def seal_page(tx: Transaction, seal: Seal, *, after: str, rolled: ChangesDigest, most: int = PAGE_ROWS) -> str | None:
    """Decide the state the next changes enter with, approve them where policy does, and tell the audit.

    `after` is the record id behind which the page begins. The record id it ends with, or None when it is the last.
    """
    found = changes.c
    query = (
        select(found.change_id, found.record_id, found.digest, found.entering, change_bodies.c.proposed)
        .join(change_bodies, change_bodies.c.change_id == found.change_id)
        .where(found.plan_id == seal.plan_id, found.state.is_(None), found.record_id > after)
        .order_by(found.record_id)
        .limit(most)
    )
    rows = tx.execute(query).all()
    held: list[dict[str, object]] = []
    entering: dict[str, str] = {}
    proposed: list[Change] = []
    for row in rows:
        change = change_from(row.proposed)
        proposed.append(change)
        rolled.add(row.digest)
        entering[row.change_id] = row.entering
        why = seal.passed.holds(change)
        if why is not None and row.entering != State.HELD:
            entering[row.change_id] = State.HELD.value
            held.append({"id": row.change_id, "why": message_body(why)})
    if held:
        one = update(changes).where(found.change_id == bindparam("id"))
        tx.execute(one.values(entering=State.HELD.value, note=bindparam("why")), held)
    told = audit_values.of_changes(tx, proposed)
    entries = [
        AuditEntry(Event.CHANGE_PROPOSED, seal.at, seal.plan_id, {"plan": seal.plan_id, "to": to} | told[change_id])
        for change_id, to in entering.items()
    ]
    let_through = [row for row in rows if entering[row.change_id] == State.APPROVED]
    if let_through:
        rights = {"approver": seal.policy, "at": seal.at}
        tx.execute(
            insert(approvals), [{"change_id": row.change_id, "digest": row.digest, **rights} for row in let_through]
        )
    entries += [
        AuditEntry(Event.CHANGE_APPROVED, seal.at, seal.plan_id, {"change": row.change_id, "actor": seal.policy})
        for row in let_through
    ]
    audit.append(tx, entries)
    return rows[-1].record_id if len(rows) == most else None


def is_left(tx: Transaction) -> bool:
    """Whether anything is put away that no plan shows."""
    return tx.execute(select(changes.c.change_id).where(changes.c.state.is_(None)).limit(1)).first() is not None


def drop_page(tx: Transaction, *, at: datetime, most: int = PAGE_ROWS) -> bool:
    """Forget changes that were put away by a run that never came to show its plan. False when there are none."""
    rows = tx.execute(select(changes.c.change_id, changes.c.plan_id).where(changes.c.state.is_(None)).limit(most)).all()
    for chunk in chunks([row.change_id for row in rows]):
        tx.execute(delete(approvals).where(approvals.c.change_id.in_(chunk)))
        tx.execute(delete(change_bodies).where(change_bodies.c.change_id.in_(chunk)))
        tx.execute(delete(changes).where(changes.c.change_id.in_(chunk)))
    left = set(tx.execute(select(changes.c.plan_id).where(changes.c.state.is_(None)).distinct()).scalars())
    dropped = sorted({row.plan_id for row in rows} - left)
    audit.append(tx, [AuditEntry(Event.PLAN_DROPPED, at, facts={"plan": plan_id}) for plan_id in dropped])
    return bool(rows)


def _row(plan_id: str, change: Change, entry: Entry) -> dict[str, object]:
    turn = change.effects.turn
    target, meaning = change.target_digest, change.meaning_digest
    return {
        "change_id": change.change_id,
        "plan_id": plan_id,
        "object": change.object,
        "record_id": change.record_id,
        "state": None,
        "entering": entry.state.value,
        "note": message_body(entry.note) if entry.note else None,
        "is_rebased": False,
        "reach": change.reach.value,
        "pool": turn.pool if turn else None,
        "member": turn.member if turn else None,
        "turn": turn.sequence if turn else None,
        "digest": digest_of(change, target=target, meaning=meaning),
        "target_digest": target,
        "meaning_digest": meaning,
        "attempts": 0,
    }
