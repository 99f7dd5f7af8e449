"""Follow-ups: what a plan knows of single prospects that the next one must know too, should it not look at them.

Of some it knows when: rules read days, which begin at the org's midnight, but for what lies ahead: it does not count
until its time has come. A prospect lies ahead itself when it was made while the run that reads it was beginning.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import narwhals as nw

from engine.conditions.fields import IDENTITY_COLUMNS
from engine.moments import Moment
from engine.snapshots import Range

# Of what every prospect has, rules read when it was made.
_UNREAD = frozenset(IDENTITY_COLUMNS) - {"created_at"}


@dataclass(frozen=True, slots=True)
class FollowUp:
    """`is_next`: to be looked at by the next plan whatever happens; `due_at`: by the first plan from then on.

    The others are what plans count: what they propose was turned down, a person's value stays, a rule cannot be decided.
    """

    is_next: bool = False
    due_at: datetime | None = None
    is_quiet: bool = False
    is_respected: bool = False
    is_undecided: bool = False


def follow_ups(
    *,
    following: Collection[str],
    due: Mapping[str, datetime],
    quiet: Collection[str],
    respected: Collection[str],
    undecided: Collection[str],
) -> dict[str, FollowUp]:
    """By record id, in no order; `following` are those of the next plan."""
    return {
        record_id: FollowUp(
            record_id in following,
            due.get(record_id),
            record_id in quiet,
            record_id in respected,
            record_id in undecided,
        )
        for record_id in {*following, *due, *quiet, *respected, *undecided}
    }


def due_dates(part: Range, moment: Moment) -> Mapping[str, datetime]:
    """The prospects of a range of whom some time comes later today -> the first such time."""
    found: dict[str, datetime] = {}
    for frame, key, known in ((part.prospects, "id", _UNREAD), (part.activities, "prospect_id", frozenset[str]())):
        times = [name for name, kind in frame.schema.items() if isinstance(kind, nw.Datetime) and name not in known]
        for name in times:
            for record_id, at in _ahead(frame, key, name, moment):
                found[record_id] = min(at, found.get(record_id, at))
    return found


def _ahead(frame: nw.DataFrame[Any], key: str, name: str, moment: Moment) -> list[tuple[str, datetime]]:
    tomorrow = moment.day_start(-1)
    is_ahead = (nw.col(name) > moment.at) & (nw.col(name) < tomorrow)
    rows = frame.filter(is_ahead.fill_null(value=False)).select(key, name)
    return [(record_id, at) for record_id, at in rows.iter_rows()]
