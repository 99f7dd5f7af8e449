"""What fits into one job, which job of the org may be one whose id was lost, and how long a job is waited for."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from engine.errors import LeadsyncError, TransientError
from sync.apply.writers.batches import PayloadGroup
from sync.apply.writers.bulk import BulkWriter, JobPatience, may_be, writable
from sync.host.host import Clock, CrashPoints, Host
from sync.host.shutdown import Shutdown
from sync.salesforce.ingest import UPLOAD_BYTES_MAX, Job, JobState
from sync.store.jobs import IngestRecord

AT = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
NOBODY: Any = None  # to say what fits, a writer speaks to nobody
WRITER = BulkWriter(NOBODY, NOBODY, NOBODY, "R1", "005US")


def group(*lengths: int) -> PayloadGroup:
    """A record with a text of each of these lengths."""
    return PayloadGroup("Lead", "00Q", {f"F{number}": "x" * length for number, length in enumerate(lengths)}, AT)


# A text counts thrice its length and three more, a row twenty-four besides.
EIGHTH = (UPLOAD_BYTES_MAX // 8 - 24 - 2 * 3) // 6


def test_a_job_takes_as_many_rows_as_its_upload_may_have_bytes() -> None:
    assert 8 * (6 * EIGHTH + 30) <= UPLOAD_BYTES_MAX < 8 * (6 * (EIGHTH + 1) + 30)
    fits, exceeds = group(EIGHTH, EIGHTH), group(EIGHTH, EIGHTH + 16)
    assert [WRITER.fit([fits] * count) for count in (0, 1, 8, 9, 20)] == [0, 1, 8, 8, 8]
    assert WRITER.fit([fits] * 7 + [exceeds]) == 7


def test_a_row_that_is_too_large_for_any_upload_goes_alone() -> None:
    whole = group(UPLOAD_BYTES_MAX // 3)
    assert (WRITER.fit([whole, group(1)]), WRITER.fit([group(1), whole])) == (1, 1)


def test_a_job_takes_no_more_rows_than_a_slice_has() -> None:
    assert WRITER.fit([group(1)] * (WRITER.size + 1)) == WRITER.size


LOST = IngestRecord("", "Lead", "66.0", AT)
OURS = Job("750", "Lead", "update", JobState.OPEN, "005US", AT)
_JOBS = {
    "made then": (OURS, True),
    "by a clock that is a little behind": (replace(OURS, created_at=AT - timedelta(minutes=1)), True),
    "made long before": (replace(OURS, created_at=AT - timedelta(hours=1)), False),
    "closed": (replace(OURS, state=JobState.CLOSED), False),
    "of another object": (replace(OURS, object="Contact"), False),
    "that inserts": (replace(OURS, operation="insert"), False),
    "of somebody else": (replace(OURS, created_by="005ME"), False),
}


@pytest.mark.parametrize(("job", "answer"), _JOBS.values(), ids=_JOBS.keys())
def test_a_lost_job_is_known_by_who_made_it_when_and_for_what(job: Job, *, answer: bool) -> None:
    assert may_be(job, LOST, "005US") is answer


@dataclass
class Jobs:
    """A job of the org, as it stands at each look; an error is thrown."""

    looks: list[Job | LeadsyncError]
    done: list[str] = field(default_factory=list)

    def job(self, job_id: str) -> Job:
        assert job_id == OURS.id
        look = self.looks.pop(0)
        if isinstance(look, LeadsyncError):
            raise look
        return look

    def close(self, job_id: str) -> None:
        self.done.append(f"close {job_id}")

    def abort(self, job_id: str) -> None:
        self.done.append(f"abort {job_id}")


@dataclass
class Hours:
    """The host's clock and the org's, which only waiting moves on."""

    passed: float = 0.0
    waits: list[float] = field(default_factory=list)

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.passed += seconds

    def now(self) -> datetime:
        return AT + timedelta(seconds=self.passed)

    def patience(self, seconds: float, shutdown: Shutdown | None = None) -> JobPatience:
        host = Host(Clock(self.now, lambda: self.passed, self.wait), shutdown or Shutdown(), CrashPoints())
        return JobPatience(host, self.now, AT, 0.0, seconds, 1.0)


def looked(jobs: Jobs, hours: Hours, seconds: float = 60) -> bool:
    writer = replace(WRITER, patience=hours.patience(seconds))
    return writer._ended(cast("Any", jobs), OURS.id)


CLOSED, COMPLETE = replace(OURS, state=JobState.CLOSED), replace(OURS, state=JobState.COMPLETE)
AWAY = TransientError.of("TR-101")


def test_a_job_is_looked_at_less_and_less_often_until_it_has_ended() -> None:
    jobs, hours = Jobs([CLOSED, CLOSED, AWAY, CLOSED, COMPLETE]), Hours()
    assert looked(jobs, hours)
    assert (hours.waits, jobs.done) == ([0.25, 0.5, 1.0, 1.0], [])


def test_a_job_whose_closing_never_arrived_is_closed_again() -> None:
    jobs, hours = Jobs([OURS, CLOSED, COMPLETE]), Hours()
    assert looked(jobs, hours)
    assert jobs.done == ["close 750"]


@pytest.mark.parametrize("look", [CLOSED, AWAY])
def test_a_run_waits_for_a_job_no_longer_than_its_time(look: Job | LeadsyncError) -> None:
    jobs, hours = Jobs([look] * 9), Hours()
    assert not looked(jobs, hours, seconds=1)
    assert (hours.waits, jobs.done) == ([0.25, 0.5, 1.0], [])


def test_a_job_past_its_own_time_is_stopped_once_and_its_end_waited_for() -> None:
    old = replace(CLOSED, created_at=AT - timedelta(hours=1))
    jobs, hours = Jobs([old, old, replace(old, state=JobState.ABORTED)]), Hours()
    assert looked(jobs, hours)
    assert (jobs.done, hours.waits) == (["abort 750"], [0.25])


def test_a_run_has_its_time_by_the_clock_that_has_run_further() -> None:
    hours = Hours(60)
    patience = hours.patience(60)
    assert not patience.is_over
    assert replace(patience, began=AT - timedelta(seconds=1)).is_over
    assert replace(patience, started=-1.0).is_over
    asked = Shutdown()
    asked.ask()
    assert hours.patience(600, asked).is_over


def test_a_job_has_as_much_time_as_a_run() -> None:
    patience = Hours(60).patience(60)
    made = [AT, AT - timedelta(seconds=1)]
    assert [patience.is_over_for(replace(CLOSED, created_at=at)) for at in made] == [False, True]


def test_what_csv_cannot_say_is_refused_by_its_field_and_the_rest_is_written() -> None:
    given = PayloadGroup("Lead", "00Q", {"A": "x", "B": "#N/A", "C": None, "D": "y"}, AT)
    assert writable(given) == ({"A": "x", "C": None, "D": "y"}, ("B",))
