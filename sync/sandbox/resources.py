"""The REST resources of one org: lists, describe, limits, queries with paging, rows, and several things in one call."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from urllib.parse import parse_qsl, unquote, urlsplit

from sync.sandbox.clock import moment
from sync.sandbox.database import Record
from sync.sandbox.describes import describe, describe_all
from sync.sandbox.dml import Author, create, distinct, is_poisoned, updatable, update
from sync.sandbox.exchange import RefusalError, Response, not_there
from sync.sandbox.ids import full, is_id
from sync.sandbox.schema import TOOLING_ONLY
from sync.sandbox.search import find, schema_object, show
from sync.sandbox.soql import Comparison, Literal, Query, parse
from sync.sandbox.worlds import World

VERSIONS = range(59, 69)  # Winter '24 to Winter '27, three a year
_CURSORS_MAX = 20  # the oldest are forgotten, as after two days
SUBREQUESTS_MAX = 25
QUERIES_MAX = 5  # of the sub-requests: queries and Collections together
ROWS_MAX = 200
TOO_COSTLY = RefusalError(
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "LeadTrigger: System.LimitException: Apex CPU time limit exceeded"
)


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
    named = [(n, f"{('Winter', 'Spring', 'Summer')[(n - 59) % 3]} '{24 + (n - 59) // 3}") for n in VERSIONS]
    return Response(200, [{"label": label, "url": f"/services/data/v{n}.0", "version": f"{n}.0"} for n, label in named])


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
    since = _http_date(guard)
    if guard is not None and since is None:
        raise RefusalError("INVALID_HEADER", "invalid If-Unmodified-Since header")
    if since and moment(str(record["LastModifiedDate"])) > since:
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


def composite(world: World, call: Call, serve: Callable[[World, Call], Response]) -> Response:
    """Up to 25 sub-requests in their order; with allOrNone, one that fails undoes all."""
    body = call.fields
    parts = _records(body.get("compositeRequest"))
    if len(parts) > SUBREQUESTS_MAX:
        raise RefusalError("LIMIT_EXCEEDED", f"Composite request limit exceeded: {len(parts)} > {SUBREQUESTS_MAX}")
    costly = sum(_is_costly(str(part.get("url", ""))) for part in parts)
    if costly > QUERIES_MAX:
        message = f"Composite request limit exceeded: {costly} query and collection operations > {QUERIES_MAX}"
        raise RefusalError("LIMIT_EXCEEDED", message)
    with world.db.savepoint() as undo:
        answers = [_part(world, call, part, serve) for part in parts]
        failed = [answer.status >= 400 for answer in answers]
        if body.get("allOrNone") is True and any(failed):
            undo()
            halted = RefusalError("PROCESSING_HALTED", "The transaction was rolled back since another operation in the same "
                                  "transaction failed.").response  # fmt: skip
            answers = [answer if bad else halted for answer, bad in zip(answers, failed, strict=True)]
    return Response(200, {"compositeResponse": [_shown(a, part) for a, part in zip(answers, parts, strict=True)]})


def update_rows(world: World, call: Call) -> Response:
    """PATCH composite/sobjects: up to 200 rows, each with its own outcome, in the order they came."""
    body = call.fields
    rows = _records(body.get("records"))
    if len(rows) > ROWS_MAX:
        message = f"record limit reached. cannot submit more than {ROWS_MAX} records in this call"
        raise RefusalError("LIMIT_EXCEEDED", message)
    ids = [full(given) for row in rows if is_id(given := _id(row))]
    if is_poisoned(world, ids):
        return Response(200, [_failure(record_id, TOO_COSTLY) for record_id in ids])
    seen = set[str]()
    with world.db.savepoint() as undo:
        results = [_row(world, call, row, seen) for row in rows]
        if body.get("allOrNone") is True and not all(result["success"] for result in results):
            undo()
            rolled = RefusalError("ALL_OR_NONE_OPERATION_ROLLED_BACK", "Record rolled back because not all records were valid "
                                  "and the request was using AllOrNone header")  # fmt: skip
            results = [_failure(result.get("id"), rolled) if result["success"] else result for result in results]
    return Response(200, results)


def get_rows(world: World, call: Call, name: str) -> Response:
    """GET composite/sobjects/Lead?ids=..&fields=..: null for what is not there."""
    fact = schema_object(name)
    keys = [full(key) if is_id(key) else "" for key in call.params.get("ids", "").split(",")]
    wanted = Comparison("Id", "in", tuple(Literal("text", key) for key in keys if key))
    fields = tuple(dict.fromkeys(["Id", *call.params.get("fields", "Id").split(",")]))
    rows = show(find(world, Query(fields, fact.name, wanted, (), None, 0), deleted=False), call.version)
    found = {row["Id"]: row for row in rows}
    return Response(200, [found.get(key) for key in keys])


def _is_costly(url: str) -> bool:
    """Whether a sub-request counts against the limit of five."""
    path = urlsplit(url).path.split("/")[4:]
    return path[:1] in (["query"], ["queryAll"]) or path[:2] == ["composite", "sobjects"]


def _part(world: World, call: Call, part: Mapping[str, object], serve: Callable[[World, Call], Response]) -> Response:
    """One sub-request. Which outer headers count for it is a switch: the documents leave it open."""
    url = urlsplit(str(part.get("url", "")))
    path = [unquote(piece) for piece in url.path.split("/") if piece]
    own = part.get("httpHeaders")
    headers = {str(name).lower(): str(value) for name, value in own.items()} if isinstance(own, dict) else {}
    if world.switches.outer_headers_count:
        headers = {**call.headers, **headers}
    if path[:2] != ["services", "data"] or path[3:] == ["composite"] or path[3:4] == ["jobs"]:
        return not_there().response
    inner = replace(call, method=str(part.get("method", "GET")), parts=tuple(path[3:]), params=dict(parse_qsl(url.query)),
                    headers=headers, body=part.get("body"))  # fmt: skip
    try:
        return serve(world, inner)
    except RefusalError as refusal:
        return refusal.response


def _shown(answer: Response, part: Mapping[str, object]) -> dict[str, object]:
    return {"body": answer.body, "httpHeaders": dict(answer.headers), "httpStatusCode": answer.status,
            "referenceId": part.get("referenceId")}  # fmt: skip


def _row(world: World, call: Call, row: Mapping[str, object], seen: set[str]) -> dict[str, object]:
    kind, given = row.get("attributes"), _id(row)
    values = {key: value for key, value in row.items() if key not in {"attributes", "id", "Id"}}
    try:
        fact = updatable(str(kind.get("type", "")) if isinstance(kind, dict) else "")
        update(world, fact, distinct(given, seen), values, call.author(world))
    except RefusalError as refusal:
        return _failure(full(given) if is_id(given) else None, refusal)
    return {"id": full(given), "success": True, "errors": []}


def _id(row: Mapping[str, object]) -> str:
    return str(row.get("id") or row.get("Id") or "")


def _failure(record_id: object, refusal: RefusalError) -> dict[str, object]:
    known = {"id": record_id} if record_id else {}
    return {**known, "success": False, "errors": [refusal.row]}


def _records(given: object) -> list[dict[str, object]]:
    if not isinstance(given, list) or not all(isinstance(item, dict) for item in given):
        raise RefusalError("JSON_PARSER_ERROR", "The request body is missing a required list of records")
    return given
