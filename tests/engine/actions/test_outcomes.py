"""Who decides a field when several rules set it, and what later strata see of it."""

from collections.abc import Callable
from typing import Any

import pytest

from engine.actions.add_tag import AddTag
from engine.actions.assign import Assign
from engine.actions.set_field import SetField, our_mark
from engine.conditions.conditions import ALWAYS, NEVER, Condition, Leaf
from engine.conditions.fields import Field, Kind
from engine.rulebook.rulebook import AutomationRule, Otherwise, Rulebook, RuleMode

UNKNOWN = Leaf(Field("employees", Kind.INTEGER), "at least", 300)  # the prospect's is empty
HOT = Leaf(Field("rating", Kind.PICKLIST), "is", "hot")
VIP = Leaf(Field("tags", Kind.TAGS), "include", "vip")
CLEAR, KEEP = Otherwise.CLEAR, Otherwise.KEEP
Decided = tuple[str | None, int | None]


def setting(
    value: str, when: Condition, otherwise: Otherwise = KEEP, mode: RuleMode = RuleMode.CONVERGE
) -> AutomationRule:
    return AutomationRule(value, value, when, (SetField("rating", value, otherwise, value.lower()),), mode)


def reading(when: Condition) -> AutomationRule:
    return AutomationRule("reader", "reader", when, ())


@pytest.mark.parametrize(
    ("rules", "held", "decided"),
    [
        pytest.param([setting("Hot", ALWAYS)], None, ("Hot", 0), id="sets"),
        pytest.param([setting("Hot", NEVER)], "Hot", (None, None), id="keep: stays when it stops holding"),
        pytest.param([setting("Hot", UNKNOWN)], "Hot", (None, None), id="unknown never acts"),
        pytest.param([setting("Hot", NEVER, CLEAR)], "Hot", (None, 0), id="clear: empties when it stops holding"),
        pytest.param([setting("Hot", NEVER, CLEAR)], "Warm", (None, None), id="clear: another's value is left"),
        pytest.param([setting("Hot", UNKNOWN, CLEAR)], "Hot", (None, None), id="clear does not act on unknown"),
        pytest.param([setting("Hot", ALWAYS), setting("Cold", ALWAYS)], None, ("Cold", 1), id="later wins"),
        pytest.param([setting("Hot", ALWAYS), setting("Cold", NEVER)], None, ("Hot", 0), id="of those that hold"),
        pytest.param(
            [setting("Hot", ALWAYS), setting("Cold", NEVER, CLEAR)], "Hot", ("Hot", 0), id="a value beats clear"
        ),
        pytest.param(
            [setting("Hot", UNKNOWN), setting("Cold", NEVER, CLEAR)],
            "Cold",
            (None, None),
            id="clear waits while another rule is unknown",
        ),
        pytest.param(
            [setting("Cold", ALWAYS), setting("Hot", UNKNOWN)],
            "Hot",
            (None, None),
            id="an unknown rule keeps its value in place against those before it",
        ),
        pytest.param(
            [setting("Cold", ALWAYS), setting("Hot", UNKNOWN)],
            "Warm",
            ("Cold", 0),
            id="an unknown rule keeps no value but its own",
        ),
        pytest.param(
            [setting("Hot", UNKNOWN), setting("Cold", ALWAYS)],
            "Hot",
            ("Cold", 1),
            id="an unknown rule keeps nothing against those after it",
        ),
    ],
)
def test_a_field_is_decided(
    rules: list[AutomationRule], held: str | None, decided: Decided, verdict_of: Callable[..., dict[str, Any]]
) -> None:
    ours = our_mark("rating", held)
    verdict = verdict_of(Rulebook("effects", "0", rules=tuple(rules)), {"rating": held, "ours": ours})
    assert (verdict["to__rating"], verdict["by__rating"]) == decided


@pytest.mark.parametrize("ours", ["", our_mark("rating", "Warm"), our_mark("grade", "Hot")])
def test_the_same_value_of_another_hand_is_not_cleared_and_later_rules_see_it(
    ours: str, verdict_of: Callable[..., dict[str, Any]]
) -> None:
    rulebook = Rulebook("effects", "0", rules=(reading(HOT), setting("Hot", NEVER, CLEAR)))
    verdict = verdict_of(rulebook, {"rating": "Hot", "ours": ours})
    assert (verdict["rule__0"], verdict["to__rating"], verdict["by__rating"]) == (True, None, None)


def test_listed_order_wins_whatever_the_stratum(verdict_of: Callable[..., dict[str, Any]]) -> None:
    graded = Leaf(Field("grade", Kind.GRADE), "is empty", operand=True)
    rulebook = Rulebook("effects", "0", rules=(setting("Late", graded), setting("Early", ALWAYS)))
    assert verdict_of(rulebook, {})["to__rating"] == "Early"


@pytest.mark.parametrize(
    ("setter", "held", "seen"),
    [
        pytest.param(setting("Hot", ALWAYS), "Cold", True, id="the new value"),
        pytest.param(setting("Hot", NEVER), "Hot", True, id="the org's where nobody decides"),
        pytest.param(setting("Hot", NEVER, CLEAR), "Hot", None, id="nothing where it is emptied"),
    ],
)
def test_a_later_rule_sees_what_was_decided(
    *, setter: AutomationRule, held: str, seen: bool | None, verdict_of: Callable[..., dict[str, Any]]
) -> None:
    rulebook = Rulebook("effects", "0", rules=(reading(HOT), setter))
    assert verdict_of(rulebook, {"rating": held, "ours": our_mark("rating", held)})["rule__0"] is seen


@pytest.mark.parametrize(
    ("when", "otherwise", "held", "seen"),
    [
        pytest.param(ALWAYS, Otherwise.REMOVE, "", True, id="given"),
        pytest.param(NEVER, Otherwise.REMOVE, ";vip;", False, id="taken away"),
        pytest.param(NEVER, Otherwise.KEEP, ";vip;", True, id="kept"),
        pytest.param(UNKNOWN, Otherwise.REMOVE, ";vip;", True, id="unknown leaves it"),
        pytest.param(UNKNOWN, Otherwise.REMOVE, "", False, id="unknown does not give it"),
    ],
)
def test_a_later_rule_sees_the_tag_as_it_will_be(
    *, when: Condition, otherwise: Otherwise, held: str, seen: bool, verdict_of: Callable[..., dict[str, Any]]
) -> None:
    giver = AutomationRule("giver", "giver", when, (AddTag("vip", otherwise),))
    verdict = verdict_of(Rulebook("effects", "0", rules=(reading(VIP), giver)), {"tags": held})
    assert verdict["rule__0"] is seen


@pytest.mark.parametrize(("firings", "fires"), [("", True), (";other;", True), (";Hot;", False)])
def test_a_once_rule_fires_once(*, firings: str, fires: bool, verdict_of: Callable[..., dict[str, Any]]) -> None:
    rulebook = Rulebook("effects", "0", rules=(setting("Hot", ALWAYS, mode=RuleMode.ONCE),))
    verdict = verdict_of(rulebook, {"firings": firings})
    assert (verdict["rule__0"], verdict["by__rating"]) == (fires, 0 if fires else None)


def test_the_last_listed_rule_that_holds_says_who_owns(verdict_of: Callable[..., dict[str, Any]]) -> None:
    owner_rules = [
        AutomationRule(str(n), str(n), when, (Assign(pool="p"),)) for n, when in enumerate((ALWAYS, ALWAYS, NEVER))
    ]
    assert verdict_of(Rulebook("effects", "0", rules=tuple(owner_rules)), {})["by__owner"] == 1


def test_nobody_says_who_owns_when_no_rule_holds(verdict_of: Callable[..., dict[str, Any]]) -> None:
    owner_rule = AutomationRule("owns", "owns", UNKNOWN, (Assign(pool="p"),))
    assert verdict_of(Rulebook("effects", "0", rules=(owner_rule,)), {})["by__owner"] is None


def test_a_date_is_set_as_a_date(verdict_of: Callable[..., dict[str, Any]]) -> None:
    rule = AutomationRule("date", "date", ALWAYS, (SetField("contract_ends", "2027-03-31"),))
    assert str(verdict_of(Rulebook("effects", "0", rules=(rule,)), {})["to__contract_ends"]) == "2027-03-31"
