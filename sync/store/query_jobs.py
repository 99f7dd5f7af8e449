"""Bulk queries: each is known here before it is asked about, so that after a crash it is taken up or given up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from engine.errors import StoreError
from sync.store.columns import Json
from sync.store.database import Transaction
from sync.store.org_tables import CLOSED, jobs
from sync.store.vocabulary import Direction


@dataclass(frozen=True, slots=True)
class Query:
    """`state` is as the org last told, or `CLOSED`.

    `asked` is a digest of the question, `locator` stands behind the last page that is safely on disk ("" is the end, None
    the beginning), `pages` are the facts of the data files those pages became.
    """

    job_id: str
    object: str
    run_id: str
    epoch: int
    api_version: str
    state: str
    created_at: datetime
    asked: str | None = None
    locator: str | None = None
    pages: tuple[Mapping[str, Json], ...] = ()


def enter(tx: Transaction, query: Query) -> None:
    """A job the org has just made and that holds nothing yet."""
    row = {name: getattr(query, name) for name in Query.__dataclass_fields__}
    tx.execute(insert(jobs).values(row | {"direction": Direction.QUERY, "pages": list(query.pages)}))


def keep_page(tx: Transaction, job_id: str, *, page: Mapping[str, Json] | None, locator: str) -> None:
    """A page is on disk (None: it held no rows), and the next one stands behind `locator`."""
    known = tx.execute(select(jobs.c.pages).where(jobs.c.job_id == job_id)).scalar_one_or_none()
    if known is None:
        raise StoreError.of("SR-120", job_id)
    _update(tx, job_id, pages=[*known, *([page] if page else [])], locator=locator)


def close(tx: Transaction, job_ids: Sequence[str]) -> None:
    """Nothing is left to do with these; their pages, if any, belong to nobody from now on."""
    for job_id in job_ids:
        _update(tx, job_id, state=CLOSED, pages=[])


def under_way(tx: Transaction) -> tuple[Query, ...]:
    """Those with something left to do, newest first."""
    wanted = select(*(jobs.c[name] for name in Query.__dataclass_fields__)).where(
        jobs.c.direction == Direction.QUERY, jobs.c.state != CLOSED
    )
    rows = tx.execute(wanted.order_by(jobs.c.created_at.desc(), jobs.c.job_id)).mappings()
    return tuple(Query(**{**row, "pages": tuple(row["pages"] or ())}) for row in rows)


def staged(tx: Transaction) -> tuple[Mapping[str, Json], ...]:
    """Every page of an unfinished query: files that are nobody's orphans, though no pull has listed them yet."""
    return tuple(page for job in under_way(tx) for page in job.pages)


def forget(tx: Transaction, before: datetime) -> None:
    """Drop closed jobs made before that moment: the org keeps its own for seven days only."""
    tx.execute(delete(jobs).where(jobs.c.state == CLOSED, jobs.c.created_at < before))


def _update(tx: Transaction, job_id: str, **values: Any) -> None:
    if tx.execute(update(jobs).where(jobs.c.job_id == job_id).values(**values)).rowcount != 1:
        raise StoreError.of("SR-120", job_id)
