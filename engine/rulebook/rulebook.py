"""The rulebook as values: what the files of a rulebook say, checked and typed. `config/rulebook` makes them.

Items are remembered by `id` (default: the name). Points are thousandths, criterion weights are thirds of a letter.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from engine.conditions.conditions import ALWAYS, Condition
from engine.rulebook.policy import Policy


class Otherwise(StrEnum):
    """What a converge rule does with its effect when the condition stops holding."""

    KEEP = "keep"
    CLEAR = "clear"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class Reference:
    """A user (by username) or a queue (by DeveloperName) as a rule file names it, and where (file:line:column)."""

    name: str
    where: str = ""


class Action:
    """What an automation rule does, as a value of one of the kinds: each is a file of `engine/actions`."""

    __slots__ = ()


DEFAULT_SCORE_STEP = 5


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
class Segment:
    """Who is in the market now? Somebody may be in several; the lowest `rank` is written to the org."""

    id: str
    name: str
    when: Condition
    rank: int
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
    """What each activity of a kind adds to the score, in thousandths of a point.

    `where` asks the activity's own fields; one it is unknown of adds nothing.
    """

    kind: str
    thousandths: int
    first_only: bool = False
    decay: "Decay | None" = None
    where: "Condition | None" = None


class Fading(StrEnum):
    """How the worth of an activity fades with its age in whole days."""

    LINEAR = "linear"  # evenly, from all of it on its own day to nothing after `days`
    STEP = "step"  # all of it for `days`, then nothing
    HALF_LIFE = "half life"  # half of it after `days`, a quarter after twice as many, nothing after ten times as many


@dataclass(frozen=True, slots=True)
class Decay:
    fading: Fading
    days: int


@dataclass(frozen=True, slots=True)
class Band:
    """A band of interest: scores of at least so many points. With the grade's letter its name makes the priority."""

    name: str
    at_least: int


class RuleMode(StrEnum):
    """Whether a rule keeps the state in line with its condition or fires once per prospect."""

    CONVERGE = "converge"
    ONCE = "once"


@dataclass(frozen=True, slots=True)
class AutomationRule:
    id: str
    name: str
    when: Condition
    then: tuple[Action, ...]
    mode: RuleMode = RuleMode.CONVERGE
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
    """Pools; the intake queues whose leads need an owner; the pool for everybody else."""

    pools: tuple[Pool, ...] = ()
    intake: tuple[Reference, ...] = ()
    default_pool: str | None = None


class Operation(StrEnum):
    """Whether a rulebook may write at all. Shadow only compares its verdicts with what the org has."""

    LIVE = "live"
    SHADOW = "shadow"


@dataclass(frozen=True, slots=True)
class Rulebook:
    """A whole rulebook. `digest` is its version; personas and rules stand in the order they are tried."""

    name: str
    digest: str
    personas: tuple[Persona, ...] = ()
    profiles: tuple[Profile, ...] = ()
    default_profile: str | None = None  # id
    points: tuple[Points, ...] = ()
    bands: tuple[Band, ...] = ()  # from the lowest up
    # A score is written when its band changes or when it has moved by so many points.
    score_step: int = DEFAULT_SCORE_STEP
    segments: tuple[Segment, ...] = ()  # by rank
    rules: tuple[AutomationRule, ...] = ()
    assignment: Assignment = field(default_factory=Assignment)
    policy: Policy = field(default_factory=Policy)
    scope: Condition = ALWAYS
    zone: str | None = None  # None: the org's own
    operation: Operation = Operation.LIVE

    @property
    def items(self) -> Mapping[str, tuple[Persona | Profile | Segment | AutomationRule | Pool, ...]]:
        """All that has a name of its own, by what people call it."""
        return {
            "personas": self.personas,
            "profiles": self.profiles,
            "segments": self.segments,
            "rules": self.rules,
            "pools": self.assignment.pools,
        }
