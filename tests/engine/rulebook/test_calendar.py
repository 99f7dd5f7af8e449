"""Working days of a company's calendar."""

from datetime import UTC, date, datetime

import pytest

from engine.moments import Moment
from engine.rulebook.policy import Calendar, end_of_working_day

HOLIDAY = Calendar(closed={date(2026, 11, 23): "勤労感謝の日"})  # a Monday
_ENDS = {
    "within a week": (datetime(2026, 11, 17, 1, tzinfo=UTC), Calendar(), 2, datetime(2026, 11, 19, 15, tzinfo=UTC)),
    "over a weekend": (datetime(2026, 11, 20, 1, tzinfo=UTC), Calendar(), 2, datetime(2026, 11, 24, 15, tzinfo=UTC)),
    "over a holiday": (datetime(2026, 11, 20, 1, tzinfo=UTC), HOLIDAY, 2, datetime(2026, 11, 25, 15, tzinfo=UTC)),
    "asked on a Sunday": (datetime(2026, 11, 22, 1, tzinfo=UTC), Calendar(), 1, datetime(2026, 11, 23, 15, tzinfo=UTC)),
    "already tomorrow in Tokyo": (
        datetime(2026, 11, 17, 16, tzinfo=UTC), Calendar(), 1, datetime(2026, 11, 19, 15, tzinfo=UTC),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("asked", "calendar", "days", "end"), _ENDS.values(), ids=_ENDS.keys())
def test_a_plan_waits_until_the_night_of_a_working_day(
    asked: datetime, calendar: Calendar, days: int, end: datetime
) -> None:
    assert end_of_working_day(Moment(asked, "Asia/Tokyo"), calendar, after=days) == end
