"""Small questions the page asks of a report's values."""

from collections.abc import Sequence

from sync.views.overview import owner_reasons, shown_fields
from sync.views.report import Load
from sync.views.rows import OwnerKind

__all__ = ["busiest", "owner_reasons", "rescued", "shown_fields"]


def busiest(loads: Sequence[Load]) -> tuple[int, int] | None:
    """The largest load of an active person before and after; None without people."""
    people = [load for load in loads if load.owner.kind is OwnerKind.USER]
    return (max(load.before for load in people), max(load.after for load in people)) if people else None


def rescued(loads: Sequence[Load]) -> int:
    """How many records leave queues and people who are no longer active."""
    return sum(load.before - load.after for load in loads if load.owner.kind is not OwnerKind.USER)
