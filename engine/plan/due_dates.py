"""Due dates: whom the hours alone may change before the org's day is over.

Rules read days, which begin at the org's midnight, but for what lies ahead: it does not count until its time has come.
A prospect lies ahead itself when it was made while the run that reads it was beginning.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import narwhals as nw

from engine.conditions.fields import IDENTITY_COLUMNS
from engine.moments import Moment
from engine.snapshots import Range

# Of what every prospect has, rules read when it was made.
_UNREAD = frozenset(IDENTITY_COLUMNS) - {"created_at"}


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
