"""The ledger of API calls: reserved before they are made, so that what it says is never below what was used.

Two workers of one store share it. Entries count for the 24 hours Salesforce counts; one whose run died stays as
reserved. Two bounds hold: our own share of the org's day, and a rest that is left for everybody.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, or_, select, update

from engine.errors import BudgetError, LeadsyncError
from sync.store.database import Transaction
from sync.store.tables import api_ledger, api_usage

_DAY = timedelta(days=1)
# An org that never told its limit has one all the same: the smallest that Salesforce gives.
LIMIT_UNTOLD = 15_000


@dataclass(frozen=True, slots=True)
class Terms:
    """`budget_percent` of the org's daily limit are ours at most; `reserve_percent` of it we leave for others."""

    budget_percent: int
    reserve_percent: int


@dataclass(frozen=True, slots=True)
class Room:
    """How many calls may be made now, and why no more: ours of the day out of our share, everybody's out of theirs."""

    ours: int
    ours_max: int
    everybody: int
    everybody_max: int

    @property
    def calls(self) -> int:
        return max(0, min(self.ours_max - self.ours, self.everybody_max - self.everybody))


def room(tx: Transaction, terms: Terms, *, at: datetime) -> Room:
    ours = _sum(tx, api_ledger.c.at > at - _DAY)
    told = tx.execute(select(api_usage).order_by(api_usage.c.at.desc()).limit(1)).one_or_none()
    limit = told.limit if told else LIMIT_UNTOLD
    everybody = ours
    if told and told.at > at - _DAY:
        # What the org told, and what may have been used since.
        since = or_(api_ledger.c.at > told.at, api_ledger.c.is_open)
        everybody = told.used + _sum(tx, since, api_ledger.c.at > at - _DAY)
    return Room(ours, limit * terms.budget_percent // 100, everybody, limit * (100 - terms.reserve_percent) // 100)


def reserve(tx: Transaction, terms: Terms, *, calls: int, at: datetime) -> tuple[int, int]:
    """Set calls aside, fewer if fewer are left: the entry and how many it holds. BudgetError when none are."""
    left = room(tx, terms, at=at)
    if not left.calls:
        raise refusal(left)
    tx.execute(delete(api_ledger).where(api_ledger.c.at < at - 2 * _DAY))
    number = (tx.execute(select(func.max(api_ledger.c.entry_id))).scalar() or 0) + 1
    given = min(calls, left.calls)
    tx.execute(insert(api_ledger).values(entry_id=number, at=at, calls=given, is_open=True))
    return number, given


def settle(tx: Transaction, entry: int, *, run: str | None, calls: int) -> None:
    """What was really made of an entry, and by which run where that is known."""
    tx.execute(update(api_ledger).where(api_ledger.c.entry_id == entry).values(run_id=run, calls=calls, is_open=False))


def tell(tx: Transaction, *, used: int, limit: int, at: datetime) -> None:
    """What the org said of its last 24 hours."""
    tx.execute(delete(api_usage))
    tx.execute(insert(api_usage).values(at=at, used=used, limit=limit))


def refusal(left: Room) -> LeadsyncError:
    """Which of the two bounds it is, in numbers."""
    if left.ours >= left.ours_max:
        return BudgetError.of("SF-140", used=left.ours, most=left.ours_max)  # leadsync has used its share of the…
    return BudgetError.of("SF-141", used=left.everybody, most=left.everybody_max)  # the rest of the org's API calls…


def _sum(tx: Transaction, *conditions: object) -> int:
    query = select(func.coalesce(func.sum(api_ledger.c.calls), 0))
    for condition in conditions:
        query = query.where(condition)  # type: ignore[arg-type]  # SQLAlchemy's own union is not exported
    return int(tx.execute(query).scalar_one())
