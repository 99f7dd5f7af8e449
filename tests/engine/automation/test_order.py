"""In which order rules run, and what cannot be ordered."""

import pytest

from engine.actions.add_tag import AddTag
from engine.actions.set_field import SetField
from engine.automation.order import order_rules
from engine.conditions.conditions import ALWAYS, Condition, Leaf
from engine.conditions.fields import Field, Kind
from engine.errors import Problem, RulebookError
from engine.rulebook.rulebook import Action, AutomationRule, Criterion, Level, Persona, Profile, Rulebook, RuleMode
from engine.verdicts.band import BAND
from engine.verdicts.grade import GRADE
from engine.verdicts.persona import PERSONA
from engine.verdicts.priority import PRIORITY
from engine.verdicts.profile import PROFILE
from engine.verdicts.score import SCORE

RATING = Leaf(Field("rating", Kind.PICKLIST), "is", "hot")
REGION = Leaf(Field("region", Kind.PICKLIST), "is", "east")
GOOD_GRADE = Leaf(Field("grade", Kind.GRADE), "at least", 8)
BUYER = Leaf(Field("persona", Kind.PICKLIST), "is", "Buyer")
OWN_PROFILE = Leaf(Field("profile", Kind.PICKLIST), "is", "Own")
SET_RATING = SetField("rating", "Hot", key="hot")
SET_REGION = SetField("region", "East", key="east")


def has_tag(tag: str) -> Condition:
    return Leaf(Field("tags", Kind.TAGS), "include", tag)


def rule(name: str, when: Condition, *then: Action, mode: RuleMode = RuleMode.CONVERGE) -> AutomationRule:
    return AutomationRule(name, name, when, then, mode, where=f"automation/{name}.yaml:1:3")


def rules(*listed: AutomationRule) -> Rulebook:
    return Rulebook("order", "0", rules=listed)


def problems(rulebook: Rulebook) -> tuple[Problem, ...]:
    with pytest.raises(RulebookError) as caught:
        order_rules(rulebook)
    return caught.value.problems


def test_a_rule_runs_after_those_that_set_what_it_reads() -> None:
    rulebook = rules(rule("reader", RATING), rule("setter", REGION, SET_RATING), rule("first", ALWAYS, SET_REGION))
    strata = order_rules(rulebook)
    assert [next(n for n, stratum in enumerate(strata) if index in stratum) for index in range(3)] == [2, 1, 0]


def test_a_rule_that_reads_the_grade_runs_after_persona_profile_and_grade() -> None:
    strata = order_rules(rules(rule("reader", GOOD_GRADE)))
    behind = {PERSONA, PROFILE, GRADE, SCORE, BAND, PRIORITY, 0}
    assert [tuple(step for step in stratum if step in behind) for stratum in strata] == [
        (PERSONA, PROFILE, SCORE),
        (GRADE, BAND),
        (PRIORITY, 0),
    ]


def test_a_criterion_sees_what_a_rule_sets() -> None:
    profile = Profile("p", "p", (Criterion("c", "c", 1, (Level("match", 1, REGION),)),))
    rulebook = Rulebook("order", "0", profiles=(profile,), rules=(rule("setter", ALWAYS, SET_REGION),))
    strata = order_rules(rulebook)
    assert [0 in strata[0], GRADE in strata[1]] == [True, True]


def test_tags_are_ordered_one_by_one() -> None:
    giver = rule("gold", has_tag("vip"), AddTag("gold"))
    strata = order_rules(rules(giver, rule("reader", has_tag("gold"))))
    assert [0 in strata[0], 1 in strata[1]] == [True, True]


def test_a_converge_rule_may_not_read_what_it_sets() -> None:
    assert problems(rules(rule("loop", RATING, SET_RATING))) == (
        Problem("RB-201", "automation/loop.yaml:1:3", {"rule": "loop", "field": "rating"}),
    )


def test_a_converge_rule_may_not_read_the_tag_it_gives() -> None:
    assert problems(rules(rule("loop", has_tag("vip"), AddTag("vip")))) == (
        Problem("RB-201", "automation/loop.yaml:1:3", {"rule": "loop", "field": "tags vip"}),
    )


def test_a_rule_that_fires_once_may_read_what_it_sets() -> None:
    assert order_rules(rules(rule("once", RATING, SET_RATING, mode=RuleMode.ONCE)))


def test_a_cycle_is_told_in_the_order_in_which_decisions_flow() -> None:
    [found] = problems(rules(rule("one", RATING, SET_REGION), rule("two", REGION, SET_RATING)))
    assert found.code == "RB-202"
    assert found.params["cycle"] in {"one → two → one", "two → one → two"}


def test_a_persona_may_not_choose_the_profile_that_a_persona_asks_for() -> None:
    chooses = Persona("a", "a", "role", ALWAYS, profile="p")
    asks = Persona("b", "b", "role", OWN_PROFILE)
    rulebook = Rulebook("order", "0", personas=(chooses, asks), profiles=(Profile("p", "Own", ()),))
    [found] = problems(rulebook)
    assert found.code == "RB-202"


def test_a_persona_may_not_ask_for_the_persona() -> None:
    rulebook = Rulebook("order", "0", personas=(Persona("a", "A", "role", BUYER, where="personas/a.yaml:1:3"),))
    assert problems(rulebook) == (Problem("RB-205", "personas/a.yaml:1:3", {"name": "A", "field": "persona"}),)


def test_scope_may_not_rest_on_what_the_rules_decide() -> None:
    assert problems(Rulebook("order", "0", scope=GOOD_GRADE)) == (Problem("RB-203", "", {"field": "grade"}),)


def test_a_facet_of_a_field_that_a_rule_sets_cannot_be_read() -> None:
    ranked = Leaf(Field("title", Kind.TEXT, ("rank",)), "rank at least", 7)
    rulebook = rules(rule("setter", ALWAYS, SetField("title", "部長")), rule("reader", ranked))
    assert problems(rulebook) == (Problem("RB-204", "", {"field": "title", "operator": "rank at least"}),)


def test_everything_wrong_is_told_at_once() -> None:
    rulebook = Rulebook("order", "0", scope=GOOD_GRADE, rules=(rule("loop", RATING, SET_RATING),))
    assert [found.code for found in problems(rulebook)] == ["RB-201", "RB-203"]
