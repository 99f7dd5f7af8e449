"""The org as one function: `answer(world, request, now)` gives the world after and the response."""

import json
from dataclasses import replace
from datetime import datetime
from email.utils import format_datetime
from urllib.parse import parse_qsl, unquote, urlsplit

from sync.sandbox import bulk, bulk_ingest, bulk_query, composites, resources
from sync.sandbox.bulk_ingest import work
from sync.sandbox.exchange import RefusalError, Request, Response
from sync.sandbox.faults import next_fault, spoiled
from sync.sandbox.resources import Call
from sync.sandbox.tokens import caller, token, userinfo
from sync.sandbox.transaction import Draft
from sync.sandbox.worlds import World

_URI_MAX = 16_384  # characters of a GET's target


def answer(world: World, request: Request, now: datetime) -> tuple[World, Response]:
    """Answer one request at the org's time `now`. The world given is left as it was."""
    fault, left = next_fault(world.faults, request)
    draft = Draft(replace(world, requests=world.requests + 1, faults=left), now)
    draft.commit_late()
    if fault and not (fault.applied or fault.spoils):
        return draft.world, _dressed(draft, fault.response, counts=False)
    try:
        response = _respond(draft, request)
    except RefusalError as refusal:
        response = refusal.response
    response = _dressed(draft, response, counts=request.target.startswith("/services/data/v"))
    if fault and fault.spoils:
        return draft.world, spoiled(fault, request, response)
    return draft.world, _dressed(draft, fault.response, counts=False) if fault else response


def _respond(draft: Draft, request: Request) -> Response:
    url = urlsplit(request.target)
    path = tuple(unquote(piece) for piece in url.path.split("/") if piece)
    match request.method, path:
        case "POST", ("services", "oauth2", "token"):
            return token(draft, request)
        case "GET", ("services", "oauth2", "userinfo"):
            return userinfo(draft, request)
        case "GET", ("services", "data"):
            return resources.versions()
        case _, ("services", "data", version, *parts):
            user = caller(draft, request)
            _count(draft, request, version)
            headers = {name: value for name, value in request.headers.items() if name != "authorization"}
            call = Call(
                request.method, tuple(parts), dict(parse_qsl(url.query)), headers, _json(request), version, user,
                request.body,
            )  # fmt: skip
            return _of_job(draft, call) if parts[:1] == ["jobs"] else _serve(draft, call)
    raise RefusalError("NOT_FOUND", "The requested resource does not exist", status=404)


def _serve(draft: Draft, call: Call) -> Response:
    """One resource; also what a Composite call serves its parts with."""
    match call.method, call.parts:
        case "GET", ("limits",):
            return resources.limits(draft)
        case "GET", ("sobjects",):
            return resources.objects(call)
        case "GET", ("sobjects", name, "describe"):
            return resources.described(draft, call, name)
        case "GET", ("query" | "queryAll" as verb,):
            return resources.query(draft, call, deleted=verb == "queryAll")
        case "GET", ("tooling", "query"):
            return resources.query(draft, call, deleted=False, tooling=True)
        case "GET", ("query" | "queryAll", locator):
            return resources.next_page(draft, call, locator)
        case "POST", ("sobjects", name):
            return resources.create_row(draft, call, name)
        case "GET", ("sobjects", name, record_id):
            return resources.get_row(draft, call, name, record_id)
        case "PATCH", ("sobjects", name, record_id):
            return resources.patch_row(draft, call, name, record_id)
        case "DELETE", ("sobjects", name, record_id):
            return resources.delete_row(draft, call, name, record_id)
        case "POST", ("composite",):
            return composites.composite(draft, call, _serve)
        case "PATCH", ("composite", "sobjects"):
            return composites.update_rows(draft, call)
        case "GET", ("composite", "sobjects", name):
            return composites.get_rows(draft, call, name)
    raise RefusalError("NOT_FOUND", "The requested resource does not exist", status=404)


def _of_job(draft: Draft, call: Call) -> Response:
    """A resource of Bulk 2.0, which a Composite call cannot have as a part."""
    work(draft)
    match call.method, call.parts:
        case "POST", ("jobs", "query" | "ingest" as kind):
            return bulk.create_job(draft, call, kind)
        case "GET", ("jobs", "query" | "ingest" as kind):
            return bulk.list_jobs(draft, call, kind)
        case "GET", ("jobs", "query", job_id, "results"):
            return bulk_query.results(draft, call, job_id)
        case "PUT", ("jobs", "ingest", job_id, "batches"):
            return bulk_ingest.upload(draft, call, job_id)
        case "GET", ("jobs", "ingest", job_id, "successfulResults" | "failedResults" | "unprocessedrecords" as which):
            return bulk_ingest.results(draft, call, job_id, which)
        case "GET", ("jobs", "query" | "ingest" as kind, job_id):
            return bulk.poll_job(draft, call, kind, job_id)
        case "PATCH", ("jobs", "query" | "ingest" as kind, job_id):
            return bulk.change_job(draft, call, kind, job_id)
        case "DELETE", ("jobs", "query" | "ingest" as kind, job_id):
            return bulk.delete_job(draft, call, kind, job_id)
    raise RefusalError("NOT_FOUND", "The requested resource does not exist", status=404)


def _count(draft: Draft, request: Request, version: str) -> None:
    """Count the call against the day's limit, and refuse versions and targets that no server would take."""
    number = version.removeprefix("v").removesuffix(".0")
    if not number.isdigit() or int(number) not in resources.VERSIONS:
        raise RefusalError("NOT_FOUND", "The requested resource does not exist", status=404)
    if len(request.target) > _URI_MAX:
        raise RefusalError("URI_TOO_LONG", "the request URI is too long", status=414)
    if draft.world.api_calls >= draft.world.switches.daily_limit:
        raise RefusalError("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", status=403)
    draft.world = replace(draft.world, api_calls=draft.world.api_calls + 1)


def _json(request: Request) -> object:
    if not request.body or request.headers.get("content-type", "").startswith("text/csv"):
        return None
    try:
        found: object = json.loads(request.body)
    except ValueError:
        raise RefusalError("JSON_PARSER_ERROR", "Unexpected character in the request body") from None
    return found


def _dressed(draft: Draft, response: Response, *, counts: bool) -> Response:
    """With the headers every answer has."""
    headers = {"date": format_datetime(draft.now.replace(microsecond=0), usegmt=True), **response.headers}
    if response.body is not None:
        headers.setdefault("content-type", "application/json;charset=UTF-8")
    if counts and draft.world.switches.tells_usage:
        calls, switches = draft.world.api_calls, draft.world.switches
        per_app = f"; per-app-api-usage={calls}/{switches.app_limit}(appName=leadsync)" if switches.app_limit else ""
        headers["sforce-limit-info"] = f"api-usage={calls}/{switches.daily_limit}{per_app}"
    return replace(response, headers=headers)
