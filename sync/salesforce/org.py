"""The conversation with an org: connect, describe, query, write. Nothing else in the house knows HTTP.

Reading waits and asks again by class of fault. Writing raises only when surely nothing was applied; when that cannot
be told, every record of the call is answered `unknown` and must be read back before it is sent again.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import TypeAlias, cast

from simple_salesforce.api import Salesforce

from engine.errors import LeadsyncError, OrgError, TransientError
from engine.messages import Message
from sync.salesforce.connection import Connection, PasswordLogin
from sync.salesforce.errors import CallError, Course, Fault, error_of, not_json
from sync.salesforce.login import Grant, log_in
from sync.salesforce.pages import JSON, Page, Record, page_of
from sync.salesforce.retry import Sleep, patiently
from sync.salesforce.session import INSTANCE, Session
from sync.salesforce.updates import (
    COLLECTION_MAX,
    GUARDED_MAX,
    GuardedUpdate,
    collection_body,
    composite_body,
    distinct,
    outer_guard,
    reference,
)
from sync.salesforce.usage import Usage
from sync.salesforce.verdicts import PRECONDITION_FAILED, Answer, Verdict, of_collection, of_composite, unknown

Ask: TypeAlias = Callable[[Salesforce], object]


@dataclass(frozen=True, slots=True)
class Identity:
    """Where we are and who we are there."""

    org_id: str
    is_sandbox: bool
    user_id: str
    username: str
    instance_url: str
    name: str
    time_zone: str
    advice: tuple[Message, ...] = ()


class Org:
    def __init__(self, connection: Connection, *, session: Session, sleep: Sleep) -> None:
        self._connection = connection
        self._session = session
        self._sleep = sleep
        self._client: Salesforce | None = None
        self._grant: Grant | None = None
        self._login = Lock()
        self.org_id = ""

    @property
    def calls(self) -> int:
        """API calls made so far, failed ones included; logins do not count against the org's limit."""
        return self._session.tally.calls

    @property
    def usage(self) -> Usage | None:
        """As last told; None until an answer told."""
        return self._session.tally.usage

    @property
    def server_time(self) -> datetime | None:
        return self._session.tally.server_time

    @property
    def started_at(self) -> datetime | None:
        """The org's time at its first answer."""
        return self._session.tally.started_at

    def connect(self) -> Identity:
        organization = self._only("SELECT Id, Name, IsSandbox, TimeZoneSidKey FROM Organization")
        grant = cast("Grant", self._grant)
        user = self._only(f"SELECT Id, Username FROM User WHERE Id = '{grant.user_id}'")  # noqa: S608 -- an id of the org
        self.org_id = str(organization["Id"])
        return Identity(
            org_id=self.org_id,
            is_sandbox=organization["IsSandbox"] is True,
            user_id=str(user["Id"]),
            username=str(user["Username"]),
            instance_url=grant.instance_url,
            name=str(organization["Name"]),
            time_zone=str(organization["TimeZoneSidKey"]),
            advice=(Message.of("login.password"),) if isinstance(self._connection.login, PasswordLogin) else (),
        )

    def describe(self, object_name: str) -> Record:
        """OrgError SF-103 for an object that is not there, or hidden from this user."""
        return self._record(object_name, lambda org: org.restful(f"sobjects/{object_name}/describe"))

    def limits(self) -> Record:
        return self._record("limits", lambda org: org.limits())

    def query(self, soql: str, *, include_deleted: bool = False) -> Iterator[Page]:
        """Pages to the end of the query. LocatorLostError: start again after the last row held.

        TransientError SF-121 if the org brings another number of rows than it counted.
        """
        body = self.read("query", lambda org: org.query(soql, include_deleted=include_deleted))
        # A later page may have been read with the first, whenever it is fetched.
        read_at = self._session.tally.asked_at
        if read_at is None:
            raise OrgError.of("SF-131", "query")
        seen = 0
        while True:
            page, locator = _page(body, read_at)
            seen += len(page.records)
            yield page
            if not locator:
                break
            body = self.read("query", _next_page(locator))
        if seen != page.total and not soql.lstrip().casefold().startswith("select count()"):
            raise TransientError.of("SF-121", "query", seen=seen, total=page.total)

    def guarded_update(self, updates: Sequence[GuardedUpdate]) -> list[Answer]:
        """One Composite call, each record guarded by itself. An error raised means that nothing was applied."""
        ids = distinct([update.record_id for update in updates], most=GUARDED_MAX)
        body = composite_body(updates, self._connection.api_version)
        outer = outer_guard(updates)
        answer = self.write("composite", lambda org: org.restful("composite", method="POST", json=body, headers=outer))
        if isinstance(answer, Fault) and answer.status == PRECONDITION_FAILED:
            # An org that heeds the outer guard refuses all for the one that moved: each is looked at again.
            return [Answer(record_id, Verdict.MOVED, answer.code) for record_id in ids]
        if isinstance(answer, Fault):
            return unknown(ids, answer.code or str(answer.status))
        return of_composite({reference(record_id): record_id for record_id in ids}, answer)

    def update(self, object_name: str, records: Sequence[tuple[str, Mapping[str, JSON]]]) -> list[Answer]:
        """One Collections call, each record by itself, without a guard. An error raised means that nothing was applied."""
        ids = distinct([record_id for record_id, _ in records], most=COLLECTION_MAX)
        body = collection_body(object_name, records)
        path = "composite/sobjects"
        answer = self.write(path, lambda org: org.restful(path, method="PATCH", json=body))
        if isinstance(answer, Fault):
            return unknown(ids, answer.code or str(answer.status))
        return of_collection(ids, answer)

    def _only(self, soql: str) -> Record:
        records = [record for page in self.query(soql) for record in page.records]
        if len(records) != 1:
            raise _misshapen("query", soql)
        return records[0]

    def _record(self, where: str, ask: Ask) -> Record:
        body = self.read(where, ask)
        if not isinstance(body, dict):
            raise _misshapen(where, "")
        return body

    def read(self, where: str, ask: Ask) -> JSON:
        """What a call of this folder that changes nothing brings. Its error is one of the house."""
        try:
            return self._call(ask, writes=False)
        except CallError as error:
            raise error_of(error.fault, where) from error

    def write(self, where: str, ask: Ask) -> "JSON | Fault":
        """The org's answer, or the fault that leaves open what it did."""
        try:
            return self._call(ask, writes=True)
        except CallError as error:
            if error.fault.may_have_applied or error.fault.status == PRECONDITION_FAILED:
                return error.fault
            raise error_of(error.fault, where) from error

    def _call(self, ask: Ask, *, writes: bool) -> JSON:
        return patiently(
            lambda: self._with_token(ask), patience=self._connection.patience, sleep=self._sleep, writes=writes
        )

    def _with_token(self, ask: Ask) -> JSON:
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
                raise error_of(error.fault, self._session.origin) from error
            raise

    def _renew(self, used: Salesforce | None) -> Salesforce:
        """A client with a newer token than the one used; whoever comes second takes the first one's."""
        with self._login:
            if self._client is None or self._client is used:
                self._grant = log_in(self._session, self._connection)
                self._client = Salesforce(
                    session_id=self._grant.token,
                    instance_url=f"https://{INSTANCE}",
                    session=self._session,
                    version=self._connection.api_version,
                    object_pairs_hook=dict,
                )
                # The library asks for indented answers, which a person will never see.
                self._client.headers.pop("X-PrettyPrint", None)
            return self._client


def _answer(ask: Ask, client: Salesforce) -> JSON:
    try:
        return cast("JSON", ask(client))
    except ValueError as error:
        # A torn answer: requests' and json's decode errors are ValueErrors.
        raise CallError(not_json(200)) from error


def _page(body: JSON, read_at: datetime) -> tuple[Page, str]:
    try:
        return page_of(body, read_at)
    except ValueError as error:
        raise _misshapen("query", str(error)) from error


def _next_page(locator: str) -> Ask:
    return lambda org: org.query_more(locator, identifier_is_url=True)


def _misshapen(where: str, message: str) -> LeadsyncError:
    return OrgError.of("SF-130", where, status=200, reason="", message=message)
