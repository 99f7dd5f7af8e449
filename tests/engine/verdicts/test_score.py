"""The score is a pure function of what happened."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from engine.conditions.conditions import Leaf
from engine.conditions.fields import Field, Kind
from engine.moments import Moment
from engine.rulebook.rulebook import Band, Criterion, Decay, Fading, Level, Points, Profile, Rulebook
from engine.verdicts.decay import parts, table

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
def test_points_add_up(kinds: list[str], score: int, moment: Moment, verdict_of: Callable[..., dict[str, Any]]) -> None:
    happened = [{"kind": kind, "at": moment.at} for kind in kinds]
    assert verdict_of(Rulebook("points", "0", points=POINTS), {}, *happened)["score"] == score


def test_what_is_to_come_does_not_count(moment: Moment, verdict_of: Callable[..., dict[str, Any]]) -> None:
    to_come = {"kind": "form", "at": moment.at + timedelta(seconds=1)}
    assert verdict_of(Rulebook("points", "0", points=POINTS), {}, to_come)["score"] == 0


def test_a_rulebook_without_points_leaves_the_score_alone(verdict_of: Callable[..., dict[str, Any]]) -> None:
    verdict = verdict_of(Rulebook("none", "0"), {})
    assert (verdict["score"], verdict["by__score"]) == (0, None)


LINEAR, STEP, HALF_LIFE = Decay(Fading.LINEAR, 10), Decay(Fading.STEP, 10), Decay(Fading.HALF_LIFE, 10)


@pytest.mark.parametrize(
    ("decay", "days", "score"),
    [
        pytest.param(LINEAR, 0, 50, id="all of it on its own day"),
        pytest.param(LINEAR, 1, 45, id="evenly less"),
        pytest.param(LINEAR, 9, 5, id="a last part"),
        pytest.param(LINEAR, 10, 0, id="nothing on the day it ends"),
        pytest.param(LINEAR, 500, 0, id="nothing ever after"),
        pytest.param(STEP, 10, 50, id="all of it up to the last day"),
        pytest.param(STEP, 11, 0, id="nothing behind the step"),
        pytest.param(HALF_LIFE, 0, 50, id="all of it at first"),
        pytest.param(HALF_LIFE, 10, 25, id="half of it"),
        pytest.param(HALF_LIFE, 20, 12, id="a quarter, rounded down"),
        pytest.param(HALF_LIFE, 100, 0, id="next to nothing after ten half lives"),
    ],
)
def test_points_fade_with_whole_days(
    decay: Decay, days: int, score: int, moment: Moment, verdict_of: Callable[..., dict[str, Any]]
) -> None:
    rulebook = Rulebook("fading", "0", points=(Points("form", 50_000, decay=decay),))
    assert verdict_of(rulebook, {}, {"kind": "form", "at": moment.day_start(days)})["score"] == score


def test_an_activity_ages_at_midnight_of_the_org(moment: Moment, verdict_of: Callable[..., dict[str, Any]]) -> None:
    rulebook = Rulebook("fading", "0", points=(Points("form", 50_000, decay=LINEAR),))
    late = [{"kind": "form", "at": moment.day_start() - timedelta(seconds=1)}]
    assert verdict_of(rulebook, {}, *late)["score"] == 45


def test_a_linear_point_is_exact_on_every_day(moment: Moment, verdict_of: Callable[..., dict[str, Any]]) -> None:
    rulebook = Rulebook("fading", "0", points=(Points("form", 90_000, decay=Decay(Fading.LINEAR, 90)),))
    scores = [verdict_of(rulebook, {}, {"kind": "form", "at": moment.day_start(age)})["score"] for age in (1, 17, 89)]
    assert scores == [89, 73, 1]


def test_a_deduction_fades_too(moment: Moment, verdict_of: Callable[..., dict[str, Any]]) -> None:
    rulebook = Rulebook("fading", "0", points=(Points("spam", -50_000, decay=LINEAR),))
    scores = [verdict_of(rulebook, {}, {"kind": "spam", "at": moment.day_start(age)})["score"] for age in (0, 5, 10)]
    assert scores == [-50, -25, 0]


def test_coming_again_does_not_refresh_what_counts_once(
    moment: Moment, verdict_of: Callable[..., dict[str, Any]]
) -> None:
    rulebook = Rulebook("fading", "0", points=(Points("webinar", 20_000, first_only=True, decay=LINEAR),))
    happened = [{"kind": "webinar", "at": moment.day_start(age)} for age in (5, 0)]
    assert verdict_of(rulebook, {}, *happened)["score"] == 10


def test_kinds_fade_each_in_its_own_way(moment: Moment, verdict_of: Callable[..., dict[str, Any]]) -> None:
    points = (Points("form", 50_000, decay=LINEAR), Points("visit", 8_000, decay=HALF_LIFE), Points("expo", 30_000))
    happened = [{"kind": kind, "at": moment.day_start(10)} for kind in ("form", "visit", "expo", "fax")]
    assert verdict_of(Rulebook("fading", "0", points=points), {}, *happened)["score"] == 34


def test_what_has_no_time_is_worth_nothing(verdict_of: Callable[..., dict[str, Any]]) -> None:
    rulebook = Rulebook("fading", "0", points=(Points("form", 50_000, decay=STEP),))
    assert verdict_of(rulebook, {}, {"kind": "form", "at": None})["score"] == 0


@pytest.mark.parametrize("fading", list(Fading))
def test_a_table_starts_with_all_of_it_and_never_rises(fading: Fading) -> None:
    decay = Decay(fading, 30)
    left = table(decay)
    assert (left[0], list(left)) == (parts(decay), sorted(left, reverse=True))


WEBINAR = Leaf(Field("campaign type", Kind.PICKLIST), "is", "webinar")


def test_a_kind_has_points_for_each_thing_that_is_asked_and_they_add_up(
    moment: Moment, verdict_of: Callable[..., dict[str, Any]]
) -> None:
    points = (Points("attended", 10_000), Points("attended", 20_000, where=WEBINAR))
    happened = [{"kind": "attended", "at": moment.at, "campaign type": each} for each in ("webinar", "expo", None)]
    assert verdict_of(Rulebook("asked", "0", points=points), {}, *happened)["score"] == 50


def test_what_counts_once_counts_the_first_that_is_asked_for(
    moment: Moment, verdict_of: Callable[..., dict[str, Any]]
) -> None:
    points = (Points("attended", 10_000, first_only=True, where=WEBINAR),)
    happened = [{"kind": "attended", "at": moment.at, "campaign type": each} for each in ("webinar", "expo", "webinar")]
    assert verdict_of(Rulebook("asked", "0", points=points), {}, *happened)["score"] == 10


BANDS = (Band("4", 0), Band("3", 25), Band("2", 50), Band("1", 100))


@pytest.mark.parametrize(
    ("points", "band"), [(-5, "4"), (0, "4"), (24, "4"), (25, "3"), (99, "2"), (100, "1"), (5_000, "1")]
)
def test_a_band_begins_at_its_points(
    points: int, band: str, moment: Moment, verdict_of: Callable[..., dict[str, Any]]
) -> None:
    rulebook = Rulebook("bands", "0", points=(Points("form", points * 1000),), bands=BANDS)
    assert verdict_of(rulebook, {}, {"kind": "form", "at": moment.at})["band"] == band


SIZE = Field("employees", Kind.INTEGER)


def fit(worth: int) -> Profile:
    return Profile("fit", "fit", (Criterion("c", "c", worth, (Level("m", worth, Leaf(SIZE, "at least", 1)),)),))


@pytest.mark.parametrize(
    ("worth", "employees", "priority"),
    [
        pytest.param(10, 1, "A1", id="A plus is A"),
        pytest.param(8, 1, "A1", id="A minus is A"),
        pytest.param(7, 1, "B1", id="B plus"),
        pytest.param(1, 1, "D1", id="D plus"),
        pytest.param(1, 0, "D1", id="D minus"),
        pytest.param(2, 0, "F1", id="F"),
        pytest.param(2, None, None, id="ungraded"),
    ],
)
def test_a_priority_is_the_letter_of_fit_and_the_band(
    worth: int, employees: int | None, priority: str | None, moment: Moment, verdict_of: Callable[..., dict[str, Any]]
) -> None:
    rulebook = Rulebook(
        "p", "0", profiles=(fit(worth),), default_profile="fit", points=(Points("form", 100_000),), bands=BANDS
    )
    found = verdict_of(rulebook, {"employees": employees}, {"kind": "form", "at": moment.at})
    assert (found["priority"], found["to__priority"], found["by__priority"]) == (priority, priority, -1)


def test_a_rulebook_without_bands_leaves_the_priority_alone(verdict_of: Callable[..., dict[str, Any]]) -> None:
    found = verdict_of(Rulebook("p", "0", profiles=(fit(2),), default_profile="fit"), {"employees": 5})
    assert (found["band"], found["priority"], found["by__priority"]) == (None, None, None)
