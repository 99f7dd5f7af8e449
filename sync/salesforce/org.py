"""The conversation with an org: connect, describe, query, write. Nothing else in the house knows HTTP.

Reading waits and asks again by class of fault. Writing raises only when surely nothing was applied; when that cannot
be told, every record of the call is answered `unknown` and must be read back before it is sent again.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from threading import Lock
from typing import TypeVar, cast

from simple_salesforce.api import Salesforce

from engine.errors import LoginError, OrgError, TransientError
from engine.messages import Message
from sync.salesforce.connection import Connection, PasswordLogin
from sync.salesforce.errors import CallError, Course, Fault, error_of, not_json
from sync.salesforce.login import Grant, log_in
from sync.salesforce.pages import JSON, Page, Record, plain
from sync.salesforce.retry import Sleep, patiently
from sync.salesforce.session import INSTANCE, NO_ASSIGNMENT, Session
from sync.salesforce.usage import Usage
from sync.salesforce.verdicts import Answer, of_collection, of_composite, unknown

GUARDED_MAX = 25
COLLECTION_MAX = 200
Result = TypeVar("Result")


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


@dataclass(frozen=True, slots=True)
class GuardedUpdate:
    """Set `payload` (API names, absolute values) unless the record changed after `unmodified_since`, a LastModifiedDate."""

    record_id: str
    object: str
    payload: Mapping[str, JSON]
    unmodified_since: datetime


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
        return _record(self._read(object_name, lambda org: org.restful(f"sobjects/{object_name}/describe")))

    def limits(self) -> Record:
        return _record(self._read("limits", lambda org: org.limits()))

    def query(self, soql: str, *, include_deleted: bool = False) -> Iterator[Page]:
        """Pages to the end of the query. LocatorLostError: start again after the last row held.

        TransientError SF-121 if the org brings another number of rows than it counted.
        """
        body = _record(self._read("query", lambda org: org.query(soql, include_deleted=include_deleted)))
        # A later page may have been read with the first, whenever it is fetched.
        read_at = self._session.tally.asked_at
        if read_at is None:
            raise OrgError.of("SF-131", "query")
        total = int(cast("int", body["totalSize"]))
        seen = 0
        while True:
            records = [plain(record) for record in cast("list[Record]", body["records"])]
            seen += len(records)
            yield Page(records, read_at, total)
            if body.get("done") is True:
                break
            body = _record(self._read("query", _next_page(str(body["nextRecordsUrl"]))))
        if seen != total and not soql.lstrip().casefold().startswith("select count()"):
            raise TransientError.of("SF-121", "query", seen=seen, total=total)

    def guarded_update(self, updates: Sequence[GuardedUpdate]) -> list[Answer]:
        """One Composite call, each record guarded by itself. An error raised means that nothing was applied."""
        ids = _distinct([update.record_id for update in updates], GUARDED_MAX)
        version = self._connection.api_version
        body = {
            "allOrNone": False,
            "compositeRequest": [
                {
                    "method": "PATCH",
                    "url": f"/services/data/v{version}/sobjects/{update.object}/{update.record_id}",
                    "referenceId": _reference(update.record_id),
                    "httpHeaders": {**NO_ASSIGNMENT, "If-Unmodified-Since": _http_date(update.unmodified_since)},
                    "body": dict(update.payload),
                }
                for update in updates
            ],
        }
        # Whether an org heeds the outer headers for sub-requests is not documented: the earliest is right in both cases.
        outer = {**NO_ASSIGNMENT, "If-Unmodified-Since": _http_date(min(update.unmodified_since for update in updates))}
        answer = self._write("composite", lambda org: org.restful("composite", method="POST", json=body, headers=outer))
        if isinstance(answer, Fault):
            return unknown(ids, answer.code or str(answer.status))
        return of_composite({_reference(record_id): record_id for record_id in ids}, answer)

    def update(self, object_name: str, records: Sequence[tuple[str, Mapping[str, JSON]]]) -> list[Answer]:
        """One Collections call, each record by itself, without a guard. An error raised means that nothing was applied."""
        ids = _distinct([record_id for record_id, _ in records], COLLECTION_MAX)
        body = {
            "allOrNone": False,
            "records": [
                {"attributes": {"type": object_name}, "id": record_id, **payload} for record_id, payload in records
            ],
        }
        answer = self._write(
            "composite/sobjects",
            lambda org: org.restful("composite/sobjects", method="PATCH", json=body, headers=dict(NO_ASSIGNMENT)),
        )
        if isinstance(answer, Fault):
            return unknown(ids, answer.code or str(answer.status))
        return of_collection(ids, answer)

    def _only(self, soql: str) -> Record:
        records = [record for page in self.query(soql) for record in page.records]
        if len(records) != 1:
            raise OrgError.of("SF-130", "query", status=200, reason="", message=soql)
        return records[0]

    def _read(self, where: str, ask: Callable[[Salesforce], object]) -> JSON:
        try:
            return self._call(ask, writes=False)
        except CallError as error:
            raise error_of(error.fault, where) from error

    def _write(self, where: str, ask: Callable[[Salesforce], object]) -> "JSON | Fault":
        """The org's answer, or the fault that leaves open what it did."""
        try:
            return self._call(ask, writes=True)
        except CallError as error:
            if error.fault.may_have_applied:
                return error.fault
            raise error_of(error.fault, where) from error

    def _call(self, ask: Callable[[Salesforce], object], *, writes: bool) -> JSON:
        return patiently(
            lambda: self._with_token(ask), patience=self._connection.patience, sleep=self._sleep, writes=writes
        )

    def _with_token(self, ask: Callable[[Salesforce], object]) -> JSON:
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
                raise LoginError.of("LG-106", self._session.origin) from error
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


def _answer(ask: Callable[[Salesforce], object], client: Salesforce) -> JSON:
    try:
        return cast("JSON", ask(client))
    except ValueError as error:
        # A torn answer: requests' and json's decode errors are ValueErrors.
        raise CallError(not_json(200)) from error


def _next_page(locator: str) -> Callable[[Salesforce], object]:
    return lambda org: org.query_more(locator, identifier_is_url=True)


def _record(body: JSON) -> Record:
    if not isinstance(body, dict):
        raise OrgError.of("SF-130", "", status=200, reason="", message="")
    return body


def _distinct(record_ids: list[str], most: int) -> list[str]:
    if not 0 < len(record_ids) <= most or len(set(record_ids)) != len(record_ids):
        raise ValueError(f"one call takes 1 to {most} different records, not {len(record_ids)}")
    return record_ids


def _reference(record_id: str) -> str:
    # A reference starts with a letter and holds no punctuation.
    return f"r{record_id}"


def _http_date(at: datetime) -> str:
    return format_datetime(at.astimezone(UTC).replace(microsecond=0), usegmt=True)
