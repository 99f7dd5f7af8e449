"""Bulk jobs: each is known here before anything is asked or sent by it, until nothing is left to do about it.

A query is taken up or given up after a crash. An ingest job gets its id from the org, and that answer may be lost: so
that a job is expected is written down before it is made, and the id with the intent of what it carries.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from engine.errors import StoreError
from sync.store import leases
from sync.store.columns import Json
from sync.store.database import Transaction
from sync.store.leases import Lease
from sync.store.tables import CLOSED, jobs
from sync.store.vocabulary import Direction

# Stands where the id will be; one worker writes, so there is at most one.
_EXPECTED = "expected"


@dataclass(frozen=True, slots=True)
class QueryRecord:
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


@dataclass(frozen=True, slots=True)
class IngestRecord:
    """A job by its id in the org; `batch_id` is the batch it carries, None while it is only expected."""

    job_id: str
    object: str
    api_version: str
    created_at: datetime
    batch_id: str | None = None


def enter(tx: Transaction, query: QueryRecord) -> None:
    """A job the org has just made and that holds nothing yet."""
    row = {name: getattr(query, name) for name in QueryRecord.__dataclass_fields__}
    tx.execute(insert(jobs).values(row | {"direction": Direction.QUERY, "pages": list(query.pages)}))


def keep_page(tx: Transaction, job_id: str, *, page: Mapping[str, Json] | None, locator: str) -> None:
    """A page is on disk (None: it held no rows), and the next one stands behind `locator`."""
    known = tx.execute(select(jobs.c.pages).where(jobs.c.job_id == job_id)).scalar_one_or_none()
    if known is None:
        raise StoreError.of("SR-120", job_id)  # no bulk job {where} is known here
    _update(tx, job_id, pages=[*known, *([page] if page else [])], locator=locator)


def queries(tx: Transaction) -> tuple[QueryRecord, ...]:
    """Those about which something is left to do, newest first."""
    wanted = select(*(jobs.c[name] for name in QueryRecord.__dataclass_fields__)).where(
        jobs.c.direction == Direction.QUERY, jobs.c.state != CLOSED
    )
    rows = tx.execute(wanted.order_by(jobs.c.created_at.desc(), jobs.c.job_id)).mappings()
    return tuple(QueryRecord(**{**row, "pages": tuple(row["pages"] or ())}) for row in rows)


def staged(tx: Transaction) -> tuple[Mapping[str, Json], ...]:
    """Every page of an unfinished query: files that are nobody's orphans, though no pull has listed them yet."""
    return tuple(page for job in queries(tx) for page in job.pages)


def expect(tx: Transaction, lease: Lease, object_name: str, *, run: str, version: str, at: datetime) -> None:
    """A job is about to be made. LeaseError when somebody else holds the write lease now."""
    leases.check(tx, lease)
    tx.execute(
        insert(jobs).values(
            job_id=_EXPECTED, direction=Direction.INGEST, object=object_name, run_id=run, epoch=lease.epoch,
            api_version=version, state=_EXPECTED, created_at=at,
        )
    )  # fmt: skip


def expected(tx: Transaction) -> IngestRecord | None:
    """A job that was about to be made when its worker died, or whose answer was lost: it may be there."""
    row = tx.execute(select(jobs).where(jobs.c.job_id == _EXPECTED)).one_or_none()
    return None if row is None else IngestRecord(row.job_id, row.object, row.api_version, row.created_at)


def forget_expected(tx: Transaction) -> None:
    tx.execute(delete(jobs).where(jobs.c.job_id == _EXPECTED))


def begin(tx: Transaction, job_id: str, *, batch: str, at: datetime) -> None:
    """The expected job is there and carries this batch."""
    named = {"job_id": job_id, "state": "Open", "batch_id": batch, "created_at": at}
    tx.execute(update(jobs).where(jobs.c.job_id == _EXPECTED).values(**named))


def uploads(tx: Transaction) -> tuple[IngestRecord, ...]:
    """Those about which something is left to do, oldest first."""
    query = select(jobs).where(jobs.c.direction == Direction.INGEST, jobs.c.state != CLOSED, jobs.c.job_id != _EXPECTED)
    return tuple(
        IngestRecord(row.job_id, row.object, row.api_version, row.created_at, row.batch_id)
        for row in tx.execute(query.order_by(jobs.c.created_at, jobs.c.job_id))
    )


def known(tx: Transaction, job_ids: Collection[str]) -> frozenset[str]:
    """Which of these jobs of the org are ours by the store."""
    return frozenset(tx.execute(select(jobs.c.job_id).where(jobs.c.job_id.in_(job_ids))).scalars())


def close(tx: Transaction, job_ids: Sequence[str]) -> None:
    """Nothing is left to do about these; pages of queries belong to nobody from now on."""
    for job_id in job_ids:
        _update(tx, job_id, state=CLOSED, pages=[])


def close_of(tx: Transaction, batch_id: str) -> None:
    """The same of the ingest job that carried a batch, if one did."""
    tx.execute(update(jobs).where(jobs.c.batch_id == batch_id).values(state=CLOSED))


def forget(tx: Transaction, before: datetime) -> None:
    """Drop closed jobs made before that moment: the org keeps its own for seven days only."""
    tx.execute(delete(jobs).where(jobs.c.state == CLOSED, jobs.c.created_at < before))


def _update(tx: Transaction, job_id: str, **values: Any) -> None:
    if tx.execute(update(jobs).where(jobs.c.job_id == job_id).values(**values)).rowcount != 1:
        raise StoreError.of("SR-120", job_id)  # no bulk job {where} is known here
