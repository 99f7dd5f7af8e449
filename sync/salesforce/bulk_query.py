"""Bulk 2.0 query: a job that the org works on by itself, and its result in pages of CSV by locator.

Each step can be made again: a job is asked about by its id, and a page by its locator, for seven days, always with the
version of the API it was made with. Nothing here ends a job because one poll failed.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from engine.errors import LeadsyncError, OrgError, TransientError
from sync.salesforce.calls import Wire, http
from sync.salesforce.errors import Fault, error_of
from sync.salesforce.query_pages import JSON
from sync.salesforce.session import CSV

_PATH = "jobs/query"
# Locators come as text; this one means that there is no other page.
_END = "null"


class QueryState(StrEnum):
    CREATED = "UploadComplete"
    AT_WORK = "InProgress"
    COMPLETE = "JobComplete"
    FAILED = "Failed"
    ABORTED = "Aborted"


@dataclass(frozen=True, slots=True)
class QueryJob:
    """`records` is how many the result holds once the job is complete, where the org tells."""

    job_id: str
    state: QueryState
    version: str
    records: int | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class ResultPage:
    """Cells as text, in the columns' order; an empty cell is null. `locator` is where the next page is, "" at the end."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    locator: str
    digest: str  # of the bytes that came


class BulkQuery:
    """The query jobs of one org."""

    def __init__(self, wire: Wire, *, version: str = "") -> None:
        self._wire = wire
        self._version = version or wire.connection.api_version

    def create(self, soql: str, *, include_deleted: bool) -> QueryJob:
        """Let the org begin. After an error there may be a job nobody knows; it changes nothing and goes in a week."""
        operation = "queryAll" if include_deleted else "query"
        body: dict[str, JSON] = {"operation": operation, "query": soql, "lineEnding": "LF", "columnDelimiter": "COMMA"}
        return self._job(self._wire.read(_PATH, http("POST", _PATH, json=body, version=self._version)).json())

    def job(self, job_id: str) -> QueryJob:
        """OrgError SF-103 for one the org no longer keeps."""
        path = f"{_PATH}/{job_id}"
        return self._job(self._wire.read(path, http("GET", path, version=self._version)).json())

    def page(self, job_id: str, *, locator: str, records_max: int) -> ResultPage:
        """One page of a complete job; the first one has no locator. TransientError SF-127 for a page that is torn."""
        path = f"{_PATH}/{job_id}/results?maxRecords={records_max}" + (f"&locator={locator}" if locator else "")
        answer = self._wire.read(_PATH, http("GET", path, headers={"Accept": CSV}, version=self._version))
        columns, rows = _cells(answer.content, job_id)
        counted = answer.headers.get("Sforce-NumberOfRecords", "")
        if counted.isdecimal() and int(counted) != len(rows):
            raise TransientError.of("SF-127", job_id, seen=len(rows), total=int(counted))  # a page of a bulk query is…
        following = answer.headers.get("Sforce-Locator", _END)
        return ResultPage(columns, rows, "" if following == _END else following, sha256(answer.content).hexdigest())

    def abort(self, job_id: str) -> None:
        """By decision only; an org that has ended or forgotten it is content."""
        path = f"{_PATH}/{job_id}"
        answer = self._wire.write(path, http("PATCH", path, json={"state": "Aborted"}, version=self._version))
        if isinstance(answer, Fault):
            raise error_of(answer, path)

    def _job(self, body: JSON) -> QueryJob:
        match body:
            case {"id": str(job_id), "state": str(state), **rest} if state in frozenset(QueryState):
                count = rest.get("numberRecordsProcessed")
                message = str(rest.get("errorMessage") or "")
                records = count if isinstance(count, int) else None
                return QueryJob(job_id, QueryState(state), self._version, records, message)
        raise OrgError.of("SF-130", _PATH, status=200, reason="", message="")  # an answer of the org has another…


def _cells(content: bytes, job_id: str) -> tuple[list[str], list[list[str]]]:
    """PlanRecord and rows, byte for byte. An empty result may come as nothing at all."""
    try:
        # Newlines inside a cell stay as they are, lone ones too; `strict` tells a cell that never ends.
        lines = list(csv.reader(io.StringIO(content.decode(), newline=""), strict=True))
    except (csv.Error, UnicodeDecodeError) as error:
        raise _torn(job_id) from error
    columns, *rows = lines or [[]]
    if any(len(row) != len(columns) for row in rows):
        raise _torn(job_id)
    return columns, rows


def _torn(job_id: str) -> LeadsyncError:
    return TransientError.of("SF-127", job_id, seen=0, total=0)  # a page of a bulk query is not what the org says it…
