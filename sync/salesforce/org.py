"""The conversation with an org: connect, describe, query, write. Nothing else in the house knows HTTP.

Reading waits and asks again by class of fault. Writing raises only when surely nothing was applied; when that cannot
be told, every record of the call is answered `unknown` and must be read back before it is sent again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from engine.errors import LeadsyncError, OrgError, TransientError
from engine.messages import Message
from sync.salesforce import composite, writes
from sync.salesforce.calls import Ask, Sleep, Wire
from sync.salesforce.composite import Question
from sync.salesforce.errors import Course, Fault, error_of
from sync.salesforce.login_settings import Connection, PasswordLogin
from sync.salesforce.query_pages import JSON, Opened, Page, Record, page_of
from sync.salesforce.session import ApiUsage, Session
from sync.salesforce.writes import Answer, GuardedUpdate, WriteResult


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
        # Carries single calls, for what has a file of its own: bulk jobs.
        self.wire = Wire(connection, session=session, sleep=sleep)
        self.org_id = ""

    @property
    def calls(self) -> int:
        """API calls made so far, failed ones included; logins do not count against the org's limit."""
        return self._session.counts.calls

    @property
    def usage(self) -> ApiUsage | None:
        """As last told; None until an answer told."""
        return self._session.counts.usage

    @property
    def server_time(self) -> datetime | None:
        return self._session.counts.server_time

    @property
    def skew_seconds(self) -> int | None:
        """How far this machine's clock runs before the org's; None where nobody compares them."""
        return self._session.counts.skew_seconds

    @property
    def started_at(self) -> datetime | None:
        """The org's time at its first answer."""
        return self._session.counts.started_at

    def now(self) -> datetime:
        """The org's time as of its last answer; OrgError SF-131 before any told it."""
        if self.server_time is None:
            raise OrgError.of("SF-131", "query")  # the org's answers do not tell the time
        return self.server_time

    @property
    def api_version(self) -> str:
        return self._connection.api_version

    @property
    def spare(self) -> int | None:
        """How many of the day's API calls there are for what can wait: writing, taking back; None when nobody counts."""
        return self._session.budget.spare()

    def close(self, run_id: str | None = None) -> None:
        """The conversation is over; what calls were set aside for it and not made are given back."""
        self._session.budget.settle(run_id, self.usage)

    def connect(self) -> Identity:
        """Org and user in one call: the token's own answer told their ids."""
        grant = self.wire.log_in()
        asked = (
            Question("SELECT Id, Name, IsSandbox, TimeZoneSidKey FROM Organization"),
            Question(f"SELECT Id, Username FROM User WHERE Id = '{grant.user_id}'"),  # noqa: S608 -- an id of the org
        )
        organization, user = (
            self._only(opened, asked.soql) for opened, asked in zip(self.open(asked), asked, strict=True)
        )
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

    def describes(self, object_names: Sequence[str]) -> dict[str, Record]:
        """The same of those of several objects that are there, up to 25 in one call."""
        found: dict[str, Record] = {}
        for start in range(0, len(object_names), composite.PARTS_MAX):
            names = object_names[start : start + composite.PARTS_MAX]
            urls = [f"sobjects/{name}/describe" for name in names]
            for name, answer in zip(names, self._together(urls), strict=True):
                if answer.status == composite.OK and isinstance(answer.body, dict):
                    found[name] = answer.body
                elif answer.status != composite.MISSING:
                    found[name] = self.describe(name)
        return found

    def limits(self) -> Record:
        return self._record("limits", lambda org: org.limits())

    def open(self, questions: Sequence[Question]) -> "list[Opened | None]":
        """The first page of each question, five in one call; `pages` brings the rest. None: too much to ask this way.

        A part that fails is asked by itself, where retries and errors have their ordinary ways.
        """
        opened: list[Opened | None] = []
        for start in range(0, len(questions), composite.QUERIES_MAX):
            asked = questions[start : start + composite.QUERIES_MAX]
            answers = self._together([question.path for question in asked])
            read_at = self._read_at()
            opened += [
                _opened(answer.body, read_at) if answer.status == composite.OK else self._alone(question, answer.fault)
                for question, answer in zip(asked, answers, strict=True)
            ]
        return opened

    def answers(self, questions: Sequence[Question]) -> Iterator[Page]:
        """Every question to its end, five begun in one call; in their order."""
        for start in range(0, len(questions), composite.QUERIES_MAX):
            asked = questions[start : start + composite.QUERIES_MAX]
            # One alone needs no call around it.
            begun = self.open(asked) if len(asked) > 1 else [None]
            for opened, question in zip(begun, asked, strict=True):
                if opened is None:
                    yield from self.query(question.soql, include_deleted=question.include_deleted)
                else:
                    yield from self.pages(opened, is_count=question.is_count)

    def query(self, soql: str, *, include_deleted: bool = False) -> Iterator[Page]:
        """Pages to the end of the query. LocatorLostError: start again after the last row held.

        TransientError SF-121 if the org brings another number of rows than it counted.
        """
        question = Question(soql, include_deleted=include_deleted)
        if question.is_long:
            # The address of a GET must stay short; the body of a Composite call need not.
            (opened,) = self.open([question])
            if opened is None:
                raise OrgError.of("SF-122", "query", status=414, reason="", message="")  # the org cannot serve so…
        else:
            opened = self._first(question)
        yield from self.pages(opened, is_count=question.is_count)

    def tooling(self, soql: str) -> list[Record]:
        """The rows of a question about how the org is set up (Tooling API), one page of it. OrgError SF-102, SF-106."""
        body = self.wire.read("tooling", lambda org: org.restful("tooling/query", params={"q": soql}))
        return _opened(body, self._read_at()).page.records

    def pages(self, opened: Opened, *, is_count: bool = False) -> Iterator[Page]:
        """An opened query to its end, with the errors of `query`."""
        page, locator, seen = opened.page, opened.locator, len(opened.page.records)
        yield page
        while locator:
            # A later page may have been read with the first, whenever it is fetched.
            following = _opened(self.wire.read("query", _next_page(locator)), page.read_at)
            page, locator = following.page, following.locator
            seen += len(page.records)
            yield page
        if seen != page.total and not is_count:
            raise TransientError.of("SF-121", "query", seen=seen, total=page.total)  # a query brought {seen} of…

    def guarded_update(self, updates: Sequence[GuardedUpdate]) -> list[Answer]:
        """One Composite call, each record guarded by itself. An error raised means that nothing was applied."""
        ids = writes.distinct([update.record_id for update in updates], most=writes.GUARDED_MAX)
        body = writes.composite_body(updates, self._connection.api_version)
        outer = writes.outer_guard(updates)
        answer = self.wire.write(
            "composite", lambda org: org.restful("composite", method="POST", json=body, headers=outer)
        )
        if isinstance(answer, Fault) and answer.status == writes.PRECONDITION_FAILED:
            # An org that heeds the outer guard refuses all for the one that moved: each is looked at again.
            return [Answer(record_id, WriteResult.MOVED, answer.code) for record_id in ids]
        if isinstance(answer, Fault):
            return writes.unknown(ids, answer.code or str(answer.status))
        return writes.of_composite({writes.reference(record_id): record_id for record_id in ids}, answer)

    def update(self, object_name: str, records: Sequence[tuple[str, Mapping[str, JSON]]]) -> list[Answer]:
        """One Collections call, each record by itself, without a guard. An error raised means that nothing was applied."""
        ids = writes.distinct([record_id for record_id, _ in records], most=writes.COLLECTION_MAX)
        body = writes.collection_body(object_name, records)
        path = "composite/sobjects"
        answer = self.wire.write(path, lambda org: org.restful(path, method="PATCH", json=body))
        if isinstance(answer, Fault):
            return writes.unknown(ids, answer.code or str(answer.status))
        return writes.of_collection(ids, answer)

    def _only(self, opened: Opened | None, soql: str) -> Record:
        if opened is None or len(opened.page.records) != 1:
            raise _misshapen("query", soql)
        return opened.page.records[0]

    def _record(self, where: str, ask: Ask[JSON]) -> Record:
        body = self.wire.read(where, ask)
        if not isinstance(body, dict):
            raise _misshapen(where, "")
        return body

    def _first(self, question: Question) -> Opened:
        body = self.wire.read("query", lambda org: org.query(question.soql, include_deleted=question.include_deleted))
        return _opened(body, self._read_at())

    def _alone(self, question: Question, fault: Fault) -> Opened | None:
        if fault.course is Course.NARROW or (fault.course is not Course.STOP and question.is_long):
            return None
        if fault.course is Course.STOP:
            raise error_of(fault, "query")
        return self._first(question)

    def _together(self, paths: Sequence[str]) -> list[composite.Part]:
        """What each of these GETs comes to, made in one call."""
        body = composite.gets(paths, self.api_version)
        answer = self.wire.read("composite", lambda org: org.restful("composite", method="POST", json=body))
        parts = composite.parts_of(answer, len(paths))
        if parts is None:
            raise _misshapen("composite", "")
        return parts

    def _read_at(self) -> datetime:
        read_at = self._session.counts.asked_at
        if read_at is None:
            raise OrgError.of("SF-131", "query")  # the org's answers do not tell the time
        return read_at


def _opened(body: JSON, read_at: datetime) -> Opened:
    try:
        return Opened(*page_of(body, read_at))
    except ValueError as error:
        raise _misshapen("query", str(error)) from error


def _next_page(locator: str) -> Ask[JSON]:
    return lambda org: cast("JSON", org.query_more(locator, identifier_is_url=True))


def _misshapen(where: str, message: str) -> LeadsyncError:
    return OrgError.of("SF-130", where, status=200, reason="", message=message)  # an answer of the org has another…
