"""What an automation rule does. To add one, write a frozen dataclass here and decorate it with its YAML name."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias, TypeVar

from engine.values import Scalar

T = TypeVar("T")

ACTIONS: dict[str, type] = {}


class Otherwise(StrEnum):
    """What a converge rule does with its effect when the condition stops holding."""

    KEEP = "keep"
    CLEAR = "clear"
    REMOVE = "remove"


def action(name: str) -> Callable[[type[T]], type[T]]:
    """Register an action under the key a rule file uses for it."""

    def register(kind: type[T]) -> type[T]:
        ACTIONS[name] = kind
        return kind

    return register


@dataclass(frozen=True, slots=True)
class Reference:
    """A user (by username) or a queue (by DeveloperName) as a rule file names it, and where (file:line:column)."""

    name: str
    where: str = ""


@action("set")
@dataclass(frozen=True, slots=True)
class SetField:
    """Give a mapped, writable field an absolute value. `key` is the value as rules compare it (text and picklist)."""

    field: str
    value: Scalar
    otherwise: Otherwise = Otherwise.KEEP
    key: str | None = None


@action("tag")
@dataclass(frozen=True, slots=True)
class AddTag:
    """Put a tag on the prospect; tags live in leadsync's memory, not in the org."""

    tag: str
    otherwise: Otherwise = Otherwise.REMOVE


@action("assign")
@dataclass(frozen=True, slots=True)
class Assign:
    """Find an owner for a prospect that needs one: exactly one of pool (its id), user or queue.

    `reassign` also moves prospects whose owner was given by leadsync or is nobody's; a person's choice stays.
    """

    pool: str | None = None
    user: Reference | None = None
    queue: Reference | None = None
    reassign: bool = False


Action: TypeAlias = SetField | AddTag | Assign
