"""Bulk 2.0 jobs: known here before anything is sent to them, so that after a crash each is taken up or given up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, delete, insert, select, update

from engine.errors import StoreError
from sync.store.columns import Json
from sync.store.conversation import jobs
from sync.store.database import Transaction

# Our own word, beside the org's states: nothing is left to do with this job.
CLOSED = "Closed"


class Direction(StrEnum):
    QUERY = "query"
    INGEST = "ingest"


@dataclass(frozen=True, slots=True)
class Job:
    """`state` is as the org last told, or `CLOSED`.

    Of a query: `asked` is a digest of the question, `locator` stands behind the last page that is safely on disk ("" is
    the end, None the beginning), `pages` are the facts of the segments those pages became. Of an ingest: `batch_id`.
    """

    job_id: str
    direction: Direction
    object: str
    run_id: str
    epoch: int
    api_version: str
    state: str
    created_at: datetime
    asked: str | None = None
    locator: str | None = None
    pages: tuple[Mapping[str, Json], ...] = ()
    batch_id: str | None = None

    @property
    def is_closed(self) -> bool:
        return self.state == CLOSED


def enter(tx: Transaction, job: Job) -> None:
    """A job the org has just made and that holds nothing yet."""
    row = {name: getattr(job, name) for name in Job.__dataclass_fields__}
    tx.execute(insert(jobs).values(row | {"pages": list(job.pages)}))


def note(tx: Transaction, job_id: str, state: str) -> None:
    """What the org told of a job."""
    _update(tx, job_id, state=state)


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


def find(tx: Transaction, job_id: str) -> Job | None:
    return next(iter(_select(tx, select(jobs).where(jobs.c.job_id == job_id))), None)


def asked(tx: Transaction, question: str) -> tuple[Job, ...]:
    """The queries under way that asked this very question, newest first."""
    return tuple(job for job in under_way(tx, Direction.QUERY) if job.asked == question)


def under_way(tx: Transaction, direction: Direction) -> tuple[Job, ...]:
    """Those with something left to do, newest first."""
    query = select(jobs).where(jobs.c.direction == direction, jobs.c.state != CLOSED)
    return _select(tx, query.order_by(jobs.c.created_at.desc(), jobs.c.job_id))


def of_batch(tx: Transaction, batch_id: str) -> Job | None:
    """The job that carries a batch."""
    return next(iter(_select(tx, select(jobs).where(jobs.c.batch_id == batch_id))), None)


def staged(tx: Transaction) -> tuple[Mapping[str, Json], ...]:
    """Every page of an unfinished query: files that are nobody's orphans, though no pull has listed them yet."""
    return tuple(page for job in under_way(tx, Direction.QUERY) for page in job.pages)


def forget(tx: Transaction, before: datetime) -> None:
    """Drop closed jobs made before that moment: the org keeps its own for seven days only."""
    tx.execute(delete(jobs).where(jobs.c.state == CLOSED, jobs.c.created_at < before))


def _update(tx: Transaction, job_id: str, **values: Any) -> None:
    if tx.execute(update(jobs).where(jobs.c.job_id == job_id).values(**values)).rowcount != 1:
        raise StoreError.of("SR-120", job_id)


def _select(tx: Transaction, query: Select[Any]) -> tuple[Job, ...]:
    return tuple(
        Job(**{**row, "direction": Direction(row["direction"]), "pages": tuple(row["pages"] or ())})
        for row in tx.execute(query).mappings()
    )
