"""The org as one function: `answer(world, request, now)` does what is asked and gives the response."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from email.utils import format_datetime
from urllib.parse import parse_qsl, unquote, urlsplit

from sync.sandbox import bulk, bulk_ingest, resources
from sync.sandbox.exchange import RefusalError, Request, Response, not_there
from sync.sandbox.faults import spoiled
from sync.sandbox.resources import Call
from sync.sandbox.tokens import caller, token, userinfo
from sync.sandbox.worlds import World

_URI_MAX = 16_384  # characters of a GET's target


def answer(world: World, request: Request, now: datetime) -> Response:
    """Answer one request at the org's time `now`."""
    fault = world.take(lambda fault: fault.matches(request))
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
        case method, ("services", "data", version, *parts):
            user = caller(world, request)
            _count(world, request, version)
            headers = {name: value for name, value in request.headers.items() if name != "authorization"}
            params, body = dict(parse_qsl(url.query)), _json(request)
            return _serve(world, Call(method, tuple(parts), params, headers, body, version, user, request.body))
    raise not_there()


def _serve(world: World, call: Call) -> Response:
    """One resource; also what a Composite call serves its parts with."""
    asked = f"{call.method} {'/'.join(call.parts)}"
    if call.parts[:1] == ("jobs",):
        bulk_ingest.work(world)
    for route, serve in _ROUTES:
        if found := route.fullmatch(asked):
            return serve(world, call, *found.groups())
    raise not_there()


_SERVES: dict[str, Callable[..., Response]] = {
    "GET limits": resources.limits,
    "GET sobjects": resources.objects,
    "GET sobjects/*/describe": resources.described,
    "GET (query|queryAll|tooling)(?:(?<=tooling)/query)?": resources.query,
    "GET (?:query|queryAll)/*": resources.next_page,
    "POST sobjects/*": resources.create_row,
    "PATCH sobjects/*/*": resources.patch_row,
    "POST composite": lambda world, call: resources.composite(world, call, _serve),
    "PATCH composite/sobjects": resources.update_rows,
    "GET composite/sobjects/*": resources.get_rows,
    "POST jobs/(query|ingest)": bulk.create_job,
    "GET jobs/(query|ingest)": bulk.list_jobs,
    "GET jobs/query/*/results": bulk.query_results,
    "PUT jobs/ingest/*/batches": bulk_ingest.upload,
    "GET jobs/ingest/*/(successfulResults|failedResults|unprocessedrecords)": bulk_ingest.results,
    "GET jobs/(query|ingest)/*": bulk.poll_job,
    "PATCH jobs/(query|ingest)/*": bulk.change_job,
    "DELETE jobs/(query|ingest)/*": bulk.delete_job,
}
_ROUTES = [(re.compile(asked.replace("*", "([^/]+)")), serve) for asked, serve in _SERVES.items()]


def _count(world: World, request: Request, version: str) -> None:
    """Count the call against the day's limit, and refuse versions and targets that no server would take."""
    number = version.removeprefix("v").removesuffix(".0")
    if not number.isdigit() or int(number) not in resources.VERSIONS:
        raise not_there()
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
