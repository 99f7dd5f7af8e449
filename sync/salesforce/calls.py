"""One call to the org, as often as it takes: the token and its one refresh, patience by class of fault, errors of the house.

`Org` and the bulk jobs speak through it; what a call asks is an `Ask`, made anew with the token of each attempt.
"""

from collections.abc import Callable, Mapping
from threading import Lock
from typing import TypeAlias, TypeVar

import requests
from simple_salesforce.api import Salesforce
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from engine.errors import OtherOrgError
from sync.salesforce.errors import CallError, Course, Fault, error_of, not_json
from sync.salesforce.login import Grant, log_in
from sync.salesforce.login_settings import Connection, Patience
from sync.salesforce.query_pages import Record
from sync.salesforce.session import INSTANCE, Session
from sync.salesforce.writes import PRECONDITION_FAILED

Result = TypeVar("Result")
Sleep = Callable[[float], None]
Ask: TypeAlias = Callable[[Salesforce], Result]


class Wire:
    def __init__(self, connection: Connection, *, session: Session, sleep: Sleep) -> None:
        self.connection = connection
        self.session = session
        self._sleep = sleep
        self._client: Salesforce | None = None
        self._grant: Grant | None = None
        self._login = Lock()

    def read(self, where: str, ask: Ask[Result]) -> Result:
        """The answer, asked for again where that helps; the error of the house when it does not."""
        try:
            return self._call(ask, writes=False)
        except CallError as error:
            raise error_of(error.fault, where) from error

    def write(self, where: str, ask: Ask[Result]) -> "Result | Fault":
        """The answer, or the fault that leaves open what the org did. An error raised means: surely nothing."""
        try:
            return self._call(ask, writes=True)
        except CallError as error:
            if error.fault.may_have_applied or error.fault.status == PRECONDITION_FAILED:
                return error.fault
            raise error_of(error.fault, where) from error

    def log_in(self) -> Grant:
        """The grant this conversation runs under; the login happens with the first call, or here."""
        self.read("login", lambda _: None)
        assert self._grant is not None  # noqa: S101 -- the line above made it
        return self._grant

    def _call(self, ask: Ask[Result], *, writes: bool) -> Result:
        return patiently(
            lambda: self._with_token(ask), patience=self.connection.patience, sleep=self._sleep, writes=writes
        )

    def _with_token(self, ask: Ask[Result]) -> Result:
        """One refresh and one more attempt after a 401, with the same headers and body; then the login is at fault."""
        used = self._client or self._renew(None)
        try:
            return _answer(ask, used)
        except CallError as error:
            if error.fault.course is not Course.REFRESH:
                raise
        try:
            return _answer(ask, self._renew(used))
        except CallError as error:
            if error.fault.course is Course.REFRESH:
                raise error_of(error.fault, self.session.origin) from error
            raise

    def _renew(self, used: Salesforce | None) -> Salesforce:
        """A client with a newer token than the one used; whoever comes second takes the first one's."""
        with self._login:
            if self._client is None or self._client is used:
                self._grant = self._same_org(log_in(self.session, self.connection))
                self._client = Salesforce(
                    session_id=self._grant.token,
                    instance_url=f"https://{INSTANCE}",
                    session=self.session,
                    version=self.connection.api_version,
                    object_pairs_hook=dict,
                )
                # The library asks for indented answers, which a person will never see.
                self._client.headers.pop("X-PrettyPrint", None)
            return self._client

    def _same_org(self, grant: Grant) -> Grant:
        """A sandbox may be refreshed while a run speaks to it: the same address then leads to another org."""
        if self._grant is not None and grant.org_id != self._grant.org_id:
            raise OtherOrgError.of("SR-107", known=self._grant.org_id, found=grant.org_id)  # this folder belongs to…
        return grant


def http(
    method: str,
    path: str,
    *,
    json: Record | None = None,
    content: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    version: str = "",
) -> Ask[requests.Response]:
    """One plain request. `path` stands behind the version of the API, `version` for another than the connection's."""

    def ask(client: Salesforce) -> requests.Response:
        address = f"https://{INSTANCE}/services/data/v{version or client.sf_version}/{path}"
        given = {**client.headers, **(headers or {})}
        answer: requests.Response = client.session.request(method, address, headers=given, json=json, data=content)
        return answer

    return ask


def _answer(ask: Ask[Result], client: Salesforce) -> Result:
    try:
        return ask(client)
    except ValueError as error:
        # A torn answer: requests' and json's decode errors are ValueErrors.
        raise CallError(not_json(200)) from error


def patiently(ask: Callable[[], Result], *, patience: Patience, sleep: Sleep, writes: bool) -> Result:
    """The result of the first attempt that succeeds, else the last attempt's CallError. No dice: one worker, one org.

    The only place where a call is made again, by the class of its fault. A write that may have been applied never is.
    """

    def worth_it(error: BaseException) -> bool:
        if not isinstance(error, CallError) or error.fault.course is not Course.RETRY:
            return False
        # An org that asks for more patience than there is gets none: the next run will see.
        return error.fault.wait_seconds <= patience.longest_wait_seconds and not (
            writes and error.fault.may_have_applied
        )

    def wait(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.fault.wait_seconds if isinstance(error, CallError) else 0.0
        doubled = patience.first_wait_seconds * 2.0 ** (state.attempt_number - 1)
        return max(asked, min(doubled, patience.longest_wait_seconds))

    return Retrying(
        retry=retry_if_exception(worth_it),
        stop=stop_after_attempt(patience.attempts),
        wait=wait,
        sleep=sleep,
        reraise=True,
    )(ask)
