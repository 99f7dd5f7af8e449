"""The audit's rows: appended in the transaction of the state they record, never changed."""

from collections.abc import Iterator, Sequence

from sqlalchemy import insert, select

from sync.audit.entries import Entry, Head, Link, chain
from sync.store.database import Transaction
from sync.store.tables import audit


def append(tx: Transaction, entries: Sequence[Entry]) -> Head:
    """Continue the chain in the caller's write transaction, which is alone (`database.py`); the new head."""
    before = head(tx)
    links = chain(entries, before)
    if not links:
        return before
    tx.execute(
        insert(audit),
        [{"seq": link.seq, "prev": link.prev, "hash": link.hash, "body": link.body.decode()} for link in links],
    )
    return Head(links[-1].seq, links[-1].hash)


def head(tx: Transaction) -> Head:
    """Where the chain ends now."""
    row = tx.execute(select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)).one_or_none()
    return Head() if row is None else Head(row.seq, row.hash)


def links(tx: Transaction, *, since: int = 1) -> Iterator[Link]:
    """The chain in order from entry `since` on, a page at a time."""
    page = 5_000
    while rows := tx.execute(select(audit).where(audit.c.seq >= since).order_by(audit.c.seq).limit(page)).all():
        yield from (Link(row.seq, row.prev, row.hash, row.body.encode()) for row in rows)
        since = rows[-1].seq + 1
