"""Whom the hours alone may change before the org's day is over."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import narwhals as nw
import pytest

from engine.moments import Moment
from engine.plan.follow_ups import due_dates
from engine.snapshots import Range

AT = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)  # noon in Tokyo
NOON = Moment(AT, "Asia/Tokyo")


@pytest.mark.parametrize(
    ("after", "comes"),
    [
        pytest.param(timedelta(seconds=-1), False, id="past"),
        pytest.param(timedelta(0), False, id="now"),
        pytest.param(timedelta(seconds=1), True, id="soon"),
        pytest.param(timedelta(hours=12, seconds=-1), True, id="last second of the day"),
        pytest.param(timedelta(hours=12), False, id="midnight"),
    ],
)
def test_an_activity_to_come_today_is_an_edge(
    activities: Callable[..., nw.DataFrame[Any]],
    prospects: Callable[..., nw.DataFrame[Any]],
    after: timedelta,
    *,
    comes: bool,
) -> None:
    part = Range(prospects({"id": "L1"}), activities({"prospect_id": "L1", "at": AT + after}))
    assert due_dates(part, NOON) == ({"L1": AT + after} if comes else {})


def test_the_first_of_several_counts(
    activities: Callable[..., nw.DataFrame[Any]], prospects: Callable[..., nw.DataFrame[Any]]
) -> None:
    times = [AT + timedelta(hours=hours) for hours in (3, 1, 2)]
    part = Range(prospects({"id": "L1"}), activities(*({"prospect_id": "L1", "at": at} for at in times)))
    assert due_dates(part, NOON) == {"L1": AT + timedelta(hours=1)}


def test_a_prospect_made_while_the_run_began_is_an_edge(
    activities: Callable[..., nw.DataFrame[Any]], prospects: Callable[..., nw.DataFrame[Any]]
) -> None:
    made = AT + timedelta(seconds=2)
    part = Range(prospects({"id": "L1", "created_at": made, "stamp": made, "modified_at": made}), activities())
    assert due_dates(part, NOON) == {"L1": made}


def test_a_stamp_ahead_is_no_edge(
    activities: Callable[..., nw.DataFrame[Any]], prospects: Callable[..., nw.DataFrame[Any]]
) -> None:
    part = Range(prospects({"id": "L1", "stamp": AT + timedelta(seconds=2)}), activities())
    assert due_dates(part, NOON) == {}
