"""A change: one record, the fields it gets, what is to be remembered, and what the decision rests on."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from engine.changes.states import State
from engine.digests import digest
from engine.messages import Message
from engine.values import NOTHING, Values

RULE, POOL, REVERSAL = "rule", "pool", "revert"


@dataclass(frozen=True, slots=True, order=True)
class RuleRef:
    """What a change was made by: an item of the rulebook by kind and id, or, of a reversal, the change it takes back.

    What has one of its kind, such as `scoring`, has no id.
    """

    kind: str
    id: str = ""

    def __str__(self) -> str:
        """As people read it and as it is kept: `rule/to kansai`."""
        return f"{self.kind}/{self.id}" if self.id else self.kind

    @classmethod
    def read(cls, kept: str) -> "RuleRef":
        kind, _, item = kept.partition("/")
        return cls(kind, item)


class OwnerWhy(StrEnum):
    """Why a record needs another owner."""

    INACTIVE = "inactive user"
    QUEUE = "queue"  # it waits in an intake queue
    REASSIGN = "reassign"  # a rule moves it on


class Reach(StrEnum):
    """How far a change reaches: what decides how it is written."""

    MEMORY = "memory"  # nothing of the org
    FIELDS = "fields"
    OWNER = "owner"  # who the record belongs to, and perhaps fields


@dataclass(frozen=True, slots=True)
class Turn:
    """The turn of one member in a pool; a sequence number, not a time. Counts only once the change is applied."""

    pool: str
    member: str
    sequence: int


@dataclass(frozen=True, slots=True)
class Effects:
    """The memory part of a change: what the store must remember once it is applied. `tags` are (tag, rule id)."""

    tags_added: tuple[tuple[str, str], ...] = ()
    tags_removed: tuple[tuple[str, str], ...] = ()
    firings: tuple[str, ...] = ()
    turn: Turn | None = None

    @property
    def is_empty(self) -> bool:
        return not (self.tags_added or self.tags_removed or self.firings or self.turn)

    def with_more(self, other: "Effects") -> "Effects":
        """These and others."""
        return Effects(
            (*self.tags_added, *other.tags_added),
            (*self.tags_removed, *other.tags_removed),
            (*self.firings, *other.firings),
            other.turn or self.turn,
        )

    def target(self) -> object:
        """What makes two memory parts the same: all but the turn's number."""
        turn = (self.turn.pool, self.turn.member) if self.turn else None
        return [self.tags_added, self.tags_removed, self.firings, turn]


@dataclass(frozen=True, slots=True)
class Base:
    """The version a change may be written against. All times are the server's, aware UTC."""

    modified_at: datetime  # LastModifiedDate: what If-Unmodified-Since compares
    stamp: datetime  # SystemModstamp: the order of versions
    read_at: datetime  # when this version was read


@dataclass(frozen=True, slots=True)
class Change:
    """One record's difference. Fields go by the map's names (`owner`, `persona`, `rating`), not by API names.

    `before` and `after` have the same keys and may be empty (a memory-only change). `riders` go with the write and are
    never compared. `inputs` are the values the decision read; with `owner` and `before` they are the meaning base.
    """

    change_id: str
    object: str
    record_id: str
    owner: str
    before: Values
    after: Values
    base: Base
    inputs: Values = field(default_factory=lambda: NOTHING)
    riders: Values = field(default_factory=lambda: NOTHING)
    effects: Effects = field(default_factory=Effects)
    rules: tuple[RuleRef, ...] = ()  # what is behind it
    because: tuple[Message, ...] = ()  # why its fields are what they will be
    owner_why: OwnerWhy | None = None
    owner_because: tuple[Message, ...] = ()  # the same, and who was chosen, as sentences

    @property
    def reasons(self) -> tuple[Message, ...]:
        """All that people are told."""
        return (*self.because, *self.owner_because)

    @property
    def moves_owner(self) -> bool:
        return "owner" in self.after

    @property
    def is_memory_only(self) -> bool:
        return not self.after

    @property
    def reach(self) -> Reach:
        if self.is_memory_only:
            return Reach.MEMORY
        return Reach.OWNER if self.moves_owner else Reach.FIELDS

    @property
    def reverses(self) -> tuple[str, ...]:
        """The ids of the applied changes that this one undoes, oldest first: no rule asked for it, a person did."""
        return tuple(rule.id for rule in self.rules if rule.kind == REVERSAL)

    @property
    def score(self) -> int | None:
        """The score it asks for, else the one its decision read."""
        found = self.after.get("score", self.inputs.get("score"))
        return found if isinstance(found, int) else None

    @property
    def target_digest(self) -> str:
        """The same for two changes that ask for the same thing."""
        return digest([dict(self.after), self.effects.target()])

    @property
    def meaning_digest(self) -> str:
        """The same while nothing moved that the decision rests on."""
        return digest([self.owner, dict(self.before), dict(self.inputs)])

    @property
    def digest(self) -> str:
        """What an approval binds, together with `change_id`."""
        return digest_of(self, target=self.target_digest, meaning=self.meaning_digest)


def digest_of(change: Change, *, target: str, meaning: str) -> str:
    """The digest of a change whose parts are known already."""
    return digest([change.object, change.record_id, meaning, target])


def change_id(*, org_id: str, object_name: str, record_id: str, at: datetime, after: Values, effects: Effects) -> str:
    """The identity of a change, fixed for life: 32 hex digits."""
    return digest([org_id, object_name, record_id, at.isoformat(), dict(after), effects.target()])[:32]


@dataclass(frozen=True, slots=True)
class Standing:
    """A change and where it stands now."""

    change: Change
    state: State
    plan_id: str
    note: Message | None = None
    is_rebased: bool = False  # the note says so: it was sent on another base than it was proposed on
