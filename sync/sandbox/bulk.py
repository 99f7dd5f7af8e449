"""Bulk 2.0 jobs as resources: create, ask, list, close, abort, delete. What they do is in bulk_query and bulk_ingest."""

from collections.abc import Mapping
from dataclasses import replace

from sync.sandbox.dml import updatable
from sync.sandbox.dropped_sheets import DELIMITERS, LINE_ENDINGS
from sync.sandbox.exchange import RefusalError, Response
from sync.sandbox.faults import FaultKind, next_fate
from sync.sandbox.ids import full, is_id, record_id
from sync.sandbox.jobs import Fate, Job, JobState
from sync.sandbox.resources import Call
from sync.sandbox.search import find
from sync.sandbox.soql import parse
from sync.sandbox.transaction import Draft
from sync.sandbox.worlds import stamp

_FATES = {FaultKind.JOB_FAILED: Fate.FAILS, FaultKind.JOB_ABORTED: Fate.IS_ABORTED, FaultKind.JOB_STUCK: Fate.HANGS}
_INGEST = ("insert", "update", "delete", "hardDelete")


def create_job(draft: Draft, call: Call, kind: str) -> Response:
    """POST jobs/query or jobs/ingest."""
    given = call.fields
    draft.world = replace(draft.world, serial=draft.world.serial + 1)
    job = Job(
        id=record_id("750", draft.world.serial),
        kind=kind,
        object=str(given.get("object", "")),
        operation=str(given.get("operation", "")),
        user_id=str(call.user["Id"]),
        created_at=draft.now,
        changed_at=draft.now,
        version=call.version,
        line_ending=_among(given, "lineEnding", LINE_ENDINGS, "LF"),
        delimiter=_among(given, "columnDelimiter", DELIMITERS, "COMMA"),
    )
    job = _fated(draft, _querying(draft, job, given) if kind == "query" else _ingesting(job, given))
    keep(draft, job)
    return Response(200, shown(job))


def poll_job(draft: Draft, call: Call, kind: str, job_id: str) -> Response:
    """GET one job; asking brings it on."""
    job = job_of(draft, call, kind, job_id)
    if job.closed_at and not job.state.has_ended:
        keep(draft, replace(job, polls=job.polls + 1))
    return Response(200, shown(job, details=True))


def list_jobs(draft: Draft, call: Call, kind: str) -> Response:
    """GET jobs/query or jobs/ingest: everybody's, newest first, by pages of 1000."""
    listed = [job for job in reversed(list(draft.world.jobs.values())) if job.kind == kind]
    start = int(call.params.get("queryLocator", "0") or 0)
    more = start + 1000 < len(listed)
    following = f"/services/data/{call.version}/jobs/{kind}?queryLocator={start + 1000}" if more else None
    records = [shown(job) for job in listed[start : start + 1000]]
    return Response(200, {"done": not more, "records": records, "nextRecordsUrl": following})


def change_job(draft: Draft, call: Call, kind: str, job_id: str) -> Response:
    """PATCH: `UploadComplete` closes an ingest job, `Aborted` ends any that has not ended."""
    job = job_of(draft, call, kind, job_id)
    match call.fields.get("state"):
        case "UploadComplete" if kind == "ingest":
            if job.state is not JobState.OPEN or job.content is None:
                raise _wrong_state(job)
            job = replace(job, state=JobState.UPLOADED, closed_at=draft.now, changed_at=draft.now)
        case "Aborted":
            if job.state.has_ended:
                raise _wrong_state(job)
            job = job.ended(JobState.ABORTED, draft.now)
        case _:
            raise RefusalError("INVALIDJOBSTATE", "Invalid job state requested")
    keep(draft, job)
    return Response(200, shown(job))


def delete_job(draft: Draft, call: Call, kind: str, job_id: str) -> Response:
    job = job_of(draft, call, kind, job_id)
    if not (job.state.has_ended or job.state is JobState.UPLOADED):
        raise _wrong_state(job)
    draft.world = replace(draft.world, jobs={key: each for key, each in draft.world.jobs.items() if key != job.id})
    return Response(204)


def job_of(draft: Draft, call: Call, kind: str, job_id: str) -> Job:
    """404 for a job that is not there (any more), 409 when asked in another version than it was created in."""
    job = draft.world.jobs.get(full(job_id)) if is_id(job_id) else None
    if job is None or job.kind != kind:
        raise RefusalError("NOT_FOUND", "The requested resource does not exist", status=404)
    if job.version != call.version:
        # The documents name the status; what the body says is not documented.
        message = f"The job was created with API version {job.version}"
        raise RefusalError("API_VERSION_MISMATCH", message, status=409)
    return job


def keep(draft: Draft, job: Job) -> None:
    """Put a job into the world."""
    draft.world = replace(draft.world, jobs={**draft.world.jobs, job.id: job})


def shown(job: Job, *, details: bool = False) -> dict[str, object]:
    """A job as JSON; `details` are those of a single one."""
    body: dict[str, object] = {
        "id": job.id,
        "operation": job.operation,
        "object": job.object,
        "createdById": job.user_id,
        "createdDate": stamp(job.created_at),
        "systemModstamp": stamp(job.changed_at),
        "state": str(job.state),
        "concurrencyMode": "Parallel",
        "contentType": "CSV",
        "apiVersion": float(job.version.removeprefix("v")),
        "jobType": "V2Query" if job.kind == "query" else "V2Ingest",
        "lineEnding": job.line_ending,
        "columnDelimiter": job.delimiter,
    }
    if job.kind == "ingest" and job.state is JobState.OPEN:
        body["contentUrl"] = f"services/data/{job.version}/jobs/ingest/{job.id}/batches"
    if details:
        # A query that is at work does not tell how far it is.
        is_counted = job.kind == "ingest" or job.state is JobState.COMPLETE
        body |= {"numberRecordsProcessed": job.processed if is_counted else 0, "retries": 0, "totalProcessingTime": 0}
    if details and job.kind == "ingest":
        body |= {"numberRecordsFailed": job.failed, "apiActiveProcessingTime": 0, "apexProcessingTime": 0}
    return body | ({"errorMessage": job.message} if job.message and details else {})


def _querying(draft: Draft, job: Job, given: Mapping[str, object]) -> Job:
    """A query sees the org as it is when the job is made."""
    if job.operation not in {"query", "queryAll"}:
        raise RefusalError("INVALIDJOB", f"Unsupported operation '{job.operation}' for a query job")
    soql = str(given.get("query", ""))
    parsed = parse(soql)
    if not parsed.fields or parsed.offset:
        raise RefusalError("API_ERROR", "Bulk queries take neither aggregates nor OFFSET")
    rows = tuple(find(draft.world, parsed, deleted=job.operation == "queryAll"))
    return replace(job, object=parsed.object, soql=soql, rows=rows, state=JobState.UPLOADED, closed_at=draft.now)


def _ingesting(job: Job, given: Mapping[str, object]) -> Job:
    if job.operation not in _INGEST:
        raise RefusalError("INVALIDJOB", f"Unsupported operation '{job.operation}' for an ingest job")
    return replace(job, object=updatable(job.object).name, assigns=bool(given.get("assignmentRuleId")))


def _fated(draft: Draft, job: Job) -> Job:
    fault, left = next_fate(draft.world.faults, f"jobs/{job.kind}")
    if fault is None:
        return job
    draft.world = replace(draft.world, faults=left)
    return replace(job, fate=_FATES[fault.kind], fate_after=fault.after)


def _among(given: Mapping[str, object], name: str, known: Mapping[str, str], default: str) -> str:
    value = str(given.get(name) or default)
    if value not in known:
        raise RefusalError("INVALIDJOB", f"Unsupported {name} '{value}'")
    return value


def _wrong_state(job: Job) -> RefusalError:
    return RefusalError("INVALIDJOBSTATE", f"Job {job.id} is in state {job.state}")
