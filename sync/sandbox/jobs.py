"""Bulk 2.0 jobs as values, and how they go on: a little with each request, as their switches and their fate say.

A job keeps what it was given as text and one verdict for each row; result files are made from both when asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sync.sandbox.worlds import Record

_KEPT = timedelta(days=7)


class JobState(StrEnum):
    OPEN = "Open"
    UPLOADED = "UploadComplete"
    AT_WORK = "InProgress"
    COMPLETE = "JobComplete"
    FAILED = "Failed"
    ABORTED = "Aborted"

    @property
    def has_ended(self) -> bool:
        return self in {JobState.COMPLETE, JobState.FAILED, JobState.ABORTED}


class Fate(StrEnum):
    """What becomes of a job after its first `Job.fate_after` batches."""

    COMPLETES = "completes"
    FAILS = "fails"
    IS_ABORTED = "is aborted"  # by the server or an administrator
    HANGS = "hangs"


@dataclass(frozen=True, slots=True)
class RowVerdict:
    """What became of one row: its record, and the error if there was one."""

    record_id: str
    error: str = ""
    created: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """`kind` is query or ingest. `rows` are a query's, as they were when it ran; `verdicts` an ingest's, in the order given."""

    id: str
    kind: str
    object: str
    operation: str
    user_id: str
    created_at: datetime
    version: str
    changed_at: datetime
    state: JobState = JobState.OPEN
    line_ending: str = "LF"
    delimiter: str = "COMMA"
    soql: str = ""
    rows: "tuple[Record, ...]" = ()
    assigns: bool = False
    content: str | None = None  # None until it is uploaded
    position: int = 0  # in `content`: where the next batch starts; 0 before the header
    verdicts: tuple[tuple[RowVerdict, ...], ...] = ()  # by batch
    closed_at: datetime | None = None
    polls: int = 0
    message: str = ""
    fate: Fate = Fate.COMPLETES
    fate_after: int = 0

    @property
    def processed(self) -> int:
        return len(self.rows) if self.kind == "query" else sum(map(len, self.verdicts))

    @property
    def failed(self) -> int:
        return sum(bool(verdict.error) for batch in self.verdicts for verdict in batch)

    def ended(self, state: JobState, now: datetime, message: str = "") -> "Job":
        return replace(self, state=state, changed_at=now, message=message)


def kept(jobs: Mapping[str, Job], now: datetime) -> Mapping[str, Job]:
    """Without those that are older than seven days."""
    if all(now - job.created_at <= _KEPT for job in jobs.values()):
        return jobs
    return {key: job for key, job in jobs.items() if now - job.created_at <= _KEPT}
