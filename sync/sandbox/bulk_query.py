"""What a Bulk 2.0 query brings: pages of CSV by locator, made one at a time from the rows the query found."""

import base64
import binascii

from sync.sandbox.bulk import job_of
from sync.sandbox.dropped_sheets import sheet
from sync.sandbox.exchange import RefusalError, Response
from sync.sandbox.jobs import JobState
from sync.sandbox.resources import Call
from sync.sandbox.search import reader_of, shown_names
from sync.sandbox.soql import parse
from sync.sandbox.transaction import Draft


def results(draft: Draft, call: Call, job_id: str) -> Response:
    """GET jobs/query/ID/results: any page as often as it is wanted while the job is there."""
    job = job_of(draft, call, "query", job_id)
    if job.state is not JobState.COMPLETE:
        raise RefusalError("INVALIDJOBSTATE", f"Job {job.id} is in state {job.state}, its results are not there")
    start = _start(call.params.get("locator", ""))
    asked = call.params.get("maxRecords", "")
    size = int(asked) if asked.isdigit() and int(asked) else draft.world.switches.bulk_page_size
    page = job.rows[start : start + size]
    query = parse(job.soql)
    written = reader_of(draft.world, query)
    body = sheet(
        shown_names(draft.world, query), map(written, page), delimiter=job.delimiter, line_ending=job.line_ending
    )
    following = _locator(start + size) if start + size < len(job.rows) else "null"
    headers = {
        "content-type": "text/csv",
        "sforce-locator": following,
        "sforce-numberofrecords": str(len(page)),
    }
    return Response(200, body, headers)


def _locator(start: int) -> str:
    return base64.urlsafe_b64encode(str(start).encode()).decode().rstrip("=")


def _start(locator: str) -> int:
    if not locator:
        return 0
    try:
        return int(base64.urlsafe_b64decode(locator + "=" * (-len(locator) % 4)))
    except (binascii.Error, ValueError):
        raise RefusalError("INVALIDLOCATOR", "Invalid query locator") from None
