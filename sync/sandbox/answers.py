"""The org as one function: `answer(world, request, now)` does what is asked and gives the response."""

import json
from dataclasses import replace
from datetime import datetime
from email.utils import format_datetime
from urllib.parse import parse_qsl, unquote, urlsplit

from sync.sandbox import bulk, bulk_ingest, composites, resources
from sync.sandbox.exchange import RefusalError, Request, Response
from sync.sandbox.faults import next_fault, spoiled
from sync.sandbox.resources import Call
from sync.sandbox.tokens import caller, token, userinfo
from sync.sandbox.worlds import World

_URI_MAX = 16_384  # characters of a GET's target


def answer(world: World, request: Request, now: datetime) -> Response:
    """Answer one request at the org's time `now`."""
    fault, world.faults = next_fault(world.faults, request)
    world.requests += 1
    world.at(now).commit_late()
    if fault and not (fault.applied or fault.spoils):
        return _dressed(world, fault.response, counts=False)
    try:
        response = _respond(world, request)
    except RefusalError as refusal:
        response = refusal.response
    response = _dressed(world, response, counts=request.target.startswith("/services/data/v"))
    if fault and fault.spoils:
        return spoiled(fault, request, response)
    return _dressed(world, fault.response, counts=False) if fault else response


def _respond(world: World, request: Request) -> Response:
    url = urlsplit(request.target)
    path = tuple(unquote(piece) for piece in url.path.split("/") if piece)
    match request.method, path:
        case "POST", ("services", "oauth2", "token"):
            return token(world, request)
        case "GET", ("services", "oauth2", "userinfo"):
            return userinfo(world, request)
        case "GET", ("services", "data"):
            return resources.versions()
        case _, ("services", "data", version, *parts):
            user = caller(world, request)
            _count(world, request, version)
            headers = {name: value for name, value in request.headers.items() if name != "authorization"}
            call = Call(
                request.method, tuple(parts), dict(parse_qsl(url.query)), headers, _json(request), version, user,
                request.body,
            )  # fmt: skip
            return _of_job(world, call) if parts[:1] == ["jobs"] else _serve(world, call)
    raise RefusalError("NOT_FOUND", "The requested resource does not exist", status=404)


def _serve(world: World, call: Call) -> Response:
    """One resource; also what a Composite call serves its parts with."""
    match call.method, call.parts:
        case "GET", ("limits",):
            return resources.limits(world)
        case "GET", ("sobjects",):
            return resources.objects(call)
        case "GET", ("sobjects", name, "describe"):
            return resources.described(world, call, name)
        case "GET", ("query" | "queryAll" as verb,):
            return resources.query(world, call, deleted=verb == "queryAll")
        case "GET", ("tooling", "query"):
            return resources.query(world, call, deleted=False, tooling=True)
        case "GET", ("query" | "queryAll", locator):
            return resources.next_page(world, call, locator)
        case "POST", ("sobjects", name):
            return resources.create_row(world, call, name)
        case "PATCH", ("sobjects", name, record_id):
            return resources.patch_row(world, call, name, record_id)
        case "POST", ("composite",):
            return composites.composite(world, call, _serve)
        case "PATCH", ("composite", "sobjects"):
            return composites.update_rows(world, call)
        case "GET", ("composite", "sobjects", name):
            return composites.get_rows(world, call, name)
    raise RefusalError("NOT_FOUND", "The requested resource does not exist", status=404)


def _of_job(world: World, call: Call) -> Response:
    """A resource of Bulk 2.0, which a Composite call cannot have as a part."""
    bulk_ingest.work(world)
    match call.method, call.parts:
        case "POST", ("jobs", "query" | "ingest" as kind):
            return bulk.create_job(world, call, kind)
        case "GET", ("jobs", "query" | "ingest" as kind):
            return bulk.list_jobs(world, call, kind)
        case "GET", ("jobs", "query", job_id, "results"):
            return bulk.query_results(world, call, job_id)
        case "PUT", ("jobs", "ingest", job_id, "batches"):
            return bulk_ingest.upload(world, call, job_id)
        case "GET", ("jobs", "ingest", job_id, "successfulResults" | "failedResults" | "unprocessedrecords" as which):
            return bulk_ingest.results(world, call, job_id, which)
        case "GET", ("jobs", "query" | "ingest" as kind, job_id):
            return bulk.poll_job(world, call, kind, job_id)
        case "PATCH", ("jobs", "query" | "ingest" as kind, job_id):
            return bulk.change_job(world, call, kind, job_id)
        case "DELETE", ("jobs", "query" | "ingest" as kind, job_id):
            return bulk.delete_job(world, call, kind, job_id)
    raise RefusalError("NOT_FOUND", "The requested resource does not exist", status=404)


def _count(world: World, request: Request, version: str) -> None:
    """Count the call against the day's limit, and refuse versions and targets that no server would take."""
    number = version.removeprefix("v").removesuffix(".0")
    if not number.isdigit() or int(number) not in resources.VERSIONS:
        raise RefusalError("NOT_FOUND", "The requested resource does not exist", status=404)
    if len(request.target) > _URI_MAX:
        raise RefusalError("URI_TOO_LONG", "the request URI is too long", status=414)
    if world.api_calls >= world.switches.daily_limit:
        raise RefusalError("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", status=403)
    world.api_calls += 1


def _json(request: Request) -> object:
    if not request.body or request.headers.get("content-type", "").startswith("text/csv"):
        return None
    try:
        found: object = json.loads(request.body)
    except ValueError:
        raise RefusalError("JSON_PARSER_ERROR", "Unexpected character in the request body") from None
    return found


def _dressed(world: World, response: Response, *, counts: bool) -> Response:
    """With the headers every answer has."""
    headers = {"date": format_datetime(world.now.replace(microsecond=0), usegmt=True), **response.headers}
    if response.body is not None:
        headers.setdefault("content-type", "application/json;charset=UTF-8")
    if counts and world.switches.tells_usage:
        calls, switches = world.api_calls, world.switches
        per_app = f"; per-app-api-usage={calls}/{switches.app_limit}(appName=leadsync)" if switches.app_limit else ""
        headers["sforce-limit-info"] = f"api-usage={calls}/{switches.daily_limit}{per_app}"
    return replace(response, headers=headers)
