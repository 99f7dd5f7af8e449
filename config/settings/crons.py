"""Cron expressions of five fields, read as every cron reads them: Sunday is 0 and 7, `mon-fri`, `L`, `mon#1`.

Only this file knows cronsim. Times are the wall clock's, without a zone: which moment of a zone each is, and what becomes of
those that a change of the clock leaves out or gives twice, is `sync/schedule/due.py`'s business.
"""

from collections.abc import Iterator
from datetime import datetime

from cronsim import CronSim, CronSimError

_FIELDS = 5
# What lies between any two times that wall clocks ever had; it only asks whether an expression can be due at all.
_ANY_DAY = datetime(2024, 1, 1)  # noqa: DTZ001 - a wall clock


def is_cron(text: str) -> bool:
    """Whether it is one, and is due at all: the 30th of February is not."""
    if len(text.split()) != _FIELDS:
        return False
    try:
        return next(CronSim(text, _ANY_DAY), None) is not None
    except CronSimError:
        return False


def wall_times(cron: str, *, after: datetime) -> Iterator[datetime]:
    """When the wall clock meets it, from the first time later than `after` on."""
    return CronSim(cron, after)


def follows_elapsed_time(cron: str) -> bool:
    """`*/15 * * * *` is every fifteen minutes whatever the clock is put to; `30 2 * * *` is once a day."""
    minute, hour = cron.split()[:2]
    return minute.startswith("*") or hour.startswith("*")
