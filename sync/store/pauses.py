"""Pauses: a sync, or everything with writing included, stands still until a date or until somebody lifts it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, or_, select, update

from sync.store import audit
from sync.store.audit import Entry
from sync.store.audit_values import commitment
from sync.store.database import Transaction, secret_bytes
from sync.store.events import Event
from sync.store.tables import pauses


@dataclass(frozen=True, slots=True)
class Pause:
    """`sync` None: everything. `until` None: until it is lifted."""

    pause_id: int
    sync: str | None
    by: str
    reason: str
    at: datetime
    until: datetime | None


def pause(
    tx: Transaction, *, sync: str | None, by: str, reason: str, at: datetime, until: datetime | None = None
) -> Pause:
    """Write a pause down, with its audit entry. A second one beside the first is fine: the last to end counts."""
    made = Pause((tx.execute(select(func.max(pauses.c.pause_id))).scalar() or 0) + 1, sync, by, reason, at, until)
    salt = secret_bytes(tx, 16).hex()
    tx.execute(
        insert(pauses).values(pause_id=made.pause_id, sync=sync, by=by, reason=reason, salt=salt, at=at, until=until)
    )
    facts = {"pause": made.pause_id, "actor": by, "terms": commitment(salt, [sync, reason])}
    if until is not None:
        facts["until"] = f"{until:%Y-%m-%dT%H:%M:%SZ}"
    audit.append(tx, [Entry(Event.PAUSED, at, facts=facts)])
    return made


def terms(tx: Transaction) -> dict[int, str]:
    """What the audit must have said of each pause whose words are still there, by its number."""
    rows = tx.execute(select(pauses).where(pauses.c.salt.is_not(None)))
    return {row.pause_id: commitment(row.salt, [row.sync, row.reason]) for row in rows}


def lift(tx: Transaction, *, sync: str | None, by: str, at: datetime) -> tuple[Pause, ...]:
    """End what pauses this sync, or with None what pauses everything; a pause of the other kind stays."""
    lifted = tuple(each for each in current(tx, at=at) if each.sync == sync)
    for each in lifted:
        tx.execute(update(pauses).where(pauses.c.pause_id == each.pause_id).values(lifted_at=at, lifted_by=by))
    audit.append(tx, [Entry(Event.RESUMED, at, facts={"pause": each.pause_id, "actor": by}) for each in lifted])
    return lifted


def current(tx: Transaction, *, at: datetime) -> tuple[Pause, ...]:
    """The pauses in force, oldest first."""
    query = (
        select(pauses)
        .where(pauses.c.lifted_at.is_(None), or_(pauses.c.until.is_(None), pauses.c.until > at))
        .order_by(pauses.c.pause_id)
    )
    return tuple(Pause(row.pause_id, row.sync, row.by, row.reason, row.at, row.until) for row in tx.execute(query))


def stopping(tx: Transaction, *, at: datetime, sync: str | None = None) -> Pause | None:
    """The pause that stops this sync now; without a sync, the one that stops everything and so every write."""
    return next((each for each in current(tx, at=at) if each.sync is None or each.sync == sync), None)
