"""The REST resources of one org: lists, describe, limits, queries with paging, single rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime

from sync.sandbox.clock import moment
from sync.sandbox.database import Record
from sync.sandbox.describes import describe, describe_all
from sync.sandbox.dml import Author, create, update
from sync.sandbox.exchange import RefusalError, Response, not_there
from sync.sandbox.ids import full, is_id
from sync.sandbox.schema import TOOLING_ONLY
from sync.sandbox.search import find, schema_object, show
from sync.sandbox.soql import parse
from sync.sandbox.worlds import World

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


def limits(world: World, _: Call) -> Response:
    most, used = world.switches.daily_limit, world.api_calls
    bulk = {"Max": 15_000, "Remaining": 15_000}
    return Response(200, {"DailyApiRequests": {"Max": most, "Remaining": most - used}, "DailyBulkApiBatches": bulk})


def objects(_: World, call: Call) -> Response:
    return Response(200, describe_all(call.version, language=call.language))


def described(world: World, call: Call, name: str) -> Response:
    """Describe, or 304 when nothing has changed since the client asked last."""
    fact = schema_object(name)
    if fact.name in world.switches.hidden:
        raise not_there()
    changed = world.schema_changed_at
    since = _http_date(call.headers.get("if-modified-since"))
    headers = {"last-modified": format_datetime(changed, usegmt=True)}
    if since and changed <= since:
        return Response(304, None, headers)
    return Response(200, describe(world, fact, call.version, language=call.language), headers)


def query(world: World, call: Call, verb: str) -> Response:
    """The first page of a query. Some objects only the Tooling API knows."""
    parsed = parse(call.params.get("q", ""))
    if verb != "tooling" and parsed.object in TOOLING_ONLY:
        raise RefusalError("INVALID_TYPE", f"sObject type '{parsed.object}' is not supported.")
    found = find(world, parsed, deleted=verb == "queryAll")
    if not parsed.fields:
        return Response(200, {"totalSize": len(found.rows), "done": True, "records": []})
    if len(found.rows) <= _page_size(world, call):
        return Response(200, {"totalSize": len(found.rows), "done": True, "records": show(found, call.version)})
    world.serial += 1
    name = f"01g5j{world.serial:013d}"
    world.cursors = {**dict(list(world.cursors.items())[1 - _CURSORS_MAX :]), name: found}
    return _page(world, call, name, 0)


def next_page(world: World, call: Call, locator: str) -> Response:
    """A later page, by the locator of the page before."""
    name, _, start = locator.partition("-")
    if name not in world.cursors or not start.isdigit():
        raise RefusalError("INVALID_QUERY_LOCATOR", "invalid query locator")
    return _page(world, call, name, int(start))


def patch_row(world: World, call: Call, name: str, record_id: str) -> Response:
    """An update of one row, unless it has changed since the client's stamp, to the second."""
    fact = schema_object(name)
    record = world.find(fact.name, full(record_id)) if is_id(record_id) else None
    if record is None:
        raise not_there()
    if record.get("IsDeleted"):
        raise RefusalError("ENTITY_IS_DELETED", "entity is deleted", status=404)
    guard = call.headers.get("if-unmodified-since")
    if guard is not None:
        since = _http_date(guard)
        if since is None:
            raise RefusalError("INVALID_HEADER", "invalid If-Unmodified-Since header")
        if moment(str(record["LastModifiedDate"])) > since:
            # The documents name the status; what the body says is not documented.
            raise RefusalError("PRECONDITION_FAILED", "The record has been modified", status=412)
    update(world, fact, str(record["Id"]), call.fields, call.author(world))
    return Response(204)


def create_row(world: World, call: Call, name: str) -> Response:
    made = create(world, schema_object(name), call.fields, call.author(world))
    return Response(201, {"id": made, "success": True, "errors": []})


def _page(world: World, call: Call, name: str, start: int) -> Response:
    found = world.cursors[name]
    stop = start + _page_size(world, call)
    body: dict[str, object] = {"totalSize": len(found.rows), "done": stop >= len(found.rows)}
    if stop < len(found.rows):
        # Salesforce says `query` here for queryAll too.
        body["nextRecordsUrl"] = f"/services/data/{call.version}/query/{name}-{stop}"
    body["records"] = show(found, call.version, start, stop)
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
