"""What Bulk 2.0 jobs do, a little with each request: rows in batches, a outcome for each, results in an order of their own."""

import csv
import hashlib
import io
import json
from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from sync.sandbox.bulk import ended_job_of, job_of, keep, sheet
from sync.sandbox.dml import Author, distinct, is_poisoned, update
from sync.sandbox.exchange import RefusalError, Response
from sync.sandbox.faults import FaultKind
from sync.sandbox.ids import full, is_id
from sync.sandbox.resources import TOO_COSTLY, Call
from sync.sandbox.schema import ObjectFact, schema
from sync.sandbox.worlds import Job, JobState, World

_BATCHES_AT_ONCE = 10  # in one request; more would keep the client waiting
_KEPT = timedelta(days=7)
_CHUNK_ROWS = 200  # an id may come once in what triggers see together
_BYTES_MAX = 100_000_000
_TRUTH: Mapping[str, object] = {"true": True, "1": True, "false": False, "0": False}
# Of each result file: Salesforce's own columns, in SQL, and which rows there are.
_FILES = {
    "successfulResults": ({"sf__Id": "record_id", "sf__Created": "'false'"}, "error = ''"),
    "failedResults": ({"sf__Id": "record_id", "sf__Error": "error"}, "error != ''"),
    "unprocessedrecords": ({}, "error IS NULL"),
}


def upload(world: World, call: Call, job_id: str) -> Response:
    """PUT the rows, once."""
    job = job_of(world, call, "ingest", job_id)
    if job.state is not JobState.OPEN or job.header is not None:
        message = f"Found multiple contents for job: <{job.id}>, please 'Close' / 'Abort' / 'Delete' the current Job"
        raise RefusalError("INVALIDJOBSTATE", message)
    if len(call.content) > _BYTES_MAX:
        raise RefusalError("INVALIDBATCH", "The content is larger than 150 MB in base64", status=413)
    try:
        content = call.content.decode()
    except UnicodeDecodeError:
        raise RefusalError("INVALIDBATCH", "The content is not UTF-8") from None
    reader = csv.reader(io.StringIO(content, newline=""))
    header, rows = next(reader, []), [row for row in reader if row]
    texts = ((job.id, n, json.dumps(row, ensure_ascii=False)) for n, row in enumerate(rows))
    world.db.run_many("INSERT INTO bulk_row (job_id, n, cells) VALUES (?, ?, ?)", texts)
    has_returns = content.partition("\n")[0].endswith("\r")
    keep(world, replace(job, header=tuple(header), has_returns=has_returns, size=len(rows), changed_at=world.now))
    return Response(201)


def results(world: World, call: Call, job_id: str, which: str) -> Response:
    """A result file: Salesforce's columns, then those that came; in no order that the client could rely on."""
    job = ended_job_of(world, call, "ingest", job_id)
    own, wanted = _FILES[which]
    sql = f"SELECT {', '.join([*own.values(), 'cells'])} FROM bulk_row WHERE job_id = ? AND {wanted}"  # noqa: S608  # ours
    rows = [[*map(str, first), *json.loads(str(cells))] for *first, cells in world.db.run(sql, job.id)]
    rows.sort(key=lambda row: hashlib.md5(",".join(row).encode(), usedforsecurity=False).digest())
    return sheet(job, [*own, *(job.header or ())], rows, {})


def work(world: World) -> None:
    """Bring every job on that is at work, as far as its time has come; forget those that are too old."""
    world.jobs = {key: job for key, job in world.jobs.items() if world.now - job.created_at <= _KEPT}
    for key in world.results.keys() - world.jobs.keys():
        world.db.run(f'DROP TABLE temp."{key}"')
    world.results = {key: found for key, found in world.results.items() if key in world.jobs}
    for job in world.jobs.values():
        if job.is_at_work:
            keep(world, _query_on(world, job) if job.kind == "query" else _ingest_on(world, job))


def _query_on(world: World, job: Job) -> Job:
    due = _batches_due(world, job)
    is_done = due * world.switches.bulk_batch_rows >= job.size
    return _fallen(world, job) if job.fate and due >= job.fate_after else _ended_if(world, job, is_done)


def _ingest_on(world: World, job: Job) -> Job:
    """The batches that are due, then the end if there are no more."""
    for _ in range(min(_batches_due(world, job) - job.batches, _BATCHES_AT_ONCE)):
        if job.fate and job.batches >= job.fate_after:
            return _fallen(world, job)
        if job.batches and job.processed == job.size:
            break
        try:
            job = _batch(world, job)
        except RefusalError as refusal:
            return job.ended(JobState.FAILED, world.now, f"{refusal.code} : {refusal.message}")
    return _ended_if(world, job, job.batches > 0 and job.processed == job.size)


def _ended_if(world: World, job: Job, is_done: bool) -> Job:  # noqa: FBT001  # the name says it
    if is_done and job.polls >= world.switches.bulk_polls:
        return job.ended(JobState.COMPLETE, world.now)
    return replace(job, state=JobState.AT_WORK) if job.polls else job


def _fallen(world: World, job: Job) -> Job:
    if job.fate is FaultKind.JOB_STUCK:
        return replace(job, state=JobState.AT_WORK)
    if job.fate is FaultKind.JOB_ABORTED:
        return job.ended(JobState.ABORTED, world.now)
    return job.ended(JobState.FAILED, world.now, "InternalServerError : Unable to process the job")


def _batches_due(world: World, job: Job) -> int:
    seconds, closed_at = world.switches.bulk_batch_seconds, job.closed_at or world.now
    return int((world.now - closed_at).total_seconds() / seconds) if seconds else 1_000_000


def _batch(world: World, job: Job) -> Job:
    """The rows of the next batch, each with its outcome."""
    fact = schema()[job.object]
    names = _names(fact, job)
    stop = min(job.processed + world.switches.bulk_batch_rows, job.size)
    errors: list[str] = []
    for start in range(job.processed, stop, _CHUNK_ROWS):
        sql = "SELECT cells FROM bulk_row WHERE job_id = ? AND n >= ? AND n < ? ORDER BY n"
        found = world.db.run(sql, job.id, start, min(start + _CHUNK_ROWS, stop))
        outcomes = _chunk(world, job, fact, names, [json.loads(str(row[0])) for row in found])
        told = ((key, error, job.id, n) for n, (key, error) in enumerate(outcomes, start))
        world.db.run_many("UPDATE bulk_row SET record_id = ?, error = ? WHERE job_id = ? AND n = ?", told)
        errors += [error for _, error in outcomes if error]
    failed = job.failed + len(errors)
    return replace(job, batches=job.batches + 1, processed=stop, failed=failed, changed_at=world.now)


def _names(fact: ObjectFact, job: Job) -> list[str]:
    """The fields of the columns. A column that is no field spoils the whole job."""
    if job.has_returns != (job.line_ending == "CRLF"):
        message = f"LineEnding is invalid on user data. Current LineEnding setting is {job.line_ending}"
        raise RefusalError("ClientInputError", message)
    header = job.header or ()
    fields = [fact.field(name) for name in header]
    strange = [name for name, field in zip(header, fields, strict=True) if field is None]
    if strange or not header:
        raise RefusalError("InvalidBatch", f"Field name not found : {', '.join(strange)}")
    return [field.name for field in fields if field]


def _chunk(
    world: World, job: Job, fact: ObjectFact, names: Sequence[str], rows: Sequence[Sequence[str]]
) -> list[tuple[str, str]]:
    """What becomes of rows that triggers see together: for each its record, and the error if there is one."""
    author = Author(job.user_id, {}, world.requests, assigns=job.assigns)
    booleans = {field.name for field in fact.fields.values() if field.type == "boolean"}
    given = [_values(row, names, booleans) for row in rows]
    ids = [str(values.pop("Id", "") or "") for values in given]
    if is_poisoned(world, [full(key) for key in ids if is_id(key)]):
        return [_refused(key, TOO_COSTLY) for key in ids]
    seen: set[str] = set()
    outcomes = []
    for row, key, values in zip(rows, ids, given, strict=True):
        try:
            if len(row) != len(names):
                raise RefusalError("INVALID_CSV", "The number of columns does not match the header")  # noqa: TRY301
            record_id = distinct(key, seen)
            update(world, fact, record_id, values, author)
            outcomes.append((record_id, ""))
        except RefusalError as refusal:
            outcomes.append(_refused(key, refusal))
    return outcomes


def _values(row: Sequence[str], names: Sequence[str], booleans: Container[str]) -> dict[str, object]:
    """The cells of a row that say something: an empty one leaves its field alone."""
    return {
        name: None if cell == "#N/A" else _TRUTH.get(cell.lower(), cell) if name in booleans else cell
        for name, cell in zip(names, row, strict=False)
        if cell
    }


def _refused(given: str, refusal: RefusalError) -> tuple[str, str]:
    error = f"{refusal.code}:{refusal.message}:{','.join(refusal.fields)}{' ' if refusal.fields else ''}--"
    return full(given) if is_id(given) else "", error
