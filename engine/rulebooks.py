"""The rulebook as values: what the files of a rulebook say, checked and typed. `config/rulebook` makes them.

Items are remembered by `id` (default: the name). Points are thousandths, criterion weights are thirds of a letter.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from engine.actions import Action, Reference
from engine.conditions import ALWAYS, Condition

DEFAULT_CHANGE_PERCENT, DEFAULT_CHANGES_MIN, DEFAULT_CHANGES_MAX = 10, 50, 20_000


@dataclass(frozen=True, slots=True)
class Persona:
    """Who is this? Personas are tried in order; the first whose condition holds is chosen."""

    id: str
    name: str
    role: str
    when: Condition
    card: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    profile: str | None = None  # id of the profile it chooses
    where: str = ""


@dataclass(frozen=True, slots=True)
class Level:
    """One way for a criterion to match: `thirds` is what it earns."""

    name: str
    thirds: int
    when: Condition


@dataclass(frozen=True, slots=True)
class Criterion:
    """Match earns the best level that holds; not match costs `worth` thirds; unknown earns nothing."""

    id: str
    name: str
    worth: int
    levels: tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    id: str
    name: str
    criteria: tuple[Criterion, ...]
    where: str = ""


@dataclass(frozen=True, slots=True)
class Points:
    """What each activity of a kind adds to the score, in thousandths of a point."""

    kind: str
    thousandths: int
    first_only: bool = False


class Mode(StrEnum):
    """Whether a rule keeps the state in line with its condition or fires once per prospect."""

    CONVERGE = "converge"
    ONCE = "once"


@dataclass(frozen=True, slots=True)
class AutomationRule:
    id: str
    name: str
    when: Condition
    then: tuple[Action, ...]
    mode: Mode = Mode.CONVERGE
    where: str = ""


@dataclass(frozen=True, slots=True)
class Pool:
    """People who take turns. `turn: least recent`; when nobody is free the prospect is held."""

    id: str
    name: str
    members: tuple[Reference, ...]
    where: str = ""


@dataclass(frozen=True, slots=True)
class Assignment:
    """Pools; the intake queues whose leads need an owner; the pool for those whom no rule claims."""

    pools: tuple[Pool, ...] = ()
    intake: tuple[Reference, ...] = ()
    default_pool: str | None = None


class Approver(StrEnum):
    POLICY = "policy"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Policy:
    """Who approves what, and how much one plan may change before all of it is held."""

    fields: Approver = Approver.POLICY
    owners: Approver = Approver.PERSON
    changes_percent: int = DEFAULT_CHANGE_PERCENT
    changes_min: int = DEFAULT_CHANGES_MIN
    changes_max: int = DEFAULT_CHANGES_MAX

    def limit(self, in_scope: int) -> int:
        """How many changes a plan may hold for so many records in scope."""
        return min(max(in_scope * self.changes_percent // 100, self.changes_min), self.changes_max)


@dataclass(frozen=True, slots=True)
class Rulebook:
    """A whole rulebook. `digest` is its version; personas and rules stand in the order they are tried."""

    name: str
    digest: str
    personas: tuple[Persona, ...] = ()
    profiles: tuple[Profile, ...] = ()
    default_profile: str | None = None  # id
    points: tuple[Points, ...] = ()
    rules: tuple[AutomationRule, ...] = ()
    assignment: Assignment = field(default_factory=Assignment)
    policy: Policy = field(default_factory=Policy)
    scope: Condition = ALWAYS
    zone: str | None = None  # None: the org's own
