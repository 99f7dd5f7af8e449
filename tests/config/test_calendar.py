"""The company calendar of rulebook.yaml: a country's real holidays, and the company's own closing days."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from engine.moments import Moment
from engine.rulebook.policy import Calendar, end_of_working_day
from engine.rulebook.rulebook import Rulebook

Make = Callable[..., Rulebook]


def calendar(rulebook: Make, said: str) -> Calendar:
    return rulebook(**{"rulebook.yaml": f"name: x\ncalendar: {said}\n"}).policy.calendar


@pytest.mark.parametrize(
    ("day", "name"),
    [
        pytest.param(date(2026, 9, 22), "国民の休日", id="a day between two holidays"),
        pytest.param(date(2026, 11, 23), "勤労感謝の日", id="Labour Thanksgiving"),
        pytest.param(date(2027, 3, 22), "振替休日", id="the day after a holiday on a Sunday"),
        pytest.param(date(2027, 9, 20), "敬老の日", id="a third Monday"),
        pytest.param(date(2026, 5, 6), "振替休日", id="a substitute behind Golden Week"),
    ],
)
def test_japan_s_holidays_are_closed_by_their_names(rulebook: Make, day: date, name: str) -> None:
    found = calendar(rulebook, "{holidays: JP}")
    assert (found.is_working(day), name in found.closed[day]) == (False, True)


@pytest.mark.parametrize("day", [date(2026, 9, 24), date(2026, 11, 24), date(2027, 3, 23), date(2026, 12, 24)])
def test_the_days_around_them_are_not(rulebook: Make, day: date) -> None:
    assert calendar(rulebook, "{holidays: JP}").is_working(day)


def test_without_a_country_only_weekends_are_closed(rulebook: Make) -> None:
    found = calendar(rulebook, "{closed: []}")
    assert [found.is_working(date(2026, 11, day)) for day in (21, 22, 23)] == [False, False, True]


def test_own_closing_days_come_on_top_of_holidays(rulebook: Make) -> None:
    said = "{holidays: JP, closed: [2026-08-13, {from: 2026-12-29, until: 2027-01-03, name: 年末年始}]}"
    found = calendar(rulebook, said)
    days = (
        date(2026, 8, 13),
        date(2026, 8, 14),
        date(2026, 12, 28),
        date(2026, 12, 29),
        date(2027, 1, 1),
        date(2027, 1, 4),
    )
    assert [found.is_working(day) for day in days] == [False, True, True, False, False, True]


def test_another_weekend_keeps_the_holidays(rulebook: Make) -> None:
    found = calendar(rulebook, "{holidays: JP, weekend: [sunday]}")
    assert [found.is_working(date(2026, 11, day)) for day in (21, 22, 23)] == [True, False, False]


def test_a_plan_of_friday_waits_over_a_long_weekend(rulebook: Make) -> None:
    """2026-11-20 is a Friday, the Monday behind it a holiday: two working days end on Wednesday night in Tokyo."""
    asked = Moment(datetime(2026, 11, 20, 1, tzinfo=UTC), "Asia/Tokyo")
    found = calendar(rulebook, "{holidays: JP}")
    assert end_of_working_day(asked, found, after=2) == datetime(2026, 11, 25, 15, tzinfo=UTC)
