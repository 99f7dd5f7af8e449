"""The score is a pure function of what happened."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from engine.moments import Moment
from engine.rulebooks import Points, Rulebook

POINTS = (
    Points("form", 50_000),
    Points("page view", 1_000),
    Points("form error", -5_000),
    Points("half", 500),
    Points("minus half", -500),
    Points("email open", 2_000, first_only=True),
    Points("unsubscribe", -3_000, first_only=True),
)


@pytest.mark.parametrize(
    ("kinds", "score"),
    [
        pytest.param([], 0, id="nothing happened"),
        pytest.param(["form", "page view", "page view"], 52, id="each counts"),
        pytest.param(["form error"], -5, id="below zero"),
        pytest.param(["half", "half", "half"], 1, id="thousandths are rounded down"),
        pytest.param(["minus half"], -1, id="rounded down below zero too"),
        pytest.param(["email open"] * 3, 2, id="the first only"),
        pytest.param(["unsubscribe"] * 3, -3, id="the first deduction only"),
        pytest.param(["form", "unsubscribe"], 47, id="a first deduction among others"),
        pytest.param(["fax"], 0, id="a kind without points"),
    ],
)
def test_points_add_up(kinds: list[str], score: int, moment: Moment, judged: Callable[..., dict[str, Any]]) -> None:
    happened = [{"kind": kind, "at": moment.at} for kind in kinds]
    assert judged(Rulebook("points", "0", points=POINTS), {}, *happened)["score"] == score


def test_what_is_to_come_does_not_count(moment: Moment, judged: Callable[..., dict[str, Any]]) -> None:
    to_come = {"kind": "form", "at": moment.at + timedelta(seconds=1)}
    assert judged(Rulebook("points", "0", points=POINTS), {}, to_come)["score"] == 0


def test_a_rulebook_without_points_leaves_the_score_alone(judged: Callable[..., dict[str, Any]]) -> None:
    verdict = judged(Rulebook("none", "0"), {})
    assert (verdict["score"], verdict["by__score"]) == (0, None)
