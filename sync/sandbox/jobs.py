"""Bulk 2.0 jobs as values; the rows of ingest jobs are in the database, what query jobs found in `World.results`."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

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
class Job:
    """`kind` is query or ingest. `size` rows were given or found; the first `processed` of them have their verdict."""

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
    soql: str = ""
    assigns: bool = False
    header: tuple[str, ...] | None = None  # None until rows are uploaded
    has_returns: bool = False  # whether the header's line ended in CRLF
    size: int = 0
    batches: int = 0  # that are done
    processed: int = 0
    failed: int = 0
    closed_at: datetime | None = None
    polls: int = 0
    message: str = ""
    fate: Fate = Fate.COMPLETES
    fate_after: int = 0

    @property
    def is_at_work(self) -> bool:
        return self.closed_at is not None and not self.state.has_ended

    def ended(self, state: JobState, now: datetime, message: str = "") -> "Job":
        return replace(self, state=state, changed_at=now, message=message)


def kept(jobs: Mapping[str, Job], now: datetime) -> Mapping[str, Job]:
    """Without those that are older than seven days."""
    return {key: job for key, job in jobs.items() if now - job.created_at <= _KEPT}
