"""Several things in one call: Composite, with its sub-requests, and Collections, with their rows."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from urllib.parse import parse_qsl, unquote, urlsplit

from sync.sandbox.dml import distinct, is_poisoned, updatable, update
from sync.sandbox.exchange import RefusalError, Response, not_there
from sync.sandbox.ids import full, is_id
from sync.sandbox.resources import Call
from sync.sandbox.search import find, schema_object, show
from sync.sandbox.soql import Comparison, Literal, Query
from sync.sandbox.worlds import World

SUBREQUESTS_MAX = 25
QUERIES_MAX = 5  # of the sub-requests: queries and Collections together
ROWS_MAX = 200
TOO_COSTLY = RefusalError(
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "LeadTrigger: System.LimitException: Apex CPU time limit exceeded"
)


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
    """PATCH composite/sobjects: up to 200 rows, each with its own verdict, in the order they came."""
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
    return {
        "body": answer.body,
        "httpHeaders": dict(answer.headers),
        "httpStatusCode": answer.status,
        "referenceId": part.get("referenceId"),
    }


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
    items: Iterable[dict[str, object]] = given
    return list(items)
