"""The REST resources of one org: lists, describe, limits, queries with paging, single rows."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime

from sync.sandbox.describes import describe, describe_all
from sync.sandbox.dml import create, delete, update
from sync.sandbox.exchange import RefusalError, Response
from sync.sandbox.ids import full, is_id
from sync.sandbox.schema import ObjectFact
from sync.sandbox.search import find, row_of, schema_object, show
from sync.sandbox.soql import parse
from sync.sandbox.standard_objects import TOOLING_ONLY
from sync.sandbox.transaction import Author, Draft
from sync.sandbox.worlds import Cursor, Record, World, moment

VERSIONS = {59: "Winter '24", 60: "Spring '24", 61: "Summer '24", 62: "Winter '25", 63: "Spring '25", 64: "Summer '25",
            65: "Winter '26", 66: "Spring '26", 67: "Summer '26", 68: "Winter '27"}  # fmt: skip

_CURSORS_MAX = 20  # the oldest are forgotten, as after two days


@dataclass(frozen=True, slots=True)
class Call:
    """One authorised request to a resource: of its own, or a part of a Composite call."""

    method: str
    parts: tuple[str, ...]  # of the path behind the version
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: object
    version: str
    user: Record
    content: bytes = b""  # the body as it came

    def author(self, world: World) -> Author:
        assigns = self.headers.get("sforce-auto-assign", "true").lower() != "false"
        return Author(str(self.user["Id"]), self.headers, world.requests, assigns=assigns)

    @property
    def language(self) -> str:
        return str(self.user.get("LanguageLocaleKey", ""))

    @property
    def fields(self) -> dict[str, object]:
        """The body as the fields of one record."""
        if not isinstance(self.body, dict):
            raise RefusalError("JSON_PARSER_ERROR", "The HTTP entity body is required and must be a JSON object")
        return {str(name): value for name, value in self.body.items() if name != "attributes"}


def versions() -> Response:
    listed = [{"label": label, "url": f"/services/data/v{n}.0", "version": f"{n}.0"} for n, label in VERSIONS.items()]
    return Response(200, listed)


def limits(draft: Draft) -> Response:
    most, used = draft.world.switches.daily_limit, draft.world.api_calls
    bulk = {"Max": 15_000, "Remaining": 15_000}
    return Response(200, {"DailyApiRequests": {"Max": most, "Remaining": most - used}, "DailyBulkApiBatches": bulk})


def objects(call: Call) -> Response:
    return Response(200, describe_all(call.version, language=call.language))


def described(draft: Draft, call: Call, name: str) -> Response:
    """Describe, or 304 when nothing has changed since the client asked last."""
    fact = schema_object(name)
    if fact.name in draft.world.switches.hidden:
        raise RefusalError("NOT_FOUND", "The requested resource does not exist", status=404)
    changed = draft.world.schema_changed_at
    since = _http_date(call.headers.get("if-modified-since"))
    headers = {"last-modified": format_datetime(changed, usegmt=True)}
    if since and changed <= since:
        return Response(304, None, headers)
    return Response(200, describe(draft.world, fact, call.version, language=call.language), headers)


def query(draft: Draft, call: Call, *, deleted: bool, tooling: bool = False) -> Response:
    """The first page of a query. Some objects only the Tooling API knows."""
    soql = call.params.get("q", "")
    parsed = parse(soql)
    if not tooling and parsed.object in TOOLING_ONLY:
        raise RefusalError("INVALID_TYPE", f"sObject type '{parsed.object}' is not supported.")
    rows = tuple(find(draft.world, parsed, deleted=deleted))
    if not parsed.fields:
        return Response(200, {"totalSize": len(rows), "done": True, "records": []})
    size = _page_size(draft.world, call)
    if len(rows) <= size:
        shown = show(draft.world, parsed, rows, call.version)
        return Response(200, {"totalSize": len(rows), "done": True, "records": shown})
    draft.world = replace(draft.world, serial=draft.world.serial + 1)
    name = f"01g5j{draft.world.serial:013d}"
    cursors = dict(list(draft.world.cursors.items())[1 - _CURSORS_MAX :])
    draft.world = replace(draft.world, cursors={**cursors, name: Cursor(rows, soql)})
    return _page(draft, call, name, 0)


def next_page(draft: Draft, call: Call, locator: str) -> Response:
    """A later page, by the locator of the page before."""
    name, _, start = locator.partition("-")
    if name not in draft.world.cursors or not start.isdigit():
        raise RefusalError("INVALID_QUERY_LOCATOR", "invalid query locator")
    return _page(draft, call, name, int(start))


def get_row(draft: Draft, call: Call, name: str, record_id: str) -> Response:
    fact, record = _found(draft, name, record_id)
    names = [field.strip() for field in call.params.get("fields", "").split(",") if field.strip()]
    return Response(200, row_of(draft.world, fact, record, call.version, names))


def patch_row(draft: Draft, call: Call, name: str, record_id: str) -> Response:
    """An update of one row, unless it has changed since the client's stamp, to the second."""
    fact, record = _found(draft, name, record_id)
    guard = call.headers.get("if-unmodified-since")
    if guard is not None:
        since = _http_date(guard)
        if since is None:
            raise RefusalError("INVALID_HEADER", "invalid If-Unmodified-Since header")
        if moment(str(record["LastModifiedDate"])) > since:
            # The documents name the status; what the body says is not documented.
            raise RefusalError("PRECONDITION_FAILED", "The record has been modified", status=412)
    update(draft, fact, str(record["Id"]), call.fields, call.author(draft.world))
    return Response(204)


def create_row(draft: Draft, call: Call, name: str) -> Response:
    made = create(draft, schema_object(name), call.fields, call.author(draft.world))
    return Response(201, {"id": made, "success": True, "errors": []})


def delete_row(draft: Draft, call: Call, name: str, record_id: str) -> Response:
    fact, record = _found(draft, name, record_id)
    delete(draft, fact, str(record["Id"]), call.author(draft.world))
    return Response(204)


def _found(draft: Draft, name: str, record_id: str) -> tuple[ObjectFact, Record]:
    """A row by the path of its resource."""
    fact = schema_object(name)
    record = draft.world.find(fact.name, full(record_id)) if is_id(record_id) else None
    if record is None:
        raise RefusalError("NOT_FOUND", "The requested resource does not exist", status=404)
    if record.get("IsDeleted"):
        raise RefusalError("ENTITY_IS_DELETED", "entity is deleted", status=404)
    return fact, record


def _page(draft: Draft, call: Call, name: str, start: int) -> Response:
    cursor = draft.world.cursors[name]
    stop = start + _page_size(draft.world, call)
    body: dict[str, object] = {"totalSize": len(cursor.rows), "done": stop >= len(cursor.rows)}
    if stop < len(cursor.rows):
        # Salesforce says `query` here for queryAll too.
        body["nextRecordsUrl"] = f"/services/data/{call.version}/query/{name}-{stop}"
    body["records"] = show(draft.world, parse(cursor.soql), cursor.rows[start:stop], call.version)
    return Response(200, body)


def _page_size(world: World, call: Call) -> int:
    """The org's page size, or what the client hints at if that is less."""
    _, _, hint = call.headers.get("sforce-query-options", "").partition("batchSize=")
    return min(max(int(hint), 200), world.switches.page_size) if hint.isdigit() else world.switches.page_size


def _http_date(text: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
