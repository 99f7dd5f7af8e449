"""The whole state of a sandbox org as one immutable value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeAlias

from sync.sandbox.faults import Fault
from sync.sandbox.jobs import Job

Value: TypeAlias = str | int | float | bool | None
# API name -> value; a field that is not there is null. Datetimes are text as REST writes them, so they compare as text.
Record: TypeAlias = Mapping[str, Value]
Table: TypeAlias = Mapping[str, Record]  # by 18-character id, in the order of creation


@dataclass(frozen=True, slots=True)
class World:
    """An org. `serial` numbers its records and `requests` everything it was asked."""

    org_id: str
    tables: Mapping[str, Table]
    app: "App"
    assignment_rule: "AssignmentRule | None" = None
    validation_rules: "tuple[ValidationRule, ...]" = ()
    duplicate_rules: "tuple[DuplicateRule, ...]" = ()
    flows: "tuple[Flow, ...]" = ()
    switches: "Switches" = field(default_factory=lambda: Switches())  # noqa: PLW0108  # defined below
    faults: tuple[Fault, ...] = ()
    sessions: "Mapping[str, Session]" = field(default_factory=dict)
    cursors: "Mapping[str, Cursor]" = field(default_factory=dict)
    jobs: Mapping[str, Job] = field(default_factory=dict)  # of Bulk 2.0
    late: "tuple[Late, ...]" = ()
    writes: "Sequence[Write]" = ()
    api_calls: int = 0
    requests: int = 0
    serial: int = 0
    ahead_seconds: float = 0.0  # how far the org's clock runs before the host's
    schema_changed_at: datetime = datetime(2026, 1, 5, tzinfo=UTC)

    def find(self, name: str, record_id: str) -> Record | None:
        """A record, deleted or not."""
        return self.tables.get(name, {}).get(record_id)

    def user_named(self, username: str) -> Record | None:
        """The user of a username; case does not matter to Salesforce."""
        wanted = username.lower()
        return next((user for user in self.tables["User"].values() if str(user["Username"]).lower() == wanted), None)

    def queue_named(self, developer_name: str) -> Record | None:
        groups = self.tables["Group"].values()
        return next((g for g in groups if g["Type"] == "Queue" and g["DeveloperName"] == developer_name), None)

    @property
    def trigger_firings(self) -> Mapping[str, int]:
        """How often the update triggers of each record fired: once for each accepted update."""
        counts: dict[str, int] = {}
        for write in self.writes:
            if write.kind == "update":
                counts[write.record_id] = counts.get(write.record_id, 0) + 1
        return counts


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
class AssignmentRule:
    """The active lead assignment rule: everything to one owner, unless the caller says Sforce-Auto-Assign: FALSE."""

    id: str
    owner_id: str


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


@dataclass(frozen=True, slots=True)
class Cursor:
    """What a query locator stands for: the rows as they were when the query ran."""

    rows: tuple[Record, ...]
    soql: str


@dataclass(frozen=True, slots=True)
class Write:
    """One accepted write in the org's own log. `before` and `after` hold the fields that were sent or set by a rule."""

    at: datetime
    kind: str  # create, update, delete, undelete, hard delete, flow
    user_id: str
    object: str
    record_id: str
    before: Record
    after: Record
    headers: Mapping[str, str] = field(default_factory=dict)  # as they counted for this write, lower case
    request: int = 0  # World.requests at the time; 0 for other people's work


def stamp(moment: datetime) -> str:
    """A datetime as REST writes it; Salesforce's stamps have whole seconds."""
    return f"{moment.astimezone(UTC).isoformat(timespec='seconds')[:19]}.000+0000"


def moment(text: str) -> datetime:
    """The reverse of `stamp`."""
    return datetime.fromisoformat(text).astimezone(UTC)
