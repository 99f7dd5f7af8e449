"""Small questions the page asks of a report's values."""

from collections.abc import Sequence

from engine.assignment.pools import OWNER_REASONS
from engine.messages import Message
from sync.views.overview import owner_reasons, shown_fields
from sync.views.report import Load
from sync.views.rows import OwnerKind, Row

__all__ = ["busiest", "field_reasons", "owner_reasons", "rescued", "shown_fields"]


def field_reasons(row: Row) -> tuple[Message, ...]:
    return tuple(message for message in row.because if message.key not in OWNER_REASONS)


def busiest(loads: Sequence[Load]) -> tuple[int, int] | None:
    """The largest load of an active person before and after; None without people."""
    people = [load for load in loads if load.owner.kind is OwnerKind.USER]
    return (max(load.before for load in people), max(load.after for load in people)) if people else None


def rescued(loads: Sequence[Load]) -> int:
    """How many records leave queues and people who are no longer active."""
    return sum(load.before - load.after for load in loads if load.owner.kind is not OwnerKind.USER)
