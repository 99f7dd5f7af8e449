"""One change as a reader is told it: whose, what, why and how it stands."""

from dataclasses import dataclass
from enum import StrEnum

from engine.changes.states import OPEN, State
from engine.messages import Message
from engine.values import Scalar


class OwnerKind(StrEnum):
    """Who holds a record; the values are those of the rules' `owner_kind`."""

    USER = "user"
    INACTIVE = "inactive user"
    QUEUE = "queue"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Owner:
    id: str
    name: str
    kind: OwnerKind = OwnerKind.USER


@dataclass(frozen=True, slots=True)
class OwnerMove:
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
    move: OwnerMove | None = None
    fields: tuple[FieldChange, ...] = ()
    tags_added: tuple[str, ...] = ()
    tags_removed: tuple[str, ...] = ()
    because: tuple[Message, ...] = ()
    owner_because: tuple[Message, ...] = ()
    rules: tuple[str, ...] = ()
    note: Message | None = None
    link: str | None = None
    persona: str | None = None
    grade: str | None = None
    score: int | None = None

    @property
    def reasons(self) -> tuple[Message, ...]:
        """All that people are told."""
        return (*self.because, *self.owner_because)

    @property
    def stands(self) -> bool:
        """Whether the change is done or may still be: what is refused, in conflict or withdrawn moves nothing."""
        return self.state in OPEN or self.state is State.APPLIED
