"""A run's report as a value: everything a reader is told, before anybody decides how it looks."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from engine.changes import Scalar
from engine.messages import Message
from engine.states import OPEN, State


class OwnerKind(StrEnum):
    """Who holds a record; the values are those of the rules' `owner_kind`."""

    USER = "user"
    INACTIVE = "inactive user"
    QUEUE = "queue"
    NOBODY = "nobody"


# What a plan without changes may still have to tell.
OPEN_COUNTS = ("kept", "quiet", "respected", "undecided", "unassigned")


@dataclass(frozen=True, slots=True)
class Owner:
    id: str
    name: str
    kind: OwnerKind = OwnerKind.USER


@dataclass(frozen=True, slots=True)
class Move:
    before: Owner
    after: Owner


@dataclass(frozen=True, slots=True)
class FieldChange:
    """`name` is the map's name of the field; its label comes from `RunReport.labels` or the catalogue."""

    name: str
    before: Scalar
    after: Scalar


@dataclass(frozen=True, slots=True)
class Row:
    """One change. `persona`, `grade` and `score` are what the prospect has once it is done, for orientation."""

    change_id: str
    object: str
    record_id: str
    name: str
    company: str
    state: State
    move: Move | None = None
    fields: tuple[FieldChange, ...] = ()
    tags_added: tuple[str, ...] = ()
    tags_removed: tuple[str, ...] = ()
    because: tuple[Message, ...] = ()
    rules: tuple[str, ...] = ()
    note: Message | None = None
    link: str | None = None
    persona: str | None = None
    grade: str | None = None
    score: int | None = None

    @property
    def stands(self) -> bool:
        """Whether the change is done or may still be: what is refused, in conflict or withdrawn moves nothing."""
        return self.state in OPEN or self.state is State.APPLIED


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
    """`at` is the org's time of the run, `zone` the IANA zone its readers live in; `rows` are ordered by record id."""

    org_id: str
    org_name: str
    is_sandbox: bool
    run_id: str
    at: datetime
    zone: str
    rows: tuple[Row, ...]
    plan: PlanHeader | None = None
    loads: tuple[Load, ...] = ()
    remarks: tuple[Remark, ...] = ()
    quality: tuple[Message, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)  # the org's own words for mapped fields
    api_calls: int | None = None
    seconds: float | None = None

    @property
    def states(self) -> dict[State, int]:
        """How many changes are in each state now, in the order of a change's life; states nobody is in are left out."""
        counted = Counter(row.state for row in self.rows)
        return {state: counted[state] for state in State if counted[state]}

    @property
    def standing(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.stands)

    @property
    def is_settled(self) -> bool:
        """Whether every record is as the rules want it: nothing proposed, nothing open, quiet or without an owner."""
        counts = self.plan.counts if self.plan else {}
        return not self.rows and not any(counts.get(name) for name in OPEN_COUNTS)


def loads(before: Mapping[Owner, int], rows: tuple[Row, ...]) -> tuple[Load, ...]:
    """Loads from the counts at the snapshot and the moves that are applied or still may be; busiest people first."""
    shift: Counter[Owner] = Counter()
    for row in rows:
        if row.move and row.stands:
            shift[row.move.before] -= 1
            shift[row.move.after] += 1
    kinds = list(OwnerKind)
    everyone = [Load(owner, before.get(owner, 0), before.get(owner, 0) + shift[owner]) for owner in {*before, *shift}]
    return tuple(
        sorted(everyone, key=lambda load: (kinds.index(load.owner.kind), -load.after, load.owner.name, load.owner.id))
    )
