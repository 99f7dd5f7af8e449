"""Drafts: of one lead and what is remembered of it, what it is to get, what that rests on, and what is left to people."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from engine.actions.add_tag import AddTag
from engine.actions.assign import Assign
from engine.actions.set_field import SetField
from engine.assignment.needs import Need
from engine.changes.change import Effects, OwnerWhy, RuleRef
from engine.changes.memory import EMPTY, Memory, Overridden, Written
from engine.conditions.conditions import Leaf
from engine.conditions.fields import Field, Kind
from engine.messages import Message
from engine.plan.drafts import Draft, RangeCounts, drafts_of
from engine.rulebook.policy import FieldStance, PeopleWin, Policy, Stance
from engine.rulebook.rulebook import Assignment, AutomationRule, Otherwise, Pool, Reference, Rulebook, RuleMode
from engine.values import Scalar, Values
from tests.engine.small_org import AT, BASE, BIG, KNOWN, MOMENT, directory_of, draft_of, drafted, part_of, refs

CHIEF = Leaf(Field("title", Kind.TEXT), "is", "ceo")
WARM = AutomationRule("warm", "Warm", BIG, (SetField("rating", "Warm", key="warm"),))
TAGGED = AutomationRule("tagged", "Tagged", BIG, (AddTag("big"),))
ONCE = AutomationRule("once", "Once", BIG, (AddTag("seen", Otherwise.KEEP),), RuleMode.ONCE)
TEAM = AutomationRule("team", "Team", KNOWN, (Assign(pool="team", reassign=True),))
POOL = Assignment((Pool("team", "team", (Reference("bob@x"), Reference("cyd@x"))),), (Reference("Inbound"),), "team")
WARMED = replace(EMPTY, applied={"L0": {"rating": "Warm"}})
"""We made it Warm."""


def rules(*each: AutomationRule, **said: Any) -> Rulebook:
    return Rulebook("small", "d", rules=each, assignment=POOL, **said)


def tags(*pairs: tuple[str, str]) -> Memory:
    return replace(EMPTY, tags={"L0": frozenset(pairs)})


def test_a_draft_says_all_of_its_lead() -> None:
    assert draft_of(rules(WARM, TAGGED), employees=500, owner_id="INBOUND", rating="Cold") == Draft(
        object="Lead",
        record_id="L0",
        owner="INBOUND",
        created_at=AT,
        base=BASE,
        before={"rating": "Cold"},
        after={"rating": "Warm"},
        inputs={"rating": {"employees": 500}, "owner": {}, RuleRef("rule", "tagged"): {"employees": 500}},
        effects=Effects((("big", "tagged"),)),
        need=Need("L0", "Lead", "INBOUND", OwnerWhy.QUEUE, pool="team"),
        riders={"grade_reason": ""},
        rules=refs("rule/warm", "rule/tagged", "pool/team"),
        because=(
            Message.of("reason.set", rule="Warm", field="rating", value="Warm"),
            Message.of("reason.tagged", rule="Tagged", tag="big"),
        ),
        respected=(),
        undecided=False,
        owner_rules=refs("pool/team"),
    )


def test_the_rule_that_says_who_shall_own_it_is_behind_the_owner_alone_unless_it_does_more() -> None:
    owns = AutomationRule("owns", "Owns", BIG, (Assign(pool="team"),))
    does_more = replace(owns, then=(*owns.then, SetField("rating", "Warm", key="warm")))
    remembers = replace(owns, then=(*owns.then, AddTag("big")))
    found = [draft_of(rules(each), employees=500, owner_id="INBOUND") for each in (owns, does_more, remembers)]
    assert [one.rules for one in found] == [refs("rule/owns", "pool/team")] * 3
    assert [one.owner_rules for one in found] == [
        refs(*names) for names in (("rule/owns", "pool/team"), ("pool/team",), ("pool/team",))
    ]


def test_a_draft_of_nothing_is_empty() -> None:
    found = draft_of(rules(WARM), employees=10)
    assert (found.is_empty, found.before, found.after, found.inputs, found.rules, found.because) == (
        True,
        {},
        {},
        {},
        (),
        (),
    )


@pytest.mark.parametrize(
    "said",
    [
        {"after": {"rating": None}},
        {"need": Need("L0", "Lead", "ANN", OwnerWhy.QUEUE)},
        {"effects": Effects(firings=("a",))},
    ],
    ids=["a field", "an owner", "something to remember"],
)
def test_a_draft_that_asks_for_anything_is_not_empty(said: dict[str, Any]) -> None:
    assert not replace(draft_of(rules(WARM), employees=10), **said).is_empty


CLEARING = replace(WARM, then=(SetField("rating", "Warm", Otherwise.CLEAR, "warm"),))
LATER_RULE = AutomationRule("hot", "Hot", KNOWN, (SetField("rating", "Hot", key="hot"),))
# rules, memory, the lead -> the field's value before and after; nothing: it is left alone.
_FIELDS: dict[str, tuple[Rulebook, Memory, dict[str, Any], tuple[Scalar, Scalar] | None]] = {
    "empty": (rules(WARM), EMPTY, {"employees": 500}, (None, "Warm")),
    "another value": (rules(WARM), EMPTY, {"employees": 500, "rating": "Cold"}, ("Cold", "Warm")),
    "there already": (rules(WARM), EMPTY, {"employees": 500, "rating": "Warm"}, None),
    "the condition does not hold": (rules(WARM), EMPTY, {"employees": 10, "rating": "Cold"}, None),
    "the condition is unknown": (rules(WARM), EMPTY, {"rating": "Cold"}, None),
    "no longer holds, kept": (rules(WARM), WARMED, {"employees": 10, "rating": "Warm"}, None),
    "no longer holds, cleared": (rules(CLEARING), WARMED, {"employees": 10, "rating": "Warm"}, ("Warm", None)),
    "no longer holds, cleared, but not ours": (rules(CLEARING), EMPTY, {"employees": 10, "rating": "Warm"}, None),
    "no longer holds, cleared, but changed": (rules(CLEARING), WARMED, {"employees": 10, "rating": "Cold"}, None),
    "unknown now, cleared": (rules(CLEARING), WARMED, {"rating": "Warm"}, None),
    "of two rules the last listed": (rules(WARM, LATER_RULE), EMPTY, {"employees": 500, "title": "x"}, (None, "Hot")),
    "a rule that empties": (
        rules(replace(WARM, then=(SetField("rating", None),))), EMPTY, {"employees": 500, "rating": "Hot"}, None
    ),
}  # fmt: skip


@pytest.mark.parametrize(("rulebook", "memory", "lead", "expected"), _FIELDS.values(), ids=_FIELDS.keys())
def test_what_a_field_is_to_become(
    rulebook: Rulebook, memory: Memory, lead: dict[str, Any], expected: tuple[Scalar, Scalar] | None
) -> None:
    found = draft_of(rulebook, memory, **lead)
    before, after = expected or (None, None)
    assert (found.before, found.after) == (({"rating": before}, {"rating": after}) if expected else ({}, {}))


def test_an_emptied_field_says_so() -> None:
    found = draft_of(rules(CLEARING), WARMED, employees=10, rating="Warm")
    assert found.because == (Message.of("reason.cleared", rule="Warm", field="rating", value=None),)
    assert found.rules == refs("rule/warm")


def stance(kind: Stance, days: int = 0, **fields: FieldStance) -> Policy:
    return Policy(people_win=PeopleWin(FieldStance(kind, days), fields))


COLD: dict[str, Any] = {"employees": 500, "rating": "Cold"}
SEEN = Overridden("Cold", AT)
# A value of ours that somebody made Cold: what is proposed, left to people, contested.
_STANCES: dict[str, tuple[Policy, Memory, tuple[Values, tuple[str, ...], tuple[str, ...]]]] = {
    "respected": (Policy(), WARMED, ({}, ("rating",), ())),
    "contested": (stance(Stance.CONTEST), WARMED, ({"rating": "Warm"}, (), ("rating",))),
    "theirs for days": (stance(Stance.DAYS, 3), WARMED, ({}, ("rating",), ())),
    "their days are over": (
        stance(Stance.DAYS, 3),
        replace(WARMED, overrides={"L0": {"rating": Overridden("Cold", AT - timedelta(days=5))}}),
        ({"rating": "Warm"}, (), ()),
    ),
    "of another field": (stance(Stance.CONTEST, phone=FieldStance()), WARMED, ({"rating": "Warm"}, (), ("rating",))),
    "of this field": (stance(Stance.CONTEST, rating=FieldStance()), WARMED, ({}, ("rating",), ())),
    "never ours": (Policy(), EMPTY, ({"rating": "Warm"}, (), ())),
    "another field was ours": (Policy(), replace(EMPTY, applied={"L0": {"phone": "03"}}), ({"rating": "Warm"}, (), ())),
}


@pytest.mark.parametrize(("policy", "memory", "expected"), _STANCES.values(), ids=_STANCES.keys())
def test_a_value_somebody_else_changed_is_theirs_as_the_policy_says(
    policy: Policy, memory: Memory, expected: tuple[Values, tuple[str, ...], tuple[str, ...]]
) -> None:
    found = draft_of(rules(WARM, policy=policy), memory, **COLD)
    assert (found.after, found.respected, found.contested) == expected


def test_a_contested_value_is_told_with_what_stands_there() -> None:
    found = draft_of(rules(WARM, policy=stance(Stance.CONTEST)), WARMED, **COLD)
    assert found.because[-1] == Message.of("reason.contested", field="rating", value="Cold")


# What is somebody else's now, whether or not a rule wants anything there.
_OVERRIDES: dict[str, tuple[Memory, dict[str, Any], dict[str, Overridden]]] = {
    "a field": (WARMED, COLD, {"rating": SEEN}),
    "though no rule holds": (WARMED, {**COLD, "employees": 10}, {"rating": SEEN}),
    "nothing of ours": (EMPTY, COLD, {}),
    "as we left it": (WARMED, {**COLD, "rating": "Warm"}, {}),
    "the owner": (replace(EMPTY, applied={"L0": {"owner": "BOB"}}), COLD, {"owner": Overridden("ANN", AT)}),
    "a queue as the owner": (replace(EMPTY, applied={"L0": {"owner": "BOB"}}), {**COLD, "owner_id": "SECOND"}, {}),
    "an owner who left": (replace(EMPTY, applied={"L0": {"owner": "BOB"}}), {**COLD, "owner_id": "LEFT"}, {}),
    "another record": (replace(EMPTY, applied={"L1": {"rating": "Warm"}}), COLD, {}),
}


@pytest.mark.parametrize(("memory", "lead", "expected"), _OVERRIDES.values(), ids=_OVERRIDES.keys())
def test_what_is_somebody_elses(memory: Memory, lead: dict[str, Any], expected: dict[str, Overridden]) -> None:
    assert draft_of(rules(WARM), memory, **lead).overrides == expected


_OURS = replace(EMPTY, applied={"L0": {"owner": "BOB"}})
_MOVED_ON = {
    "respected": (Policy(), None, ()),
    "contested": (
        stance(Stance.CONTEST),
        Need("L0", "Lead", "ANN", OwnerWhy.REASSIGN, pool="team", rule="team"),
        ("owner",),
    ),
}


@pytest.mark.parametrize(("policy", "need", "contested"), _MOVED_ON.values(), ids=_MOVED_ON.keys())
def test_an_owner_whom_somebody_chose_is_theirs_as_the_policy_says(
    policy: Policy, need: Need | None, contested: tuple[str, ...]
) -> None:
    found = draft_of(rules(TEAM, policy=policy), _OURS, title="CEO", owner_id="ANN")
    assert (found.need, found.contested) == (need, contested)
    if contested:
        assert found.because == (Message.of("reason.contested", field="owner", value="ANN"),)


def test_an_owner_whom_nobody_asks_for_is_contested_by_nobody() -> None:
    found = draft_of(rules(WARM, policy=stance(Stance.CONTEST)), _OURS, employees=500)
    assert (found.after, found.contested) == ({"rating": "Warm"}, ())


# rules, memory, the lead -> (tags given, tags taken, firings).
_EFFECTS = {
    "a tag": (TAGGED, EMPTY, {"employees": 500}, Effects((("big", "tagged"),))),
    "a tag it has": (TAGGED, tags(("big", "tagged")), {"employees": 500}, Effects()),
    "a tag it has by another rule": (TAGGED, tags(("big", "x")), {"employees": 500}, Effects((("big", "tagged"),))),
    "another's tag": (TAGGED, replace(EMPTY, tags={"L1": frozenset({("big", "tagged")})}), {"employees": 500}, Effects((("big", "tagged"),))),
    "a tag taken": (TAGGED, tags(("big", "tagged")), {"employees": 10}, Effects((), (("big", "tagged"),))),
    "a tag it never had": (TAGGED, EMPTY, {"employees": 10}, Effects()),
    "another rule's tag stays": (TAGGED, tags(("big", "x")), {"employees": 10}, Effects()),
    "an unknown condition takes none": (TAGGED, tags(("big", "tagged")), {}, Effects()),
    "a tag that is kept": (
        replace(TAGGED, then=(AddTag("big", Otherwise.KEEP),)), tags(("big", "tagged")), {"employees": 10}, Effects()
    ),
    "once": (ONCE, EMPTY, {"employees": 500}, Effects((("seen", "once"),), (), ("once",))),
    "once, fired": (ONCE, replace(EMPTY, firings={"L0": frozenset({"once"})}), {"employees": 500}, Effects()),
    "once, another fired": (
        ONCE, replace(EMPTY, firings={"L0": frozenset({"x"})}), {"employees": 500}, Effects((("seen", "once"),), (), ("once",))
    ),
    "once, its tag is there": (ONCE, tags(("seen", "once")), {"employees": 500}, Effects((), (), ("once",))),
    "once, not yet": (ONCE, EMPTY, {"employees": 10}, Effects()),
    "once takes no tag": (
        replace(ONCE, then=(AddTag("seen"),)), tags(("seen", "once")), {"employees": 10}, Effects()
    ),
}  # fmt: skip


@pytest.mark.parametrize(("rule", "memory", "lead", "effects"), _EFFECTS.values(), ids=_EFFECTS.keys())
def test_what_is_to_be_remembered(rule: AutomationRule, memory: Memory, lead: dict[str, Any], effects: Effects) -> None:
    assert draft_of(rules(rule), memory, **lead).effects == effects


def test_what_is_to_be_remembered_names_its_rules() -> None:
    found = draft_of(rules(ONCE, TAGGED), tags(("seen", "once")), employees=500)
    assert found.rules == refs("rule/once", "rule/tagged")
    assert found.because == (
        Message.of("reason.tagged", rule="Tagged", tag="big"),
        Message.of("reason.fired", rule="Once"),
    )
    taken = draft_of(rules(TAGGED), tags(("big", "tagged")), employees=10)
    assert (taken.rules, taken.because) == (
        refs("rule/tagged"),
        (Message.of("reason.untagged", rule="Tagged", tag="big"),),
    )


_KEPT = replace(WARM, mode=RuleMode.ONCE)
_UNDECIDED = {
    "in place, unknown now": (WARM, WARMED, {"rating": "Warm"}, True),
    "in place, holds": (WARM, WARMED, {"rating": "Warm", "employees": 500}, False),
    "in place, holds no more": (WARM, WARMED, {"rating": "Warm", "employees": 10}, False),
    "never put there": (WARM, EMPTY, {"rating": "Warm"}, False),
    "another value was put there": (WARM, replace(EMPTY, applied={"L0": {"rating": "Hot"}}), {}, False),
    "of a rule that fires once": (_KEPT, WARMED, {"rating": "Warm"}, False),
    "emptied once, which is nothing": (
        replace(WARM, then=(SetField("rating", None),)), replace(EMPTY, applied={"L0": {"rating": None}}), {}, False
    ),
    "a tag, unknown now": (TAGGED, tags(("big", "tagged")), {}, True),
    "a tag of another rule": (TAGGED, tags(("big", "x")), {}, False),
    "a tag, holds no more": (TAGGED, tags(("big", "tagged")), {"employees": 10}, False),
    "an owner is none of it": (
        replace(TEAM, when=BIG), replace(EMPTY, applied={"L0": {"owner": "ANN"}}), {}, False
    ),
}  # fmt: skip


@pytest.mark.parametrize(("rule", "memory", "lead", "answer"), _UNDECIDED.values(), ids=_UNDECIDED.keys())
def test_an_effect_whose_condition_became_unknown_is_told(
    rule: AutomationRule, memory: Memory, lead: dict[str, Any], *, answer: bool
) -> None:
    assert draft_of(rules(rule), memory, **lead).undecided is answer


_INPUTS: dict[str, tuple[Field, str, object, dict[str, Any], Values]] = {
    "text by its key": (Field("title", Kind.TEXT), "is", "ceo", {"title": "CEO"}, {"title": "ceo"}),
    "a number": (BIG.field, "at least", 1, {"employees": 3}, {"employees": 3}),
    "a decimal as it is spelt": (Field("revenue", Kind.DECIMAL), "at least", 0.1, {"revenue": 0.3}, {"revenue": "0.3"}),
    "a date": (Field("contract_ends", Kind.DATE), "before", "2027-01-01", {"contract_ends": date(2026, 12, 1)}, {"contract_ends": "2026-12-01"}),
    "a time": (Field("created_at", Kind.DATETIME), "before", "2027-01-01", {}, {"created_at": "2026-11-20T03:00:00Z"}),
    "yes or no": (Field("opted_out", Kind.BOOLEAN), "is", True, {"opted_out": True}, {"opted_out": True}),
}  # fmt: skip


@pytest.mark.parametrize(("asked", "operator", "operand", "lead", "inputs"), _INPUTS.values(), ids=_INPUTS.keys())
def test_what_a_decision_read_is_kept_as_plain_values(
    asked: Field, operator: str, operand: Any, lead: dict[str, Any], inputs: Values
) -> None:
    rule = replace(WARM, when=Leaf(asked, operator, operand), then=(SetField("phone", "03"),))
    assert draft_of(rules(rule), **lead).inputs == {"phone": inputs}


def test_who_is_looked_at_and_who_is_counted() -> None:
    """Converted ones and those out of scope are seen and left; those we have just written wait for the next run."""
    part = part_of(
        {"employees": 500},
        {"employees": 500, "is_converted": True},
        {"employees": 500, "opted_out": True},
        {"employees": 10, "owner_id": "BOB"},
        {"employees": 500, "org__run": "run-1"},
        {"employees": 10, "org__run": "run-1", "opted_out": True},
    )
    scope = Leaf(Field("opted_out", Kind.BOOLEAN), "is empty", operand=True)
    late = replace(EMPTY, written={name: Written(AT, "run-2") for name in ("L4", "L5")})
    given = rules(WARM, scope=scope)
    counts, drafts = drafts_of(part, given, late, directory_of(given), moment=MOMENT)
    assert [draft.record_id for draft in drafts] == ["L0"]
    assert counts == RangeCounts(6, 3, frozenset({"L0", "L3", "L4"}), {"ANN": 2, "BOB": 1}, frozenset({"L4"}))
    everything = drafted(part, given, late, everything=True)
    assert [draft.record_id for draft in everything] == ["L0", "L3", "L4"]
