"""Bulk 2.0 ingest: one job for many updates, its rows as CSV, and an answer for each from the job's result files.

A job changes nothing until it is closed. From then on it goes on by itself, whatever becomes of us: it is asked about by
its id, never made again. Result files come in any order and are matched by id; a row in none of them is unknown.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import requests

from engine.errors import OrgError
from sync.salesforce.calls import Ask, Wire, http
from sync.salesforce.errors import Fault, error_of
from sync.salesforce.query_pages import JSON, Record
from sync.salesforce.session import CSV
from sync.salesforce.writes import Answer, WriteResult, of_code

# Salesforce takes 150 MB as base64, which is a third more than what is sent.
UPLOAD_BYTES_MAX = 100_000_000
# Empties a field; an empty cell leaves it as it is.
NULL = "#N/A"
_PATH = "jobs/ingest"
_SUCCESSFUL, _FAILED, _UNPROCESSED = "successfulResults", "failedResults", "unprocessedrecords"


class JobState(StrEnum):
    OPEN = "Open"  # nothing has happened, and nothing will until it is closed
    CLOSED = "UploadComplete"
    AT_WORK = "InProgress"
    COMPLETE = "JobComplete"  # which says nothing about its rows
    FAILED = "Failed"
    ABORTED = "Aborted"

    @property
    def has_ended(self) -> bool:
        return self in {JobState.COMPLETE, JobState.FAILED, JobState.ABORTED}


@dataclass(frozen=True, slots=True)
class Job:
    """A job as the org tells of it."""

    id: str
    object: str
    operation: str
    state: JobState
    created_by: str
    created_at: datetime


class Ingest:
    """The ingest jobs of one org. An error of `create`, `upload` or `abort` means that no record was changed by it.

    A job is spoken of in the API version it was made in.
    """

    def __init__(self, wire: Wire, *, version: str = "") -> None:
        self._wire = wire
        self._version = version or wire.connection.api_version

    @property
    def version(self) -> str:
        return self._version

    def create(self, object_name: str) -> Job:
        """A new job for updates. After an error there may be one whose id nobody knows: `listed` finds it."""
        body: Record = {"object": object_name, "operation": "update", "contentType": "CSV", "lineEnding": "LF"}
        return _job(self._written(self._http("POST", _PATH, json=body), _PATH).json())

    def upload(self, job_id: str, content: bytes) -> None:
        """The rows, once."""
        path = f"{_PATH}/{job_id}/batches"
        headers = {"Content-Type": "text/csv; charset=UTF-8"}
        self._written(self._http("PUT", path, content=content, headers=headers), path)

    def close(self, job_id: str) -> bool:
        """Let the org begin; whether it has surely heard. An error raised means that it has not."""
        return not isinstance(self._wire.write(*self._patch(job_id, JobState.CLOSED)), Fault)

    def abort(self, job_id: str) -> None:
        """Let the org stop; rows it has updated stay updated."""
        path, ask = self._patch(job_id, JobState.ABORTED)
        self._written(ask, path)

    def job(self, job_id: str) -> Job:
        """OrgError SF-103 for one that is no longer kept (seven days)."""
        path = f"{_PATH}/{job_id}"
        return _job(self._wire.read(path, self._http("GET", path)).json())

    def listed(self) -> Iterator[Job]:
        """Every ingest job of the org, whoever made it, newest first."""
        path = _PATH
        while True:
            body = self._wire.read(_PATH, self._http("GET", path)).json()
            yield from (_job(row) for row in body["records"])
            following = str(body.get("nextRecordsUrl") or "")
            if body.get("done") is not False or not following:
                return
            path = f"{_PATH}?{following.partition('?')[2]}"

    def results(self, job_id: str, record_ids: Sequence[str]) -> list[Answer]:
        """One answer per record, in its order, of a job that has ended."""
        found: dict[str, Answer] = {}
        for row in self._rows(job_id, _UNPROCESSED):
            found[_id(row)] = Answer(_id(row), WriteResult.LEFT, "UNPROCESSED")
        for row in self._rows(job_id, _FAILED):
            found[_id(row)] = _refused(_id(row), row.get("sf__Error", ""))
        for row in self._rows(job_id, _SUCCESSFUL):
            found[_id(row)] = Answer(_id(row), WriteResult.DONE)
        return [found.get(key) or Answer(key, WriteResult.UNKNOWN, "NO_RESULT") for key in record_ids]

    def _http(
        self,
        method: str,
        path: str,
        *,
        json: Record | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Ask[requests.Response]:
        return http(method, path, json=json, content=content, headers=headers, version=self._version)

    def _patch(self, job_id: str, state: JobState) -> tuple[str, Ask[requests.Response]]:
        path = f"{_PATH}/{job_id}"
        return path, self._http("PATCH", path, json={"state": state.value})

    def _written(self, ask: Ask[requests.Response], where: str) -> requests.Response:
        answer = self._wire.write(where, ask)
        if isinstance(answer, Fault):
            raise error_of(answer, where)
        return answer

    def _rows(self, job_id: str, name: str) -> Iterator[dict[str, str]]:
        path = f"{_PATH}/{job_id}/{name}"
        answer = self._wire.read(path, self._http("GET", path, headers={"Accept": CSV}))
        yield from rows_of(answer.content.decode())


def csv_of(records: Sequence[tuple[str, Mapping[str, JSON]]]) -> bytes:
    """The records as one upload: Id first, the columns in one order always, each row ended by LF.

    A field a record does not name stays as it is there. ValueError for the text that would empty a field.
    """
    columns = sorted({name for _, payload in records for name in payload})
    lines = io.StringIO(newline="")
    writer = csv.writer(lines, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(["Id", *columns])
    for record_id, payload in records:
        writer.writerow([record_id, *(cell_of(payload[name]) if name in payload else "" for name in columns)])
    return lines.getvalue().encode()


def cell_of(value: JSON) -> str:
    """A value as a cell. ValueError for the text `#N/A` itself, which CSV cannot say."""
    match value:
        case None | "":
            return NULL
        case bool():
            return "true" if value else "false"
        case str() if value.strip() == NULL:
            raise ValueError(value)
        case str() | int() | float():
            return str(value)
    raise TypeError(f"no cell: {type(value).__name__}")


def rows_of(content: str) -> Iterator[dict[str, str]]:
    """The rows of a result file. One that was cut off in the middle is no row."""
    lines = csv.reader(io.StringIO(content, newline=""))
    header = next(lines, [])
    for line in lines:
        if len(line) == len(header):
            yield dict(zip(header, line, strict=True))


def _refused(record_id: str, error: str) -> Answer:
    """`CODE:words of the org:Field__c, Other__c --`; the words may hold colons themselves."""
    code, _, rest = error.partition(":")
    message, _, named = rest.rpartition(":")
    fields = tuple(name for part in named.replace("--", "").split(",") if (name := part.strip()))
    return of_code(record_id, code.strip(), message, fields)


def _id(row: Mapping[str, str]) -> str:
    """Ours before theirs: a failed row may have none of its own."""
    return row.get("Id") or row.get("sf__Id", "")


def _job(body: JSON) -> Job:
    if isinstance(body, dict) and body.get("state") in frozenset(JobState):
        given = {name: str(body.get(name, "")) for name in ("id", "object", "operation", "createdById", "createdDate")}
        at = datetime.fromisoformat(given["createdDate"])
        state = JobState(str(body["state"]))
        return Job(given["id"], given["object"], given["operation"], state, given["createdById"], at)
    raise OrgError.of("SF-130", _PATH, status=200, reason="", message="")  # an answer of the org has another shape…
