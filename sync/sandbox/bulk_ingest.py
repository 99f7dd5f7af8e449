"""What a Bulk 2.0 ingest job does: rows in batches, a verdict for each, result files in an order of their own."""

import csv
import hashlib
import io
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from sync.sandbox.bulk import job_of, keep
from sync.sandbox.composites import TOO_COSTLY
from sync.sandbox.dml import create, delete, hard_delete, update
from sync.sandbox.dropped_sheets import DELIMITERS, sheet
from sync.sandbox.exchange import RefusalError, Response
from sync.sandbox.ids import full, is_id
from sync.sandbox.jobs import Fate, Job, JobState, RowVerdict, kept
from sync.sandbox.resources import Call
from sync.sandbox.schema import ObjectFact, schema
from sync.sandbox.transaction import Author, Draft

_BATCHES_AT_ONCE = 10  # in one request; more would keep the client waiting
_CHUNK_ROWS = 200  # an id may come once in what triggers see together
_BYTES_MAX = 100_000_000
_TRUTH: Mapping[str, object] = {"true": True, "1": True, "false": False, "0": False}


def upload(draft: Draft, call: Call, job_id: str) -> Response:
    """PUT the rows, once."""
    job = job_of(draft, call, "ingest", job_id)
    if job.state is not JobState.OPEN or job.content is not None:
        message = f"Found multiple contents for job: <{job.id}>, please 'Close' / 'Abort' / 'Delete' the current Job"
        raise RefusalError("INVALIDJOBSTATE", message)
    if len(call.content) > _BYTES_MAX:
        raise RefusalError("INVALIDBATCH", "The content is larger than 150 MB in base64", status=413)
    try:
        content = call.content.decode()
    except UnicodeDecodeError:
        raise RefusalError("INVALIDBATCH", "The content is not UTF-8") from None
    keep(draft, replace(job, content=content, changed_at=draft.now))
    return Response(201)


def results(draft: Draft, call: Call, job_id: str, which: str) -> Response:
    """A result file: Salesforce's columns, then those that came."""
    job = job_of(draft, call, "ingest", job_id)
    if not job.state.has_ended:
        raise RefusalError("INVALIDJOBSTATE", f"Job {job.id} is in state {job.state}, its results are not there")
    header, rows = _read(job)
    known = [verdict for batch in job.verdicts for verdict in batch]
    if which == "unprocessedrecords":
        return _file(job, header, list(islice(rows, len(known), None)))
    judged = zip(known, rows, strict=False)
    if which == "failedResults":
        failed = [[verdict.record_id, verdict.error, *row] for verdict, row in judged if verdict.error]
        return _file(job, ["sf__Id", "sf__Error", *header], failed)
    done = [[v.record_id, "true" if v.created else "false", *row] for v, row in judged if not v.error]
    return _file(job, ["sf__Id", "sf__Created", *header], done)


def work(draft: Draft) -> None:
    """Bring every job on that is at work, as far as its time has come."""
    jobs = kept(draft.world.jobs, draft.now)
    if jobs is not draft.world.jobs:
        draft.world = replace(draft.world, jobs=jobs)
    for job in jobs.values():
        if job.closed_at and not job.state.has_ended:
            keep(draft, _query_on(draft, job) if job.kind == "query" else _ingest_on(draft, job))


def _query_on(draft: Draft, job: Job) -> Job:
    due = _batches_due(draft, job)
    if job.fate is not Fate.COMPLETES and due >= job.fate_after:
        return _fallen(draft, job)
    ready = due * draft.world.switches.bulk_batch_rows >= len(job.rows) and job.polls >= draft.world.switches.bulk_polls
    if ready:
        return job.ended(JobState.COMPLETE, draft.now)
    return replace(job, state=JobState.AT_WORK) if job.polls else job


def _ingest_on(draft: Draft, job: Job) -> Job:
    """The batches that are due, then the end if there are no more."""
    for _ in range(min(_batches_due(draft, job) - len(job.verdicts), _BATCHES_AT_ONCE)):
        if job.fate is not Fate.COMPLETES and len(job.verdicts) >= job.fate_after:
            return _fallen(draft, job)
        try:
            job = _batch(draft, job)
        except RefusalError as refusal:
            return job.ended(JobState.FAILED, draft.now, f"{refusal.code} : {refusal.message}")
        if job.position == len(job.content or ""):
            break
    is_done = job.position == len(job.content or "")
    if is_done and job.polls >= draft.world.switches.bulk_polls:
        return job.ended(JobState.COMPLETE, draft.now)
    return replace(job, state=JobState.AT_WORK) if job.polls else job


def _fallen(draft: Draft, job: Job) -> Job:
    match job.fate:
        case Fate.FAILS:
            return job.ended(JobState.FAILED, draft.now, "InternalServerError : Unable to process the job")
        case Fate.IS_ABORTED:
            return job.ended(JobState.ABORTED, draft.now)
        case _:
            return replace(job, state=JobState.AT_WORK)


def _batches_due(draft: Draft, job: Job) -> int:
    seconds = draft.world.switches.bulk_batch_seconds
    if not seconds or job.closed_at is None:
        return 1_000_000
    return int((draft.now - job.closed_at).total_seconds() / seconds)


def _batch(draft: Draft, job: Job) -> Job:
    """The rows of the next batch."""
    content = io.StringIO(job.content or "", newline="")
    reader = csv.reader(content, delimiter=DELIMITERS[job.delimiter])
    fact = schema()[job.object]
    names = _names(fact, job, next(reader, []))
    if job.position:
        content.seek(job.position)
        reader = csv.reader(content, delimiter=DELIMITERS[job.delimiter])
    rows = islice((row for row in reader if row), draft.world.switches.bulk_batch_rows)
    verdicts: list[RowVerdict] = []
    while chunk := list(islice(rows, _CHUNK_ROWS)):
        verdicts += _chunk(draft, job, fact, names, chunk)
    return replace(job, position=content.tell(), verdicts=(*job.verdicts, tuple(verdicts)), changed_at=draft.now)


def _names(fact: ObjectFact, job: Job, header: Sequence[str]) -> list[str]:
    """The fields of the columns. A column that is no field spoils the whole job."""
    first_line = (job.content or "").partition("\n")[0]
    if first_line.endswith("\r") != (job.line_ending == "CRLF"):
        message = f"LineEnding is invalid on user data. Current LineEnding setting is {job.line_ending}"
        raise RefusalError("ClientInputError", message)
    fields = [fact.field(name) for name in header]
    strange = [name for name, field in zip(header, fields, strict=True) if field is None]
    if strange or not header:
        raise RefusalError("InvalidBatch", f"Field name not found : {', '.join(strange)}")
    return [field.name for field in fields if field]


def _chunk(
    draft: Draft, job: Job, fact: ObjectFact, names: Sequence[str], rows: Sequence[Sequence[str]]
) -> list[RowVerdict]:
    """What becomes of rows that triggers see together."""
    author = Author(job.user_id, {}, draft.world.requests, assigns=job.assigns)
    booleans = {field.name for field in fact.fields.values() if field.type == "boolean"}
    seen: set[str] = set()
    given = [_values(row, names, booleans) for row in rows]
    ids = [str(values.pop("Id", "") or "") for values in given]
    if draft.is_poisoned([full(key) for key in ids if is_id(key)]):
        return [_refused(key, TOO_COSTLY) for key in ids]
    verdicts = []
    for row, key, values in zip(rows, ids, given, strict=True):
        try:
            _check_width(row, names)
            verdicts.append(_written(draft, job, fact, values, author, key, seen))
        except RefusalError as refusal:
            verdicts.append(_refused(key, refusal))
    return verdicts


def _values(row: Sequence[str], names: Sequence[str], booleans: Container[str]) -> dict[str, object]:
    """The cells of a row that say something: an empty one leaves its field alone."""
    return {
        name: None if cell == "#N/A" else _TRUTH.get(cell.lower(), cell) if name in booleans else cell
        for name, cell in zip(names, row, strict=False)
        if cell
    }


def _written(draft: Draft, job: Job, fact: ObjectFact, values: Mapping[str, object], author: Author, given: str,
             seen: set[str]) -> RowVerdict:  # fmt: skip
    if job.operation == "insert":
        return RowVerdict(create(draft, fact, values, author), created=True)
    record_id = _distinct(given, seen)
    match job.operation:
        case "update":
            update(draft, fact, record_id, values, author)
        case "delete":
            delete(draft, fact, record_id, author)
        case _:
            hard_delete(draft, fact, record_id, author)
    return RowVerdict(record_id)


def _refused(given: str, refusal: RefusalError) -> RowVerdict:
    error = f"{refusal.code}:{refusal.message}:{','.join(refusal.fields)}{' ' if refusal.fields else ''}--"
    return RowVerdict(full(given) if is_id(given) else "", error)


def _check_width(row: Sequence[str], names: Sequence[str]) -> None:
    if len(row) != len(names):
        raise RefusalError("INVALID_CSV", "The number of columns does not match the header")


def _distinct(given: str, seen: set[str]) -> str:
    if not given:
        raise RefusalError("MISSING_ARGUMENT", "Id not specified in an update call")
    if not is_id(given):
        raise RefusalError("MALFORMED_ID", f"malformed id {given}", ("Id",))
    record_id = full(given)
    if record_id in seen:
        raise RefusalError("DUPLICATE_VALUE", f"duplicate value found: Id duplicates value on record with id: {given}")
    seen.add(record_id)
    return record_id


def _read(job: Job) -> tuple[list[str], Iterator[list[str]]]:
    reader = csv.reader(io.StringIO(job.content or "", newline=""), delimiter=DELIMITERS[job.delimiter])
    return next(reader, []), (row for row in reader if row)


def _file(job: Job, header: Sequence[str], rows: list[list[str]]) -> Response:
    """Rows in no order that the client could rely on, and the same one each time."""
    shuffled = sorted(rows, key=lambda row: hashlib.md5(",".join(row).encode(), usedforsecurity=False).digest())
    body = sheet(header, shuffled, delimiter=job.delimiter, line_ending=job.line_ending)
    return Response(200, body, {"content-type": "text/csv"})
