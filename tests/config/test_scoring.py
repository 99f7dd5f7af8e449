"""scoring.yaml says what activities are worth, how that fades and which bands there are; who wins is in rulebook.yaml."""

from collections.abc import Callable

import pytest

from engine.conditions.conditions import Leaf
from engine.conditions.fields import Field, Kind
from engine.rulebook.policy import FieldStance, PeopleWin, Stance
from engine.rulebook.rulebook import Band, Decay, Fading, Points, Rulebook

Make = Callable[..., Rulebook]
Complaints = Callable[..., list[str]]

BANDS = "points: {page view: 1}\nbands: {1: 100, 2: 50, 3: 25, 4: 0}\n"


@pytest.mark.parametrize(
    ("said", "decay"),
    [
        pytest.param("{linear: 90 days}", Decay(Fading.LINEAR, 90), id="linear"),
        pytest.param("{step: 30}", Decay(Fading.STEP, 30), id="step"),
        pytest.param("{half life: 30日}", Decay(Fading.HALF_LIFE, 30), id="half life"),
        pytest.param("no", None, id="none"),
    ],
)
def test_points_fade_as_the_file_says(rulebook: Make, said: str, decay: Decay | None) -> None:
    made = rulebook(**{"scoring.yaml": f"points: {{page view: 1}}\ndecay: {said}\n"})
    assert made.points == (Points("page view", 1000, decay=decay),)


def test_a_kind_may_fade_its_own_way_or_not_at_all(rulebook: Make) -> None:
    text = (
        "decay: {linear: 90 days}\n"
        "points: {page view: 1, task: {points: 5, decay: no}, form submission: {points: 50, decay: {half life: 30 days}}}\n"
    )
    assert rulebook(**{"scoring.yaml": text}).points == (
        Points("page view", 1000, decay=Decay(Fading.LINEAR, 90)),
        Points("task", 5000),
        Points("form submission", 50_000, decay=Decay(Fading.HALF_LIFE, 30)),
    )


def test_a_kind_may_have_points_for_each_thing_asked_of_its_activities(rulebook: Make) -> None:
    text = "points: {task: [5, {points: 20, first only: yes, when: {campaign type: Webinar}}]}\n"
    webinar = Leaf(Field("campaign type", Kind.PICKLIST), "is", "webinar", "Webinar")
    assert rulebook(**{"scoring.yaml": text}).points == (
        Points("task", 5000),
        Points("task", 20_000, first_only=True, where=webinar),
    )


def test_bands_stand_from_the_lowest_up_however_they_are_written(rulebook: Make) -> None:
    made = rulebook(**{"scoring.yaml": BANDS})
    assert made.bands == (Band("4", 0), Band("3", 25), Band("2", 50), Band("1", 100))


def test_a_score_step_is_five_points_unless_the_file_says(rulebook: Make) -> None:
    steps = [
        rulebook(**{"scoring.yaml": f"points: {{task: 1}}\n{more}"}).score_step for more in ("", "score step: 10\n")
    ]
    assert steps == [5, 10]


@pytest.mark.parametrize(("asked", "found"), [("band: {is one of: [1, 2]}", ("1", "2")), ("priority: A1", "A1")])
def test_conditions_may_read_band_and_priority(rulebook: Make, asked: str, found: object) -> None:
    rules = f"- name: r\n  when: {{{asked}}}\n  then: [{{tag: t}}]\n"
    when = rulebook(**{"automation/a.yaml": rules, "scoring.yaml": BANDS}).rules[0].when
    assert isinstance(when, Leaf)
    assert when.operand == found


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param("decay: {linear: 90 days, step: 3}", "RB-170 2:8", id="two ways at once"),
        pytest.param("decay: {lineal: 90 days}", "RB-103 2:9", id="an unknown way"),
        pytest.param("decay: {linear: 0}", "RB-117 2:17", id="no day at all"),
        pytest.param("decay: {linear: 731 days}", "RB-117 2:17", id="more days than a table has"),
        pytest.param("decay: {linear: soon}", "RB-148 2:17", id="no number of days"),
        pytest.param("decay: yes", "RB-170 2:8", id="yes is no way"),
        pytest.param("bands: [1]", "RB-121 2:8", id="bands as a list"),
        pytest.param("bands: {1: x}", "RB-116 2:12", id="a band without points"),
        pytest.param("bands: {1: 0.5}", "RB-117 2:12", id="half a point"),
        pytest.param("bands: {1: 5, 2: 5}", "RB-172 2:18", id="two bands at once"),
        pytest.param("bands: {high: 5}", "RB-171 2:9", id="a long name"),
        pytest.param("score step: 0", "RB-117 2:13", id="no step"),
        pytest.param("scores step: 1", "RB-103 2:1", id="an unknown key"),
    ],
)
def test_what_cannot_be_scored_is_named(complaints: Complaints, text: str, complaint: str) -> None:
    code, place = complaint.split()
    assert complaints(**{"scoring.yaml": f"points: {{page view: 1}}\n{text}\n"}) == [f"{code} scoring.yaml:{place}"]


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        pytest.param("band: 5", "RB-118 2:16", id="a band there is not"),
        pytest.param("priority: G1", "RB-118 2:20", id="no such letter"),
        pytest.param("priority: A9", "RB-118 2:20", id="no such band"),
    ],
)
def test_a_band_or_priority_there_is_not_is_named(complaints: Complaints, asked: str, complaint: str) -> None:
    rules = f"- name: r\n  when: {{{asked}}}\n  then: [{{tag: t}}]\n"
    code, place = complaint.split()
    found = complaints(**{"automation/a.yaml": rules, "scoring.yaml": BANDS})
    assert found == [f"{code} automation/a.yaml:{place}"]


def test_a_band_is_not_doubted_while_scoring_cannot_be_read(complaints: Complaints) -> None:
    rules = "- name: r\n  when: {band: 5}\n  then: [{tag: t}]\n"
    found = complaints(**{"automation/a.yaml": rules, "scoring.yaml": "points: {a: 1\n"})
    assert not [each for each in found if "automation" in each]


def test_who_wins_is_said_for_each_field(rulebook: Make) -> None:
    text = "name: x\npeople win: {default: 30 days, company: contest, owner: respect, grade: contest}\n"
    assert rulebook(**{"rulebook.yaml": text}).policy.people_win == PeopleWin(
        FieldStance(Stance.DAYS, 30),
        {"company": FieldStance(Stance.CONTEST), "owner": FieldStance(), "grade": FieldStance(Stance.CONTEST)},
    )


def test_a_field_nobody_writes_cannot_be_won(complaints: Complaints) -> None:
    assert complaints(**{"rulebook.yaml": "name: x\npeople win: {ownr: contest}\n"}) == ["RB-106 rulebook.yaml:2:14"]
