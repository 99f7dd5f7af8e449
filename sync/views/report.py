"""A run's report as values: everything a reader is told, before anybody decides how it looks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from engine.changes.states import WAITING, State
from engine.messages import Message
from sync.views.listing import Listing
from sync.views.overview import Overview
from sync.views.rows import Owner, OwnerKind, Row

# What a plan without changes may still have to tell.
OPEN_COUNTS = ("kept", "quiet", "respected", "undecided", "unassigned", "settling")


@dataclass(frozen=True, slots=True)
class Load:
    """How many prospects one owner holds, at the snapshot and once every open or applied move is done."""

    owner: Owner
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Remark:
    """Something people should know about a record for which nothing is proposed."""

    record_id: str
    message: Message
    name: str = ""
    link: str | None = None


@dataclass(frozen=True, slots=True)
class PlanHeader:
    """`counts`: evaluated, in_scope, quiet, respected, undecided, unassigned (numbers of prospects)."""

    plan_id: str
    at: datetime
    digest: str
    rulebook: str  # digest
    rulebook_name: str
    is_baseline: bool
    is_shadow: bool = False  # it compares only: nothing of it may be approved or written
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Heading:
    """What is told of a run without looking at any of its changes: it costs the same however many there are.

    `at` is the org's time of the run, `zone` the IANA zone its readers live in. `states`: how many changes are in each
    state now, in the order of a change's life; states nobody is in are left out. `held`: why changes wait by themselves,
    and how many. `plan` is None for a run that made none; then `states` are of the changes it sent. `outcome` is how the
    run ended, with the codes of what failed it.
    """

    org_id: str
    org_name: str
    is_sandbox: bool
    run_id: str
    at: datetime
    zone: str
    states: Mapping[State, int]
    plan: PlanHeader | None = None
    verb: str = "plan"
    outcome: str = "done"
    codes: tuple[str, ...] = ()
    held: tuple[tuple[Message, int], ...] = ()
    quality: tuple[Message, ...] = ()
    writes: tuple[Message, ...] = ()  # how its records travel, what that does not protect, what it costs
    labels: Mapping[str, str] = field(default_factory=dict)  # the org's own words for mapped fields
    api_calls: int | None = None
    seconds: float | None = None

    @property
    def total(self) -> int:
        return sum(self.states.values())

    @property
    def waiting(self) -> int:
        """How many wait for a person; nobody is waited for in shadow."""
        return 0 if self.is_shadow else sum(self.states.get(state, 0) for state in WAITING)

    @property
    def is_shadow(self) -> bool:
        return self.plan is not None and self.plan.is_shadow

    @property
    def is_settled(self) -> bool:
        """Whether every record is as the rules want it: nothing proposed, nothing open, quiet or without an owner."""
        if self.plan is None:
            return False
        return not self.total and not any(self.plan.counts.get(name) for name in OPEN_COUNTS)


@dataclass(frozen=True, slots=True)
class RunReport:
    """A heading and all its changes. `rows` are ordered by record id and can be walked more than once; they may come
    from the store, so walk them, never hold them. `overview` and `listing` are what a reader is told of them all.
    """

    heading: Heading
    rows: Iterable[Row]
    overview: Overview
    listing: Listing
    loads: tuple[Load, ...] = ()
    remarks: tuple[Remark, ...] = ()

    @property
    def busiest(self) -> tuple[int, int] | None:
        """The largest load of an active person before and after; None without people."""
        people = [load for load in self.loads if load.owner.kind is OwnerKind.USER]
        return (max(load.before for load in people), max(load.after for load in people)) if people else None

    @property
    def rescued(self) -> int:
        """How many records leave queues and people who are no longer active."""
        return sum(load.before - load.after for load in self.loads if load.owner.kind is not OwnerKind.USER)


def loads(before: Mapping[Owner, int], shift: Mapping[Owner, int]) -> tuple[Load, ...]:
    """Loads from the counts at the snapshot and what moves add and take (`Overview.shift`); busiest people first."""
    kinds = list(OwnerKind)
    everyone = [
        Load(owner, before.get(owner, 0), before.get(owner, 0) + shift.get(owner, 0)) for owner in {*before, *shift}
    ]
    return tuple(
        sorted(everyone, key=lambda load: (kinds.index(load.owner.kind), -load.after, load.owner.name, load.owner.id))
    )
