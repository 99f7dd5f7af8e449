"""Bulk 2.0 jobs as resources: create, ask, list, close, abort, delete, and the pages of what a query found."""

import base64
import binascii
import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import replace

from sync.sandbox.clock import stamp
from sync.sandbox.dml import updatable
from sync.sandbox.exchange import RefusalError, Response, not_there
from sync.sandbox.faults import FaultKind
from sync.sandbox.ids import full, is_id, record_id
from sync.sandbox.resources import Call
from sync.sandbox.search import cells, find, header
from sync.sandbox.soql import Found, parse
from sync.sandbox.worlds import Job, JobState, World

_FATES = frozenset({FaultKind.JOB_FAILED, FaultKind.JOB_ABORTED, FaultKind.JOB_STUCK})
_LINE_ENDINGS = {"LF": "\n", "CRLF": "\r\n"}


def create_job(world: World, call: Call, kind: str) -> Response:
    """POST jobs/query or jobs/ingest."""
    given = call.fields
    if (delimiter := given.get("columnDelimiter") or "COMMA") != "COMMA":
        raise RefusalError("INVALIDJOB", f"Unsupported columnDelimiter '{delimiter}'")
    line_ending = str(given.get("lineEnding") or "LF")
    if line_ending not in _LINE_ENDINGS:
        raise RefusalError("INVALIDJOB", f"Unsupported lineEnding '{line_ending}'")
    operation = str(given.get("operation", ""))
    if operation not in ({"query", "queryAll"} if kind == "query" else {"update"}):
        raise RefusalError("INVALIDJOB", f"Unsupported operation '{operation}' for a job of kind '{kind}'")
    world.serial += 1
    job = Job(
        record_id("750", world.serial), kind, str(given.get("object", "")), operation, str(call.user["Id"]),
        created_at=world.now, version=call.version, changed_at=world.now, line_ending=line_ending,
    )  # fmt: skip
    if kind == "query":
        job = _querying(world, replace(job, soql=str(given.get("query", ""))))
    else:
        job = replace(job, object=updatable(job.object).name, assigns=bool(given.get("assignmentRuleId")))
    if fault := world.take(lambda fault: fault.kind in _FATES and fault.path in f"jobs/{kind}"):
        job = replace(job, fate=fault.kind, fate_after=fault.after)
    keep(world, job)
    return Response(200, shown(job))


def _querying(world: World, job: Job) -> Job:
    """A query sees the org as it is when the job is made."""
    parsed = parse(job.soql)
    if not parsed.fields or parsed.offset:
        raise RefusalError("API_ERROR", "Bulk queries take neither aggregates nor OFFSET")
    found = found_by(world, job)
    size = len(found.rows)
    return replace(job, object=parsed.object, size=size, state=JobState.UPLOADED, closed_at=world.now)


def found_by(world: World, job: Job) -> Found:
    """What a query job found; an org that was started anew asks again."""
    found = world.results.get(job.id)
    if found is None:
        found = find(world, parse(job.soql), deleted=job.operation == "queryAll", kept_as=job.id)
        world.results = {**world.results, job.id: found}
    return found


def poll_job(world: World, call: Call, kind: str, job_id: str) -> Response:
    """GET one job; asking brings it on."""
    job = job_of(world, call, kind, job_id)
    if job.is_at_work:
        keep(world, replace(job, polls=job.polls + 1))
    return Response(200, shown(job, details=True))


def list_jobs(world: World, call: Call, kind: str) -> Response:
    """GET jobs/query or jobs/ingest: everybody's, newest first, by pages of 1000."""
    listed = [job for job in reversed(list(world.jobs.values())) if job.kind == kind]
    start = int(call.params.get("queryLocator", "0") or 0)
    more = start + 1000 < len(listed)
    following = f"/services/data/{call.version}/jobs/{kind}?queryLocator={start + 1000}" if more else None
    records = [shown(job) for job in listed[start : start + 1000]]
    return Response(200, {"done": not more, "records": records, "nextRecordsUrl": following})


def change_job(world: World, call: Call, kind: str, job_id: str) -> Response:
    """PATCH: `UploadComplete` closes an ingest job, `Aborted` ends any that has not ended."""
    job = job_of(world, call, kind, job_id)
    match call.fields.get("state"):
        case "UploadComplete" if kind == "ingest":
            if job.state is not JobState.OPEN or job.header is None:
                raise _wrong_state(job)
            job = replace(job, state=JobState.UPLOADED, closed_at=world.now, changed_at=world.now)
        case "Aborted":
            if job.state.has_ended:
                raise _wrong_state(job)
            job = job.ended(JobState.ABORTED, world.now)
        case _:
            raise RefusalError("INVALIDJOBSTATE", "Invalid job state requested")
    keep(world, job)
    return Response(200, shown(job))


def delete_job(world: World, call: Call, kind: str, job_id: str) -> Response:
    job = job_of(world, call, kind, job_id)
    if not (job.state.has_ended or job.state is JobState.UPLOADED):
        raise _wrong_state(job)
    world.jobs = {key: each for key, each in world.jobs.items() if key != job.id}
    return Response(204)


def job_of(world: World, call: Call, kind: str, job_id: str) -> Job:
    """404 for a job that is not there (any more), 409 when asked in another version than it was created in."""
    job = world.jobs.get(full(job_id)) if is_id(job_id) else None
    if job is None or job.kind != kind:
        raise not_there()
    if job.version != call.version:
        # The documents name the status; what the body says is not documented.
        message = f"The job was created with API version {job.version}"
        raise RefusalError("API_VERSION_MISMATCH", message, status=409)
    return job


def ended_job_of(world: World, call: Call, kind: str, job_id: str) -> Job:
    """A job whose results are there."""
    job = job_of(world, call, kind, job_id)
    if not (job.state is JobState.COMPLETE or (kind == "ingest" and job.state.has_ended)):
        raise RefusalError("INVALIDJOBSTATE", f"Job {job.id} is in state {job.state}, its results are not there")
    return job


def keep(world: World, job: Job) -> None:
    """Put a job into the world."""
    world.jobs = {**world.jobs, job.id: job}


def shown(job: Job, *, details: bool = False) -> dict[str, object]:
    """A job as JSON; `details` are those of a single one."""
    is_ingest = job.kind == "ingest"
    body: dict[str, object] = {
        "id": job.id, "operation": job.operation, "object": job.object, "createdById": job.user_id,
        "createdDate": stamp(job.created_at), "systemModstamp": stamp(job.changed_at), "state": str(job.state),
        "concurrencyMode": "Parallel", "contentType": "CSV", "apiVersion": float(job.version.removeprefix("v")),
        "jobType": "V2Ingest" if is_ingest else "V2Query", "lineEnding": job.line_ending, "columnDelimiter": "COMMA",
    }  # fmt: skip
    if is_ingest and job.state is JobState.OPEN:
        body["contentUrl"] = f"services/data/{job.version}/jobs/ingest/{job.id}/batches"
    if details:
        # A query that is at work does not tell how far it is.
        processed = job.processed if is_ingest else job.size if job.state is JobState.COMPLETE else 0
        body |= {"numberRecordsProcessed": processed, "retries": 0, "totalProcessingTime": 0}
        body |= {"errorMessage": job.message} if job.message else {}
    if details and is_ingest:
        body |= {"numberRecordsFailed": job.failed, "apiActiveProcessingTime": 0, "apexProcessingTime": 0}
    return body


def query_results(world: World, call: Call, job_id: str) -> Response:
    """GET jobs/query/ID/results: any page as often as it is wanted while the job is there."""
    job = ended_job_of(world, call, "query", job_id)
    start = _start(call.params.get("locator", ""))
    asked = call.params.get("maxRecords", "")
    stop = start + (int(asked) if asked.isdigit() and int(asked) else world.switches.bulk_page_size)
    found = found_by(world, job)
    locator = base64.urlsafe_b64encode(str(stop).encode()).decode().rstrip("=") if stop < len(found.rows) else "null"
    count = len(found.rows[start:stop])
    told = {"sforce-locator": locator, "sforce-numberofrecords": str(count)}
    return sheet(job, header(found.query), cells(found, start, stop), told)


def _start(locator: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(locator + "=" * (-len(locator) % 4))) if locator else 0
    except (binascii.Error, ValueError):
        raise RefusalError("INVALIDLOCATOR", "Invalid query locator") from None


def sheet(job: Job, names: Sequence[str], rows: Iterable[Sequence[str]], told: dict[str, str]) -> Response:
    """CSV as Bulk 2.0 writes it: everything quoted."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator=_LINE_ENDINGS[job.line_ending])
    writer.writerow(names)
    writer.writerows(rows)
    return Response(200, out.getvalue(), {"content-type": "text/csv", **told})


def _wrong_state(job: Job) -> RefusalError:
    return RefusalError("INVALIDJOBSTATE", f"Job {job.id} is in state {job.state}")
