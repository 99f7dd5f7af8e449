"""Ingest jobs: each is known here before it can change anything, and until nothing is left to do about it.

The org gives a job its id, and an answer may be lost: so that a job is expected is written down before it is made, and
the id with the intent of what it carries.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from sync.store import leases
from sync.store.database import Transaction
from sync.store.leases import Lease
from sync.store.org_tables import CLOSED, jobs
from sync.store.vocabulary import Direction

# Stands where the id will be; one worker writes, so there is at most one.
_EXPECTED = "expected"


@dataclass(frozen=True, slots=True)
class Upload:
    """A job by its id in the org; `batch_id` is the batch it carries, None while it is only expected."""

    job_id: str
    object: str
    api_version: str
    created_at: datetime
    batch_id: str | None = None


def expect(tx: Transaction, lease: Lease, object_name: str, *, run: str, version: str, at: datetime) -> None:
    """A job is about to be made. LeaseError when somebody else holds the write lease now."""
    leases.check(tx, lease)
    tx.execute(
        insert(jobs).values(
            job_id=_EXPECTED, direction=Direction.INGEST, object=object_name, run_id=run, epoch=lease.epoch,
            api_version=version, state=_EXPECTED, created_at=at,
        )
    )  # fmt: skip


def expected(tx: Transaction) -> Upload | None:
    """A job that was about to be made when its worker died, or whose answer was lost: it may be there."""
    row = tx.execute(select(jobs).where(jobs.c.job_id == _EXPECTED)).one_or_none()
    return None if row is None else Upload(row.job_id, row.object, row.api_version, row.created_at)


def forget_expected(tx: Transaction) -> None:
    tx.execute(delete(jobs).where(jobs.c.job_id == _EXPECTED))


def begin(tx: Transaction, job_id: str, *, batch: str, at: datetime) -> None:
    """The expected job is there and carries this batch."""
    named = {"job_id": job_id, "state": "Open", "batch_id": batch, "created_at": at}
    tx.execute(update(jobs).where(jobs.c.job_id == _EXPECTED).values(**named))


def close(tx: Transaction, job_id: str) -> None:
    """Nothing is left to do about a job."""
    tx.execute(update(jobs).where(jobs.c.job_id == job_id).values(state=CLOSED))


def close_of(tx: Transaction, batch_id: str) -> None:
    """The same of the job that carried a batch, if one did."""
    tx.execute(update(jobs).where(jobs.c.batch_id == batch_id).values(state=CLOSED))


def unfinished(tx: Transaction) -> tuple[Upload, ...]:
    """Jobs about which something is left to do, oldest first."""
    query = select(jobs).where(jobs.c.direction == Direction.INGEST, jobs.c.state != CLOSED, jobs.c.job_id != _EXPECTED)
    return tuple(
        Upload(row.job_id, row.object, row.api_version, row.created_at, row.batch_id)
        for row in tx.execute(query.order_by(jobs.c.created_at, jobs.c.job_id))
    )


def known(tx: Transaction, job_ids: Collection[str]) -> frozenset[str]:
    """Which of these jobs of the org are ours by the store."""
    return frozenset(tx.execute(select(jobs.c.job_id).where(jobs.c.job_id.in_(job_ids))).scalars())
