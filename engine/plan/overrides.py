"""Whose a value is: ours, or somebody else's, and for how long. People win, as far as the rulebook says."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from engine.changes.memory import Memory, Overridden
from engine.moments import Moment
from engine.rulebook.policy import FieldStance, Stance
from engine.values import Scalar


class Whose(StrEnum):
    """Who decides a value that leadsync has written and somebody else has changed since."""

    OURS = "ours"  # nobody changed it, or their days are over
    THEIRS = "theirs"
    CONTESTED = "contested"  # proposed again, for a person to decide


def override_of(name: str, held: Scalar, *, record_id: str, seen_at: datetime, memory: Memory) -> Overridden | None:
    """Somebody else's value in place of ours; `seen_at` is when the version that shows it was made. None: nobody's.

    A value that leadsync never wrote is nobody's override, whoever put it there.
    """
    applied = memory.applied.get(record_id, {})
    if name not in applied or applied[name] == held:
        return None
    known = memory.overrides.get(record_id, {}).get(name)
    return known if known is not None and known.value == held else Overridden(held, seen_at)


def overrides_of(
    held: Mapping[str, Scalar], *, record_id: str, seen_at: datetime, memory: Memory
) -> dict[str, Overridden]:
    """All that is somebody else's on one record, by field."""
    found = {
        name: override_of(name, value, record_id=record_id, seen_at=seen_at, memory=memory)
        for name, value in held.items()
    }
    return {name: overridden for name, overridden in found.items() if overridden is not None}


def whose(overridden: Overridden | None, stance: FieldStance, moment: Moment) -> Whose:
    """`for so many days` counts whole days of the org: on the first day after them the value is ours again."""
    if overridden is None:
        return Whose.OURS
    match stance.stance:
        case Stance.RESPECT:
            return Whose.THEIRS
        case Stance.DAYS:
            return Whose.THEIRS if overridden.since >= moment.day_start(stance.days) else Whose.OURS
        case Stance.CONTEST:
            return Whose.CONTESTED
