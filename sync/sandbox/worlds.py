"""A sandbox org: its rows in a database, all else about it as values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Self

from sync.sandbox.database import Database, Record, Table, Value, Write
from sync.sandbox.faults import Fault, FaultKind
from sync.sandbox.ids import record_id
from sync.sandbox.schema import object_of, schema
from sync.sandbox.soql import Found


class JobState(StrEnum):
    OPEN = "Open"
    UPLOADED = "UploadComplete"
    AT_WORK = "InProgress"
    COMPLETE = "JobComplete"
    FAILED = "Failed"
    ABORTED = "Aborted"

    @property
    def has_ended(self) -> bool:
        return self in {JobState.COMPLETE, JobState.FAILED, JobState.ABORTED}


@dataclass(frozen=True, slots=True)
class Job:
    """`kind` is query or ingest. `size` rows were given or found; the first `processed` of them have their outcome."""

    id: str
    kind: str
    object: str
    operation: str
    user_id: str
    created_at: datetime
    version: str
    changed_at: datetime
    state: JobState = JobState.OPEN
    line_ending: str = "LF"
    soql: str = ""
    assigns: bool = False
    header: tuple[str, ...] | None = None  # None until rows are uploaded
    has_returns: bool = False  # whether the header's line ended in CRLF
    size: int = 0
    batches: int = 0  # that are done
    processed: int = 0
    failed: int = 0
    closed_at: datetime | None = None
    polls: int = 0
    message: str = ""
    fate: FaultKind | None = None  # what becomes of it after `fate_after` batches
    fate_after: int = 0

    @property
    def is_at_work(self) -> bool:
        return self.closed_at is not None and not self.state.has_ended

    def ended(self, state: JobState, now: datetime, message: str = "") -> "Job":
        return replace(self, state=state, changed_at=now, message=message)


@dataclass
class World:
    """`now` is the org's time of what is being done. `serial` numbers its records, `requests` everything it was asked."""

    org_id: str
    app: "App"
    # Whom the active assignment rule gives every lead, unless the caller says Sforce-Auto-Assign: FALSE.
    assigned_to: str = ""
    validation_rules: "tuple[ValidationRule, ...]" = ()
    duplicate_rules: "tuple[DuplicateRule, ...]" = ()
    flows: "tuple[Flow, ...]" = ()
    switches: "Switches" = field(default_factory=lambda: Switches())  # noqa: PLW0108  # defined below
    faults: tuple[Fault, ...] = ()
    sessions: "Mapping[str, Session]" = field(default_factory=dict)
    cursors: Mapping[str, Found] = field(default_factory=dict)  # of query locators
    jobs: Mapping[str, Job] = field(default_factory=dict)  # of Bulk 2.0
    results: Mapping[str, Found] = field(default_factory=dict)  # what query jobs found
    late: "tuple[Late, ...]" = ()
    api_calls: int = 0
    requests: int = 0
    serial: int = 0
    ahead_seconds: float = 0.0  # how far the org's clock runs before the host's
    schema_changed_at: datetime = datetime(2026, 1, 5, tzinfo=UTC)
    db: Database = field(default_factory=Database, compare=False, repr=False)
    now: datetime = field(default=datetime(2026, 1, 5, tzinfo=UTC), compare=False)

    @property
    def tables(self) -> Mapping[str, Table]:
        return self.db.tables

    @property
    def writes(self) -> tuple[Write, ...]:
        return self.db.writes()

    def copy(self) -> Self:
        """An org of its own that is as this one is now."""
        return replace(self, db=self.db.copy_to(Database()), results={})

    def at(self, now: datetime) -> Self:
        self.now = now
        return self

    def find(self, name: str, record_id: str) -> Record | None:
        """A record, deleted or not."""
        return self.tables[name].get(record_id)

    def put(self, record: Record) -> None:
        fact = object_of(str(record["Id"]))
        self.tables[fact.name if fact else ""].put(record)

    def new_id(self, name: str) -> str:
        self.serial += 1
        return record_id(schema()[name].prefix, self.serial)

    def user_named(self, username: str) -> Record | None:
        """The user of a username; case does not matter to Salesforce."""
        wanted = username.lower()
        return next((user for user in self.tables["User"].rows() if str(user["Username"]).lower() == wanted), None)

    def take(self, hits: Callable[[Fault], bool]) -> Fault | None:
        """The first planned fault that hits, which is used up by that, or one that it lets pass is."""
        for place, fault in enumerate(self.faults):
            if hits(fault):
                left = replace(fault, skip=fault.skip - 1) if fault.skip else replace(fault, times=fault.times - 1)
                again = (left,) if left.times else ()
                self.faults = (*self.faults[:place], *again, *self.faults[place + 1 :])
                if not fault.skip:
                    return fault
        return None

    def commit_late(self) -> None:
        """Let those transactions commit whose time has come."""
        for late in self.late:
            if late.commits_at <= self.now:
                for record in late.records:
                    self.put(record)
                for write in late.writes:
                    self.db.log(write)
        self.late = tuple(late for late in self.late if late.commits_at > self.now)


@dataclass(frozen=True, slots=True)
class App:
    """The External Client App that leadsync logs in through. Secrets of the sandbox protect nothing."""

    consumer_key: str
    consumer_secret: str
    run_as: str  # username of the client credentials flow
    public_key: str | None = None  # PEM; without it no JWT is accepted
    password: str = "sandbox"  # noqa: S105  # every user's
    instance_url: str = "https://leadsync.my.salesforce.invalid"  # a host that can never resolve, by RFC 2606
    audiences: tuple[str, ...] = ("https://test.salesforce.com", "https://leadsync.my.salesforce.invalid")


@dataclass(frozen=True, slots=True)
class ValidationRule:
    """A record for which `forbids` (a SOQL condition) holds cannot be saved."""

    object: str
    forbids: str
    message: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class DuplicateRule:
    """A record may not be saved when a living one of its object has the same value; an alert lets it be saved if told so."""

    object: str
    field: str
    name: str
    is_alert: bool = False


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow that runs after a record is updated: where `when` (a SOQL condition) holds, it `sets` fields and puts others back.

    `restores` are fields that it gives the value they had before the update, whoever made it.
    """

    object: str
    name: str
    when: str = ""
    sets: Mapping[str, Value] = field(default_factory=dict)
    restores: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Late:
    """A transaction that is still open: its records have their stamps already, and nobody sees them yet."""

    commits_at: datetime
    records: tuple[Record, ...]
    writes: "tuple[Write, ...]"


@dataclass(frozen=True, slots=True)
class Switches:
    """What differs between orgs, or is not documented: tests set them both ways."""

    outer_headers_count: bool = False  # in the sub-requests of a Composite call
    tells_usage: bool = True  # the Sforce-Limit-Info header
    app_limit: int = 0  # of this app alone; told in that header too when there is one
    # "Lead.Rating": field-level security hides it from describe and query; "Task": the whole object is not there.
    hidden: frozenset[str] = frozenset()
    unfiltered: frozenset[str] = frozenset()  # "Task.SystemModstamp": queries may neither filter nor sort by it
    read_only: frozenset[str] = frozenset()  # field-level security lets it be read only
    page_size: int = 2000
    daily_limit: int = 100_000
    session_seconds: int = 7200
    bulk_polls: int = 1  # how often a job is asked for before it may say that it is complete
    bulk_batch_rows: int = 10_000
    bulk_batch_seconds: float = 0.0  # how long the org works on a batch
    bulk_page_size: int = 50_000  # rows of a result page when the client does not say


@dataclass(frozen=True, slots=True)
class Session:
    user_id: str
    expires_at: datetime
