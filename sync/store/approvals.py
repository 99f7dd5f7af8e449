"""Approvals: who let which change through, bound to the change's id and digest."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.engine import Row

from engine.changes.states import State
from engine.errors import PlanStaleError, Problem
from sync.store import audit, changes
from sync.store.audit import Entry
from sync.store.changes import Move
from sync.store.database import Transaction
from sync.store.events import Event
from sync.store.paging import among
from sync.store.tables import approvals


@dataclass(frozen=True, slots=True)
class Approval:
    change_id: str
    digest: str
    approver: str
    at: datetime
    reason: str = ""


def approve(
    tx: Transaction,
    pairs: Sequence[tuple[str, str]],
    *,
    approver: str,
    at: datetime,
    run: str | None = None,
    reason: str = "",
) -> None:
    """Approve pairs of (change_id, digest) that were shown to `approver` (`os:name@host`), all or none.

    PlanStaleError when a change is no longer the one that was shown, or no longer waits.
    """
    stored = changes.digests(tx, [change_id for change_id, _ in pairs])
    if other := [change_id for change_id, digest in pairs if stored.get(change_id) != digest]:
        raise PlanStaleError(*(Problem("PL-304", change_id) for change_id in other))  # the change is not the one that…
    if not pairs:
        return
    already = approvals_of(tx, [change_id for change_id, _ in pairs])
    new = [(change_id, digest) for change_id, digest in pairs if change_id not in already]
    rights = {"approver": approver, "at": at, "reason": reason or None}
    if new:
        tx.execute(
            insert(approvals), [{"change_id": change_id, "digest": digest, **rights} for change_id, digest in new]
        )
    audit.append(tx, [Entry(Event.CHANGE_APPROVED, at, run, {"change": each, "actor": approver}) for each, _ in new])
    changes.move(tx, [Move(change_id, State.APPROVED) for change_id, _ in pairs], run=run, at=at)


def approvals_of(tx: Transaction, change_ids: Iterable[str]) -> dict[str, Approval]:
    """The approvals of these changes, by change id."""
    rows = among(tx, select(approvals), approvals.c.change_id, change_ids)
    return {row.change_id: _approval(row) for row in rows}


def _approval(row: "Row[tuple[object, ...]]") -> Approval:
    return Approval(row.change_id, row.digest, row.approver, row.at, row.reason or "")
