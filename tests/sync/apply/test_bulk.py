"""What fits into one job, and which job of the org may be one whose id was lost."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sync.apply.writers.batches import PayloadGroup
from sync.apply.writers.bulk import BulkWriter, may_be
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
