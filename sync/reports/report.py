"""A run's report as a value: everything a reader is told, before anybody decides how it looks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from engine.messages import Message
from engine.states import State
from sync.reports.overview import Overview
from sync.reports.rows import Owner, OwnerKind, Row

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
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunReport:
    """`at` is the org's time of the run, `zone` the IANA zone its readers live in.

    `rows` are ordered by record id and can be walked more than once; they may come from the store, so walk them, never
    hold them. `overview` is what a reader is told of them all.
    """

    org_id: str
    org_name: str
    is_sandbox: bool
    run_id: str
    at: datetime
    zone: str
    rows: Iterable[Row]
    overview: Overview
    plan: PlanHeader | None = None
    loads: tuple[Load, ...] = ()
    remarks: tuple[Remark, ...] = ()
    quality: tuple[Message, ...] = ()
    writes: tuple[Message, ...] = ()  # how its records travel, what that does not protect, what it costs
    labels: Mapping[str, str] = field(default_factory=dict)  # the org's own words for mapped fields
    api_calls: int | None = None
    seconds: float | None = None

    @property
    def states(self) -> dict[State, int]:
        """How many changes are in each state now, in the order of a change's life; states nobody is in are left out."""
        return self.overview.states

    @property
    def is_settled(self) -> bool:
        """Whether every record is as the rules want it: nothing proposed, nothing open, quiet or without an owner."""
        counts = self.plan.counts if self.plan else {}
        return not self.overview.total and not any(counts.get(name) for name in OPEN_COUNTS)


def loads(before: Mapping[Owner, int], shift: Mapping[Owner, int]) -> tuple[Load, ...]:
    """Loads from the counts at the snapshot and what moves add and take (`Overview.shift`); busiest people first."""
    kinds = list(OwnerKind)
    everyone = [
        Load(owner, before.get(owner, 0), before.get(owner, 0) + shift.get(owner, 0)) for owner in {*before, *shift}
    ]
    return tuple(
        sorted(everyone, key=lambda load: (kinds.index(load.owner.kind), -load.after, load.owner.name, load.owner.id))
    )
