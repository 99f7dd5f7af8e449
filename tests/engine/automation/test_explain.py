"""One prospect explained: leaves, running totals, score lines and what nearly held."""

from collections.abc import Callable
from typing import Any

import narwhals as nw

from engine.actions.add_tag import AddTag
from engine.automation.explain import CriterionLine, Explanation, LeafResult, Match, Tried, explain
from engine.conditions.conditions import ActivityCount, Condition, Group, Join, Leaf
from engine.conditions.fields import Field, Kind
from engine.moments import Moment
from engine.rulebook.rulebook import (
    AutomationRule,
    Criterion,
    Decay,
    Fading,
    Level,
    Persona,
    Points,
    Profile,
    Rulebook,
    RuleMode,
)
from engine.verdicts.score import ScoreLine

Build = Callable[..., nw.DataFrame[Any]]

CHIEF = Leaf(Field("title", Kind.TEXT, ("rank",)), "rank at least", 7)
MANAGER = Leaf(Field("title", Kind.TEXT, ("rank",)), "rank at least", 5)
LARGE = Leaf(Field("employees", Kind.INTEGER), "at least", 300)
HOT = Leaf(Field("rating", Kind.PICKLIST), "is", "hot")
FORM = ActivityCount(("form",))


def told(
    rulebook: Rulebook, row: dict[str, Any], build: tuple[Build, Build], moment: Moment, *kinds: str
) -> Explanation:
    prospects, activities = build
    happened = [{"kind": kind, "at": moment.at} for kind in kinds]
    others = {"kind": "form", "at": moment.at, "prospect_id": "somebody else"}
    return explain(prospects(row), activities(*happened, others), rulebook, moment=moment)


def ruled(when: Condition, mode: RuleMode = RuleMode.CONVERGE) -> Rulebook:
    return Rulebook("one rule", "0", rules=(AutomationRule("r", "Rule", when, (AddTag("t"),), mode),))


def test_a_leaf_shows_the_value_people_see_and_the_value_compared(
    prospects: Build, activities: Build, moment: Moment
) -> None:
    row = {"title": "製造部長", "title__rank": 7}
    rulebook = Rulebook("one persona", "0", personas=(Persona("p", "Chief", "decision maker", CHIEF),))
    explanation = told(rulebook, row, (prospects, activities), moment)
    assert explanation.items["persona"] == (Tried("p", "Chief", True, (LeafResult(CHIEF, "製造部長", 7, True),)),)


def test_criteria_show_a_running_total_and_the_clamp(prospects: Build, activities: Build, moment: Moment) -> None:
    title = Criterion("title", "Title", 3, (Level("strong", 3, CHIEF), Level("medium", 2, MANAGER)))
    size = Criterion("size", "Size", 3, (Level("match", 3, LARGE),))
    rating = Criterion("rating", "Rating", 5, (Level("match", 5, HOT),))
    profile = Profile("p", "P", (title, size, rating))
    rulebook = Rulebook("one profile", "0", profiles=(profile,), default_profile="p")
    row = {"title": "課長", "title__rank": 5, "employees": None, "rating": "Cold"}
    explanation = told(rulebook, row, (prospects, activities), moment)
    ranked = (LeafResult(CHIEF, "課長", 5, False), LeafResult(MANAGER, "課長", 5, True))
    assert explanation.criteria == (
        CriterionLine("title", "Title", 3, Match.MATCH, "medium", 2, 4, ranked),
        CriterionLine("size", "Size", 3, Match.UNKNOWN, None, 0, 4, (LeafResult(LARGE, None, None, None),)),
        CriterionLine("rating", "Rating", 5, Match.NOT_MATCH, None, -5, -1, (LeafResult(HOT, "Cold", "cold", False),)),
    )
    assert explanation.is_clamped


def test_score_lines_are_of_this_prospect_and_name_kinds_without_points(
    prospects: Build, activities: Build, moment: Moment
) -> None:
    points = (Points("form", 50_000), Points("email open", 1_500, first_only=True), Points("chat", 10_000))
    rulebook = Rulebook("points", "0", points=points)
    explanation = told(rulebook, {}, (prospects, activities), moment, "fax", "email open", "email open", "form")
    assert explanation.score_lines == (
        ScoreLine("form", 1, 50_000),
        ScoreLine("email open", 2, 1_500),
        ScoreLine("fax", 1, 0),
    )


def test_a_score_line_shows_what_is_left_of_all(prospects: Build, activities: Build, moment: Moment) -> None:
    decay = Decay(Fading.LINEAR, 10)
    rulebook = Rulebook("points", "0", points=(Points("form", 50_000, decay=decay), Points("chat", 10_000)))
    happened = [{"kind": kind, "at": moment.day_start(age)} for kind, age in (("form", 0), ("form", 4), ("chat", 4))]
    explanation = explain(prospects({}), activities(*happened), rulebook, moment=moment)
    assert explanation.score_lines == (
        ScoreLine("form", 2, 80_000, full=100_000, decay=decay),
        ScoreLine("chat", 1, 10_000),
    )


def test_score_lines_tell_apart_what_points_ask(prospects: Build, activities: Build, moment: Moment) -> None:
    webinar = Leaf(Field("campaign type", Kind.PICKLIST), "is", "webinar")
    points = (
        Points("attended", 5_000),
        Points("attended", 20_000, where=webinar),
        Points("sent", 1_000, where=webinar),
    )
    happened = [
        {"kind": kind, "at": moment.at, "campaign type": each}
        for kind, each in (("attended", "webinar"), ("attended", None), ("sent", "expo"))
    ]
    explanation = explain(prospects({}), activities(*happened), Rulebook("p", "0", points=points), moment=moment)
    assert explanation.score_lines == (
        ScoreLine("attended", 2, 10_000),
        ScoreLine("attended", 1, 20_000, where=webinar),
        ScoreLine("sent", 1, 0),
    )


def test_a_rule_nearly_matches_when_one_other_answer_would_do(
    prospects: Build, activities: Build, moment: Moment
) -> None:
    rulebook = ruled(Group(Join.ALL, (LARGE, HOT, FORM)))
    explanation = told(rulebook, {"employees": None, "rating": "Hot"}, (prospects, activities), moment, "form")
    assert [rule.near for rule in explanation.nearly_matched] == [(0,)]


def test_a_rule_that_lacks_two_answers_is_not_near(prospects: Build, activities: Build, moment: Moment) -> None:
    rulebook = ruled(Group(Join.ALL, (LARGE, HOT, FORM)))
    explanation = told(rulebook, {"employees": 10, "rating": "Hot"}, (prospects, activities), moment)
    assert explanation.nearly_matched == ()


def test_none_is_near_when_one_answer_too_many_is_yes(prospects: Build, activities: Build, moment: Moment) -> None:
    rulebook = ruled(Group(Join.NONE, (LARGE, HOT)))
    explanation = told(rulebook, {"employees": 500, "rating": "Cold"}, (prospects, activities), moment)
    assert [rule.near for rule in explanation.nearly_matched] == [(0,)]


def test_a_rule_that_matches_is_not_near(prospects: Build, activities: Build, moment: Moment) -> None:
    rulebook = ruled(Group(Join.ANY, (LARGE, HOT)))
    explanation = told(rulebook, {"employees": 500, "rating": None}, (prospects, activities), moment)
    assert ([rule.id for rule in explanation.matched], explanation.nearly_matched) == (["r"], ())


def test_a_once_rule_says_that_it_has_fired(prospects: Build, activities: Build, moment: Moment) -> None:
    row = {"employees": 500, "firings": ";r;"}
    [rule] = told(ruled(LARGE, RuleMode.ONCE), row, (prospects, activities), moment).rules
    assert (rule.holds, rule.has_fired) == (True, True)


def test_a_leaf_of_a_later_rule_shows_what_an_earlier_one_set(
    prospects: Build, activities: Build, moment: Moment
) -> None:
    vip = Leaf(Field("tags", Kind.TAGS), "include", "vip")
    giver = AutomationRule("giver", "giver", LARGE, (AddTag("vip"),))
    reader = AutomationRule("reader", "reader", vip, ())
    explanation = told(
        Rulebook("tags", "0", rules=(reader, giver)), {"employees": 500}, (prospects, activities), moment
    )
    assert explanation.rules[0].leaves == (LeafResult(vip, "", ";vip;", True),)
