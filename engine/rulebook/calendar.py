"""The company's calendar: working days counted from a moment."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from engine.moments import Moment
from engine.rulebook.policy import Calendar

# No company closes for longer; a calendar without any working day would have no end.
_DAYS_MAX = 3_660


def end_of_working_day(moment: Moment, calendar: Calendar, *, after: int) -> datetime:
    """The end of the so many-th working day after a moment's own day: what is asked on Friday has until Tuesday night."""
    zone = ZoneInfo(moment.zone)
    day, left = moment.at.astimezone(zone).date(), after
    for _ in range(_DAYS_MAX):
        if left == 0:
            break
        day += timedelta(days=1)
        left -= calendar.is_working(day)
    return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
