"""The fault plan: what goes wrong, for which requests, how often. To plan one, put a `Fault` in `World.faults`."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum

from sync.sandbox.exchange import Door, Request, Response


class FaultKind(StrEnum):
    EXPIRED = "expired session"
    LIMIT = "daily limit"
    BUSY = "too many requests"
    MOVED = "precondition failed"
    ERROR = "server error"
    GATEWAY = "bad gateway"
    TIMEOUT = "gateway timeout"
    MAINTENANCE = "maintenance page"
    EDGE = "edge setting up"
    UNACCEPTABLE = "not acceptable"  # 406 without a body
    EMPTY = "unavailable without a word"
    CONCURRENT = "too many long transactions"
    METERING = "transaction security"
    SLOW_QUERY = "query timeout"
    LOCATOR = "locator gone"
    DISABLED = "API disabled"
    LOGIN_PAGE = "login page"  # 401 in HTML
    RESET = "connection reset"
    HANG = "no answer"
    LOCKED = "row locked"  # a row of the request, not the request itself
    POISON = "row poisons its chunk"  # every row that triggers see together with it fails
    # What becomes of a Bulk 2.0 job that is created; `after` batches are done before.
    JOB_FAILED = "job failed"
    JOB_ABORTED = "job aborted"
    JOB_STUCK = "job stuck"
    # The answer itself, spoiled.
    CUT = "answer cut"  # the connection closes after `after` bytes
    TRUNCATED = "answer shortened"  # by something between that makes it look whole
    REPEATED = "locator repeated"  # a result page that names itself as the next
    SHORT = "row missing"  # from a result file or a page, with the number of records unchanged
    UNCOUNTED = "number of records missing"


@dataclass(frozen=True, slots=True)
class Fault:
    """Hits `times` matching requests after letting `skip` of them pass.

    `applied` says whether the request has taken effect before its answer is lost. For `LOCKED` and `POISON`,
    `record_id` names the row (`LOCKED`, empty: any row) and the counts are of writes to it.
    """

    kind: FaultKind
    path: str = ""  # part of the target
    method: str = ""
    holds: str = ""  # part of the body
    skip: int = 0
    times: int = 1
    applied: bool = False
    record_id: str = ""
    after: int = 0

    @property
    def spoils(self) -> bool:
        """Whether the org's own answer leaves, but not as it was."""
        return self.kind in _OF_ANSWERS

    def matches(self, request: Request) -> bool:
        is_there = self.path in request.target and self.method in {"", request.method}
        return is_there and self.holds.encode() in request.body

    @property
    def response(self) -> Response:
        """What the client gets instead of an answer."""
        if self.kind in _DOORS:
            return Response(0, door=_DOORS[self.kind])
        if self.kind in _PAGES:
            status, body = _PAGES[self.kind]
            return Response(status, body, {"content-type": "text/html"} if body else {})
        status, code, message = _ERRORS.get(self.kind, _ERRORS[FaultKind.ERROR])
        headers = {"retry-after": "1"} if self.kind is FaultKind.BUSY else {}
        return Response(status, [{"message": message, "errorCode": code}], headers)


_DOORS = {FaultKind.RESET: Door.RESET, FaultKind.HANG: Door.HANG}
_PAGES = {
    FaultKind.MAINTENANCE: (503, "<html><body>Down for maintenance</body></html>"),
    FaultKind.GATEWAY: (502, "<html><body>Gateway</body></html>"),
    FaultKind.TIMEOUT: (504, "<html><body>Gateway</body></html>"),
    FaultKind.EDGE: (420, "<html><body>Your Salesforce org is being set up</body></html>"),
    FaultKind.LOGIN_PAGE: (401, "<html><body>Log in</body></html>"),
    FaultKind.UNACCEPTABLE: (406, None),
    FaultKind.EMPTY: (503, None),
}
_ERRORS = {
    FaultKind.BUSY: (429, "REQUEST_LIMIT_EXCEEDED", "Too many requests"),
    FaultKind.EXPIRED: (401, "INVALID_SESSION_ID", "Session expired or invalid"),
    FaultKind.LIMIT: (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
    FaultKind.CONCURRENT: (403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentPerOrgLongTxn Limit exceeded."),
    FaultKind.METERING: (403, "TXN_SECURITY_METERING_ERROR", "Transaction security evaluation is over its limit"),
    FaultKind.DISABLED: (403, "API_DISABLED_FOR_ORG", "API is disabled for this Organization"),
    FaultKind.MOVED: (412, "PRECONDITION_FAILED", "The record has changed"),
    FaultKind.SLOW_QUERY: (400, "QUERY_TIMEOUT", "Your query request was running for too long."),
    FaultKind.LOCATOR: (400, "INVALID_QUERY_LOCATOR", "invalid query locator"),
    FaultKind.ERROR: (500, "UNKNOWN_EXCEPTION", "An unexpected error occurred"),
}
_OF_ROWS = frozenset({FaultKind.LOCKED, FaultKind.POISON})
_OF_JOBS = frozenset({FaultKind.JOB_FAILED, FaultKind.JOB_ABORTED, FaultKind.JOB_STUCK})
_OF_ANSWERS = frozenset({FaultKind.CUT, FaultKind.TRUNCATED, FaultKind.REPEATED, FaultKind.SHORT, FaultKind.UNCOUNTED})


def spoiled(fault: Fault, request: Request, response: Response) -> Response:
    """The org's answer as this fault leaves it."""
    headers = dict(response.headers)
    match fault.kind:
        case FaultKind.CUT:
            return replace(response, door=Door.CUT, sent_bytes=fault.after)
        case FaultKind.TRUNCATED:
            return replace(response, body=response.content[: fault.after].decode("utf-8", "ignore"))
        case FaultKind.REPEATED:
            _, _, rest = request.target.partition("locator=")
            return replace(response, headers=headers | {"sforce-locator": rest.partition("&")[0] or "MA"})
        case FaultKind.UNCOUNTED:
            headers.pop("sforce-numberofrecords", None)
            return replace(response, headers=headers)
        case _ if isinstance(response.body, str):
            return replace(response, body="".join(response.body.splitlines(keepends=True)[:-1]))
        case _ if isinstance(response.body, dict):
            return replace(response, body={**response.body, "records": response.body.get("records", [])[:-1]})
    return response


def next_fault(faults: tuple[Fault, ...], request: Request) -> tuple[Fault | None, tuple[Fault, ...]]:
    """The fault that hits this request, and the plan that is left."""
    others = _OF_ROWS | _OF_JOBS
    return _take(faults, [fault.kind not in others and fault.matches(request) for fault in faults])


def next_fate(faults: tuple[Fault, ...], path: str) -> tuple[Fault | None, tuple[Fault, ...]]:
    """What becomes of a job created by this path (`jobs/query` or `jobs/ingest`), and the plan that is left."""
    return _take(faults, [fault.kind in _OF_JOBS and fault.path in path for fault in faults])


def next_of_rows(
    kind: FaultKind, faults: tuple[Fault, ...], keys: Collection[str]
) -> tuple[Fault | None, tuple[Fault, ...]]:
    """The fault of this kind that one of these rows meets, and the plan that is left."""
    return _take(faults, [fault.kind is kind and fault.record_id in keys for fault in faults])


def _take(faults: tuple[Fault, ...], hits: list[bool]) -> tuple[Fault | None, tuple[Fault, ...]]:
    taken: Fault | None = None
    left: list[Fault] = []
    for fault, hit in zip(faults, hits, strict=True):
        if not hit or taken:
            left.append(fault)
        elif fault.skip:
            left.append(replace(fault, skip=fault.skip - 1))
        else:
            taken = fault
            left.extend([replace(fault, times=fault.times - 1)] if fault.times > 1 else [])
    return taken, tuple(left)
