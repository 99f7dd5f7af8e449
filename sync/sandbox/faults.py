"""The fault plan: what goes wrong, for which requests, how often. To plan one, put a `Fault` in `World.faults`."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

from sync.sandbox.exchange import Door, Request, Response


class FaultKind(StrEnum):
    """Each with what the client gets instead of an answer, if it does: nothing, a page, or an error of the API."""

    answer: Door | tuple[int, str | None] | tuple[int, str, str] | None

    def __new__(cls, value: str, answer: Door | tuple[int, str | None] | tuple[int, str, str] | None = None) -> Self:
        kind = str.__new__(cls, value)
        kind._value_, kind.answer = value, answer
        return kind

    EXPIRED = "expired session", (401, "INVALID_SESSION_ID", "Session expired or invalid")
    LIMIT = "daily limit", (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
    BUSY = "too many requests", (429, "REQUEST_LIMIT_EXCEEDED", "Too many requests")
    MOVED = "precondition failed", (412, "PRECONDITION_FAILED", "The record has changed")
    ERROR = "server error", (500, "UNKNOWN_EXCEPTION", "An unexpected error occurred")
    GATEWAY = "bad gateway", (502, "Gateway")
    TIMEOUT = "gateway timeout", (504, "Gateway")
    MAINTENANCE = "maintenance page", (503, "Down for maintenance")
    EDGE = "edge setting up", (420, "Your Salesforce org is being set up")
    UNACCEPTABLE = "not acceptable", (406, None)
    EMPTY = "unavailable without a word", (503, None)
    CONCURRENT = "long transactions", (403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentPerOrgLongTxn Limit exceeded.")
    METERING = "metering", (403, "TXN_SECURITY_METERING_ERROR", "Transaction security evaluation is over its limit")
    SLOW_QUERY = "query timeout", (400, "QUERY_TIMEOUT", "Your query request was running for too long.")
    LOCATOR = "locator gone", (400, "INVALID_QUERY_LOCATOR", "invalid query locator")
    DISABLED = "API disabled", (403, "API_DISABLED_FOR_ORG", "API is disabled for this Organization")
    LOGIN_PAGE = "login page", (401, "Log in")
    RESET = "connection reset", Door.RESET
    HANG = "no answer", Door.HANG
    LOCKED = "row locked"  # a row of the request, not the request itself
    POISON = "row poisons its chunk"  # every row that triggers see together with it fails
    # What becomes of a Bulk 2.0 job that is created; `after` batches are done before.
    JOB_FAILED = "job failed"
    JOB_ABORTED = "job aborted"  # by the server or an administrator
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
        return bool(self.kind.answer or self.spoils) and is_there and self.holds.encode() in request.body

    @property
    def response(self) -> Response:
        """What the client gets instead of an answer."""
        match self.kind.answer:
            case Door() as door:
                return Response(0, door=door)
            case status, text:
                page = text and f"<html><body>{text}</body></html>"
                return Response(status, page, {"content-type": "text/html"} if page else {})
            case status, code, message:
                headers = {"retry-after": "1"} if self.kind is FaultKind.BUSY else {}
                return Response(status, [{"message": message, "errorCode": code}], headers)
        raise ValueError(self.kind)


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
