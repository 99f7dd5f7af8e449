"""What a failed call means. To teach a code, add a row to `TABLE`: the first row that fits says what to do.

A fault tells two things apart: the course to take, and whether a write may have been carried out all the same. Faults
travel as `CallError` inside this folder only; outside it they are errors of the house with SF- and LG- codes.
"""

from dataclasses import dataclass
from enum import StrEnum
from json import loads

import requests
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError
from urllib3.exceptions import ProxyError as TunnelError

from engine.errors import LeadsyncError, LoginError, OrgError, TransientError

_MESSAGE_MAX = 300


class Course(StrEnum):
    """What to do next."""

    RETRY = "retry"  # the same call again, soon
    LATER = "later"  # another run; waiting here is useless
    REFRESH = "refresh"  # a new token, once
    RESTART = "restart"  # the query's place is lost: ask again from the last row held
    NARROW = "narrow"  # ask for less
    STOP = "stop"  # asking again changes nothing


@dataclass(frozen=True, slots=True)
class Fault:
    """What a call came to instead of an answer. `is_login`: what is wrong is who asks, or where."""

    course: Course
    problem: str
    code: str = ""
    message: str = ""
    status: int = 0
    may_have_applied: bool = False
    wait_seconds: float = 0.0
    is_login: bool = False


class CallError(Exception):
    """A call failed; never leaves this folder."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


class LocatorLostError(TransientError):
    """The org no longer knows where a query stood: start again from the last row held."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; an empty `status`, `code` or `says` fits all."""

    course: Course
    problem: str
    status: tuple[int, ...] = ()
    code: tuple[str, ...] = ()
    says: str = ""
    may_have_applied: bool = False
    wait_seconds: float = 0.0
    is_login: bool = False

    def fits(self, *, status: int, code: str, message: str) -> bool:
        return (
            (not self.status or status in self.status)
            and (not self.code or code in self.code)
            and self.says.casefold() in message.casefold()
        )


TABLE: tuple[Row, ...] = (
    # the org gave a token and then refused it (status {status}) {reason} {message}
    Row(Course.REFRESH, "LG-106", status=(401,), is_login=True),
    # Some edges of Salesforce say this code with 429, where waiting a little does help.
    Row(Course.RETRY, "SF-111", status=(420, 429)),  # the org is busy (status {status}) {reason} {message}
    # Waiting for the daily limit is a matter of hours; for running calls to end, of a minute.
    # too many long calls are running in the org at once (status {status}) {reason} {message}
    Row(Course.RETRY, "SF-112", code=("REQUEST_LIMIT_EXCEEDED",), says="concurrent", wait_seconds=30.0),
    Row(Course.LATER, "SF-110", code=("REQUEST_LIMIT_EXCEEDED",)),  # the org's daily API calls are used up (status…
    # Said by Salesforce itself, in JSON, before it begins: a write that got this answer was not taken. A 503 page comes from
    # the edge and says nothing of what became of a write.
    # the org is busy (status {status}) {reason} {message}
    Row(Course.RETRY, "SF-111", code=("TXN_SECURITY_METERING_ERROR", "UNABLE_TO_LOCK_ROW", "SERVER_UNAVAILABLE")),
    Row(Course.RESTART, "SF-120", code=("INVALID_QUERY_LOCATOR",)),  # the org lost track of a query: {message}
    # the org cannot serve so much at once (status {status}) {reason} {message}
    Row(Course.NARROW, "SF-122", code=("QUERY_TIMEOUT", "OPERATION_TOO_LARGE", "QUERY_TOO_COMPLICATED")),
    Row(
        Course.STOP,
        "SF-102",  # the org does not understand a field or query: {reason} {message} (status {status})
        code=("INVALID_FIELD", "INVALID_TYPE", "MALFORMED_QUERY", "INVALID_QUERY_FILTER_OPERATOR"),
    ),
    Row(Course.STOP, "SF-105", code=("API_DISABLED_FOR_ORG", "API_CURRENTLY_DISABLED")),  # the org's API is switched…
    Row(
        Course.STOP,
        "SF-106",  # the integration user may not do this (status {status}) {reason} {message}
        code=("INSUFFICIENT_ACCESS", "INSUFFICIENT_ACCESS_OR_READONLY", "FUNCTIONALITY_NOT_ENABLED"),
    ),
    Row(Course.STOP, "SF-104", status=(410,)),  # the org does not serve this API version (status {status}) {reason}…
    Row(Course.STOP, "SF-104", code=("UNSUPPORTED_API_VERSION",)),  # the org does not serve this API version (status…
    Row(Course.STOP, "SF-103", status=(404,)),  # the org has no such object or record, or hides it from this user…
    Row(Course.NARROW, "SF-122", status=(413, 414, 431)),  # the org cannot serve so much at once (status {status})…
    # A page of the edge (503 and HTML, say) does not tell what the org behind it has done.
    Row(Course.RETRY, "SF-111", status=(406, 408, *range(500, 600)), may_have_applied=True),  # the org is busy (status…
    # Salesforce's API never redirects: this is a login page, or not Salesforce at all.
    Row(Course.STOP, "LG-104", status=tuple(range(301, 400)), is_login=True),  # what answers here is not Salesforce's…
)


def fault_of(response: requests.Response) -> Fault:
    """What an answer of 300 and above means; its body may be Salesforce's, a page of HTML, or nothing."""
    return _meaning(response.status_code, *_first_error(_body(response)), wait=_wait_seconds(response))


def fault_within(status: int, body: object) -> Fault:
    """The same of one part of a Composite call."""
    return _meaning(status, *_first_error(body), wait=0.0)


def _meaning(status: int, code: str, message: str, *, wait: float) -> Fault:
    for row in TABLE:
        if row.fits(status=status, code=code, message=message):
            longer = max(row.wait_seconds, wait)
            return Fault(row.course, row.problem, code, message, status, row.may_have_applied, longer, row.is_login)
    return Fault(Course.STOP, "SF-101", code, message, status)  # the org refused the call (status {status}) {reason}…


def not_json(status: int) -> Fault:
    """A success whose body is not Salesforce's: a page of somebody else, or a torn answer."""
    # what answers here is not Salesforce's API (status {status}) {reason} {message}
    return Fault(Course.STOP, "LG-104", "NOT_JSON", status=status, may_have_applied=True, is_login=True)


def fault_of_transport(error: requests.RequestException) -> Fault:
    """Names the failure by its class only: the exception holds the request with its token."""
    name = type(error).__name__
    if isinstance(error, requests.exceptions.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
        return Fault(Course.STOP, "LG-110", name, is_login=True)  # the org's certificate cannot be verified
    if _never_left(error):
        return Fault(Course.RETRY, "SF-113", name)  # the org cannot be reached ({reason})
    if isinstance(error, requests.Timeout):
        return Fault(Course.RETRY, "SF-114", name, may_have_applied=True)  # the org did not answer in time ({reason})
    return Fault(Course.RETRY, "SF-115", name, may_have_applied=True)  # the connection to the org broke ({reason})


def error_of(fault: Fault, where: str) -> LeadsyncError:
    """The error of the house for a fault that came to stay."""
    kind: type[LeadsyncError] = OrgError
    if fault.is_login:
        kind = LoginError
    elif fault.course is Course.RESTART:
        kind = LocatorLostError
    elif fault.course in {Course.RETRY, Course.LATER}:
        kind = TransientError
    return kind.of(fault.problem, where, status=fault.status, reason=fault.code, message=fault.message)


def _never_left(error: requests.RequestException) -> bool:
    if isinstance(error, requests.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    return isinstance(reason, (NewConnectionError, ConnectTimeoutError, TunnelError))


def _body(response: requests.Response) -> object:
    try:
        body: object = loads(response.content)
    except ValueError:
        return None
    return body


def _first_error(body: object) -> tuple[str, str]:
    first = body[0] if isinstance(body, list) and body else body
    if not isinstance(first, dict):
        return ("", "")
    message = " ".join(str(first.get("message", "")).split())
    return (str(first.get("errorCode", "")), message[:_MESSAGE_MAX])


def _wait_seconds(response: requests.Response) -> float:
    # Retry-After may also be a date, which Salesforce does not use; our own waits serve then.
    given = response.headers.get("Retry-After", "")
    return float(given) if given.isdecimal() else 0.0
