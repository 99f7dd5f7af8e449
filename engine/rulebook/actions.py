"""What every action of a rule has to do with: each kind is a file of `engine/actions`."""

from dataclasses import dataclass
from enum import StrEnum


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
    """What an automation rule does, as a value of one of the kinds."""

    __slots__ = ()
