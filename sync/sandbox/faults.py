"""The fault plan: what goes wrong, for which requests, how often. To plan one, put a `Fault` in `World.faults`."""

from collections.abc import Callable
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
        return self.kind in {
            FaultKind.CUT,
            FaultKind.TRUNCATED,
            FaultKind.REPEATED,
            FaultKind.SHORT,
            FaultKind.UNCOUNTED,
        }

    def matches(self, request: Request) -> bool:
        """Whether a request of its own is hit, and not rows or a job within."""
        is_there = self.path in request.target and self.method in {"", request.method}
        return (self.kind in _ANSWERS or self.spoils) and is_there and self.holds.encode() in request.body

    @property
    def response(self) -> Response:
        """What the client gets instead of an answer."""
        said = _ANSWERS.get(self.kind)
        match said:
            case Door():
                return Response(0, door=said)
            case status, text:
                return Response(
                    status, text and f"<html><body>{text}</body></html>", {"content-type": "text/html"} if text else {}
                )
            case status, code, message:
                headers = {"retry-after": "1"} if self.kind is FaultKind.BUSY else {}
                return Response(status, [{"message": message, "errorCode": code}], headers)
        raise ValueError(self.kind)


# How a client is answered: not at all, by a page, or by an error of the API.
_ANSWERS: dict[FaultKind, Door | tuple[int, str | None] | tuple[int, str, str]] = {
    FaultKind.RESET: Door.RESET,
    FaultKind.HANG: Door.HANG,
    FaultKind.MAINTENANCE: (503, "Down for maintenance"),
    FaultKind.GATEWAY: (502, "Gateway"),
    FaultKind.TIMEOUT: (504, "Gateway"),
    FaultKind.EDGE: (420, "Your Salesforce org is being set up"),
    FaultKind.LOGIN_PAGE: (401, "Log in"),
    FaultKind.UNACCEPTABLE: (406, None),
    FaultKind.EMPTY: (503, None),
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


def take(faults: tuple[Fault, ...], hits: Callable[[Fault], bool]) -> tuple[Fault | None, tuple[Fault, ...]]:
    """The first planned fault that hits, and the plan that is left."""
    for place, fault in enumerate(faults):
        if hits(fault) and fault.skip:
            faults = (*faults[:place], replace(fault, skip=fault.skip - 1), *faults[place + 1 :])
        elif hits(fault):
            again = (replace(fault, times=fault.times - 1),) if fault.times > 1 else ()
            return fault, (*faults[:place], *again, *faults[place + 1 :])
    return None, faults
