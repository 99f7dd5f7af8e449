"""Recheck: one thing moved between the plan and the write; is the change still meant, and against which version?"""

from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import pytest

from engine.actions.add_tag import AddTag
from engine.actions.assign import Assign
from engine.actions.set_field import SetField
from engine.changes.change import Base, Change, RuleRef
from engine.changes.memory import EMPTY, Memory, Written
from engine.conditions.conditions import ALWAYS, Condition, Leaf
from engine.conditions.fields import Field, Kind
from engine.messages import Message
from engine.plan.recheck import Recheck, Ruling, base_of, held_value, rebased, recheck
from engine.rulebook.policy import FieldStance, PeopleWin, Policy, Stance
from engine.rulebook.rulebook import Assignment, AutomationRule, Points, Pool, Reference, Rulebook, RuleMode
from engine.snapshots import User
from engine.values import Scalar
from tests.engine.small_org import (
    AT,
    BIG,
    BOB,
    CYD,
    LATER,
    LATER_BASE,
    MOMENT,
    PEOPLE,
    Row,
    change_of,
    directory_of,
    draft_of,
    part_of,
    planned,
    row_of,
)

REACHABLE = Leaf(Field("opted_out", Kind.BOOLEAN), "is", operand=False)
WARM = AutomationRule("warm", "warm", BIG, (SetField("rating", "Warm", key="warm"), SetField("phone", "03")))
TAGGED = AutomationRule("tagged", "tagged", BIG, (AddTag("big"),))
GREETED = AutomationRule("greeted", "greeted", BIG, (SetField("rating", "Warm", key="warm"),), RuleMode.ONCE)
TEAM = Pool("team", "team", (Reference("ann@x"), Reference("bob@x"), Reference("cyd@x")))
OTHERS = Pool("others", "others", (Reference("bob@x"),))
ESTABLISHED = replace(EMPTY, is_established=True)
LEAD: Row = {"employees": 500, "opted_out": False}
QUEUED: Row = {"employees": 10, "opted_out": False, "owner_id": "INBOUND"}
MOVED_INPUTS = Recheck(Ruling.CONFLICT, note=Message.of("note.inputs_moved"), signed="note.inputs_moved_by")


def rulebook(*rules: AutomationRule, scope: Condition = ALWAYS, default_pool: str | None = "team") -> Rulebook:
    intake = (Reference("Inbound"), Reference("Second"))
    assignment = Assignment((TEAM, OTHERS), intake, default_pool)
    return Rulebook("small", "d", rules=rules, assignment=assignment, scope=scope)


@dataclass(frozen=True)
class Then:
    """What is so when the record is read again, where it is not as it was; every case of a table says one thing."""

    row: Row = field(default_factory=dict)
    rules: Rulebook | None = None
    memory: Memory | None = None
    people: tuple[User, ...] = PEOPLE


def rechecked(change: Change, given: Row, rules: Rulebook, then: Then) -> Recheck:
    """The record is always written to by somebody: its version is another one."""
    now = {**given, "modified_at": LATER, "stamp": LATER, "read_at": LATER, **then.row}
    rules = then.rules or rules
    directory = directory_of(rules, then.people)
    found = recheck([change], part_of(now), rules, then.memory or ESTABLISHED, directory, moment=MOMENT)
    assert found.keys() == {change.change_id}
    return found[change.change_id]


def holds(change: Change, **moved: Any) -> Recheck:
    """It holds on the version just read, with what of its meaning base is another now."""
    return Recheck(Ruling.HOLDS, replace(change, base=LATER_BASE, **moved))


def conflict(name: str, planned_: Scalar, found: Scalar) -> Recheck:
    note = Message.of("note.moved", field=name, planned=planned_, found=found)
    return Recheck(Ruling.CONFLICT, note=note, signed="note.moved_by")


FIELDS = rulebook(WARM, scope=REACHABLE)


@cache
def fields_change() -> Change:
    """What is planned for LEAD, once for all that may become of it."""
    (change,) = planned(part_of(LEAD), FIELDS, ESTABLISHED)
    return change


_INPUT = {"employees": 600}
_FIELDS = {
    "nothing but its stamp": (Then(), {}),
    "a field no rule reads": (Then({"revenue": 5.0}), {}),
    "the owner": (Then({"owner_id": "BOB"}), {"owner": "BOB"}),
    "a queue as the owner": (Then({"owner_id": "CASES"}), {"owner": "CASES"}),
    "an input that answers the same": (Then(_INPUT), {"inputs": _INPUT}),
    "its version, which does not yet show what we wrote": (
        Then({"org__run": "run-1"}, memory=replace(ESTABLISHED, written={"L0": Written(LATER, "run-2")})),
        {},
    ),
    "one of its values, put there already": (Then({"rating": "Warm"}), {"before": {"rating": "Warm", "phone": None}}),
    "a rule more, which has nothing to do": (Then(rules=rulebook(WARM, replace(TAGGED, when=Leaf(Field("employees", Kind.INTEGER), "at least", 999)), scope=REACHABLE)), {}),
}  # fmt: skip


@pytest.mark.parametrize(("then", "moved"), _FIELDS.values(), ids=_FIELDS.keys())
def test_fields_are_still_written_though_this_moved(then: Then, moved: dict[str, Any]) -> None:
    change = fields_change()
    assert rechecked(change, LEAD, FIELDS, then) == holds(change, **moved)


_CHANGED_RULE = replace(WARM, then=(SetField("rating", "Hot", key="hot"), SetField("phone", "03")))
_ONE_FIELD_LESS = replace(WARM, then=(SetField("rating", "Warm", key="warm"),))
_ONE_FIELD_MORE = replace(WARM, then=(*WARM.then, SetField("title", "CEO", key="ceo")))
_STOPPED = {
    "converted": (Then({"is_converted": True}), Recheck(Ruling.BLOCKED, note=Message.of("note.converted"))),
    "out of scope": (Then({"opted_out": True}), Recheck(Ruling.BLOCKED, note=Message.of("note.out_of_scope"))),
    "of unknown scope": (Then({"opted_out": None}), Recheck(Ruling.BLOCKED, note=Message.of("note.out_of_scope"))),
    "both values there": (Then({"rating": "Warm", "phone": "03"}), Recheck(Ruling.UNCHANGED)),
    "one of its fields": (Then({"rating": "Hot"}), conflict("rating", None, "Hot")),
    "its last field": (Then({"phone": "06"}), conflict("phone", None, "06")),
    "an input that answers otherwise": (Then({"employees": 299}), MOVED_INPUTS),
    "an input that is unknown now": (Then({"employees": None}), MOVED_INPUTS),
    "the rule": (Then(rules=rulebook(_CHANGED_RULE, scope=REACHABLE)), MOVED_INPUTS),
    "the rule, gone": (Then(rules=rulebook(scope=REACHABLE)), MOVED_INPUTS),
    "the rule, by a field less": (Then(rules=rulebook(_ONE_FIELD_LESS, scope=REACHABLE)), MOVED_INPUTS),
    "the rule, by a field more": (Then(rules=rulebook(_ONE_FIELD_MORE, scope=REACHABLE)), MOVED_INPUTS),
    "the rules, by a tag more": (Then(rules=rulebook(WARM, TAGGED, scope=REACHABLE)), MOVED_INPUTS),
    "what is ours, by somebody else's hand": (
        # It was Warm by us, and a person emptied it: theirs until given back.
        Then(memory=replace(ESTABLISHED, applied={"L0": {"rating": "Warm"}})),
        MOVED_INPUTS,
    ),
}


@pytest.mark.parametrize(("then", "found"), _STOPPED.values(), ids=_STOPPED.keys())
def test_fields_are_not_written_when_this_moved(then: Then, found: Recheck) -> None:
    change = fields_change()
    assert rechecked(change, LEAD, FIELDS, then) == found


def test_of_what_moved_the_owner_is_told_first() -> None:
    change = fields_change()
    found = rechecked(change, LEAD, FIELDS, Then({"owner_id": "BOB", "rating": "Hot"}))
    assert found == conflict("owner", "ANN", "BOB")


def test_a_value_of_a_rival_that_the_rules_contest_was_not_decided_against_when_it_came_later() -> None:
    """The stance would propose it again; but people reviewed it over another value."""
    ours = replace(ESTABLISHED, applied={"L0": {"rating": "Old"}})
    policy = Policy(people_win=PeopleWin(FieldStance(Stance.CONTEST)))
    rules = replace(rulebook(_ONE_FIELD_LESS), policy=policy)
    given = {**LEAD, "rating": "Cold"}
    (change,) = planned(part_of(given), rules, ours)
    assert rechecked(change, given, rules, Then(memory=ours)) == holds(change)
    assert rechecked(change, given, rules, Then({"rating": "Hot"}, memory=ours)) == conflict("rating", "Cold", "Hot")


OWNERS = rulebook(scope=REACHABLE)


@cache
def owner_change() -> Change:
    """What is planned for QUEUED: it is Bob's turn."""
    (change,) = planned(part_of(QUEUED), OWNERS, replace(ESTABLISHED, turns={"team": {"ANN": 1}}))
    return change


_NOT_THERE = tuple(user for user in PEOPLE if user is not BOB)
_OWNER_HOLDS: dict[str, tuple[Then, dict[str, Any]]] = {
    "nothing but its stamp": (Then(), {}),
    "a field no rule reads": (Then({"employees": 600}), {}),
    "a colleague of the new owner left": (Then(people=(*(u for u in PEOPLE if u is not CYD), replace(CYD, is_active=False))), {}),
    "turns taken since": (Then(memory=replace(ESTABLISHED, turns={"team": {"ANN": 9}})), {}),
}  # fmt: skip


@pytest.mark.parametrize(("then", "moved"), _OWNER_HOLDS.values(), ids=_OWNER_HOLDS.keys())
def test_an_owner_is_still_given_though_this_moved(then: Then, moved: dict[str, Any]) -> None:
    change = owner_change()
    assert change.after == {"owner": "BOB"}
    assert rechecked(change, QUEUED, OWNERS, then) == holds(change, **moved)


_INACTIVE = Recheck(Ruling.BLOCKED, note=Message.of("note.inactive_owner"))
_WITHOUT_BOB = replace(OWNERS, assignment=Assignment((replace(TEAM, members=TEAM.members[::2]), OTHERS), OWNERS.assignment.intake, "team"))  # fmt: skip
_OWNER_STOPPED = {
    "the new owner left": (Then(people=(*_NOT_THERE, replace(BOB, is_active=False))), _INACTIVE),
    "the new owner is no person": (Then(people=(*_NOT_THERE, replace(BOB, user_type="Guest"))), _INACTIVE),
    "the new owner is not there": (Then(people=_NOT_THERE), _INACTIVE),
    "converted": (Then({"is_converted": True}), Recheck(Ruling.BLOCKED, note=Message.of("note.converted"))),
    "out of scope": (Then({"opted_out": True}), Recheck(Ruling.BLOCKED, note=Message.of("note.out_of_scope"))),
    "somebody took it": (Then({"owner_id": "ANN"}), conflict("owner", "INBOUND", "ANN")),
    "another queue that is handed out": (Then({"owner_id": "SECOND"}), conflict("owner", "INBOUND", "SECOND")),
    "the new owner took it": (Then({"owner_id": "BOB"}), Recheck(Ruling.UNCHANGED)),
    "the new owner is no member now": (Then(rules=_WITHOUT_BOB), MOVED_INPUTS),
    "another pool serves it": (Then(rules=rulebook(scope=REACHABLE, default_pool="others")), MOVED_INPUTS),
    "no pool serves it": (Then(rules=rulebook(scope=REACHABLE, default_pool=None)), MOVED_INPUTS),
    "its queue is none that is handed out": (
        Then(rules=replace(OWNERS, assignment=Assignment((TEAM, OTHERS), (), "team"))),
        MOVED_INPUTS,
    ),
    "the new owner had it last": (Then(memory=replace(ESTABLISHED, applied={"L0": {"owner": "BOB"}})), MOVED_INPUTS),
}


@pytest.mark.parametrize(("then", "found"), _OWNER_STOPPED.values(), ids=_OWNER_STOPPED.keys())
def test_an_owner_is_not_given_when_this_moved(then: Then, found: Recheck) -> None:
    change = owner_change()
    assert rechecked(change, QUEUED, OWNERS, then) == found


def test_an_owner_named_by_a_rule_is_given_while_the_rule_names_him() -> None:
    names = AutomationRule("bob", "bob", BIG, (Assign(user=Reference("bob@x")),))
    given = {**LEAD, "owner_id": "INBOUND"}
    (change,) = planned(part_of(given), rulebook(names), ESTABLISHED)
    assert rechecked(change, given, rulebook(names), Then()) == holds(change)
    other = replace(names, then=(Assign(user=Reference("cyd@x")),))
    stopped = rechecked(change, given, rulebook(names), Then(rules=rulebook(other)))
    assert stopped == MOVED_INPUTS


_MEMORY = {
    "tagged by now": (TAGGED, replace(ESTABLISHED, tags={"L0": frozenset({("big", "tagged")})}), Ruling.CONFLICT),
    "tagged by another rule": (TAGGED, replace(ESTABLISHED, tags={"L0": frozenset({("big", "x")})}), Ruling.HOLDS),
    "fired by now": (GREETED, replace(ESTABLISHED, firings={"L0": frozenset({"greeted"})}), Ruling.CONFLICT),
    "another rule fired": (GREETED, replace(ESTABLISHED, firings={"L0": frozenset({"x"})}), Ruling.HOLDS),
}


@pytest.mark.parametrize(("rule", "memory", "ruling"), _MEMORY.values(), ids=_MEMORY.keys())
def test_what_would_be_remembered_must_be_the_same(rule: AutomationRule, memory: Memory, ruling: Ruling) -> None:
    marked = replace(rule, then=(*rule.then, SetField("phone", "03")))
    (change,) = planned(part_of(LEAD), rulebook(marked), ESTABLISHED)
    assert rechecked(change, LEAD, rulebook(marked), Then(memory=memory)).ruling is ruling


def test_a_tag_to_be_taken_must_still_be_there_to_take() -> None:
    small, rules = {**LEAD, "employees": 10}, rulebook(TAGGED, replace(WARM, when=Leaf(BIG.field, "at most", 10)))
    tagged = replace(ESTABLISHED, tags={"L0": frozenset({("big", "tagged")})})
    (change,) = planned(part_of(small), rules, tagged)
    assert change.effects.tags_removed == (("big", "tagged"),)
    assert rechecked(change, small, rules, Then(memory=tagged)) == holds(change)
    assert rechecked(change, small, rules, Then()) == MOVED_INPUTS


SCORED = Rulebook("scored", "d", points=(Points("form", 10_000), Points("visit", 1_000)))


@pytest.mark.parametrize(("visits", "ruling"), [(0, Ruling.HOLDS), (4, Ruling.HOLDS), (5, Ruling.CONFLICT)])
def test_a_score_that_crept_inside_its_step_is_written_as_it_was_told(visits: int, ruling: Ruling) -> None:
    form = {"kind": "form", "at": AT}
    (change,) = planned(part_of(LEAD, happened=(form,)), SCORED, ESTABLISHED)
    assert change.after == {"score": 10}
    now = part_of({**LEAD, "stamp": LATER}, happened=(form, *({"kind": "visit", "at": AT} for _ in range(visits))))
    found = recheck([change], now, SCORED, ESTABLISHED, directory_of(SCORED), moment=MOMENT)
    assert found[change.change_id].ruling is ruling


BACK = replace(
    change_of(rating="Cold", before={"rating": "Warm"}), rules=(RuleRef("revert", "0001"),), effects=change_of().effects
)  # fmt: skip
_BACK = {
    "nothing but its stamp": (Then(), holds(BACK)),
    "the owner": (Then({"owner_id": "BOB"}), holds(BACK)),
    "an input": (Then({"employees": 10}), holds(BACK)),
    "the scope": (Then({"opted_out": True}), holds(BACK)),
    "the rules": (Then(rules=rulebook()), holds(BACK)),
    "what it puts back": (Then({"rating": "Hot"}), conflict("rating", "Warm", "Hot")),
    "put back already": (Then({"rating": "Cold"}), Recheck(Ruling.UNCHANGED)),
    "converted": (Then({"is_converted": True}), Recheck(Ruling.BLOCKED, note=Message.of("note.converted"))),
}


@pytest.mark.parametrize(("then", "found"), _BACK.values(), ids=_BACK.keys())
def test_what_a_person_takes_back_rests_on_its_values_alone(then: Then, found: Recheck) -> None:
    assert rechecked(BACK, {**LEAD, "rating": "Warm"}, FIELDS, then) == found


def test_each_change_is_rechecked_by_its_own_record() -> None:
    changes = planned(part_of(LEAD, LEAD, LEAD), FIELDS, ESTABLISHED)
    reread = part_of({**LEAD, "rating": "Hot"}, {**LEAD, "stamp": LATER})
    found = recheck(iter(changes), reread, FIELDS, ESTABLISHED, directory_of(FIELDS), moment=MOMENT)
    rulings = {change.record_id: found[change.change_id].ruling for change in changes}
    assert rulings == {"L0": Ruling.CONFLICT, "L1": Ruling.HOLDS, "L2": Ruling.GONE}
    assert found[changes[2].change_id] == Recheck(Ruling.GONE)


def test_on_another_base_a_change_rests_on_what_is_read_now_and_on_what_is_read_no_more() -> None:
    change = replace(change_of(rating="Warm"), inputs={"employees": 500, "title": "ceo"})
    draft = replace(draft_of(FIELDS, **LEAD), owner="BOB", inputs={"rating": {"employees": 600, "phone": "03"}})
    found = rebased(change, draft, {"rating": "Cold"})
    inputs: dict[str, Scalar] = {"employees": 600, "title": "ceo"}
    assert found == replace(change, owner="BOB", before={"rating": "Cold"}, inputs=inputs, base=draft.base)


def test_a_base_is_told_by_its_three_times() -> None:
    row = {"modified_at": AT, "stamp": LATER, "read_at": LATER.replace(second=9)}
    assert base_of(row) == Base(AT, LATER, LATER.replace(second=9))


@pytest.mark.parametrize(
    ("name", "value"), [("owner", "ANN"), ("persona", "big"), ("rating", "Warm"), ("nowhere", None)]
)
def test_what_a_record_holds_is_found_by_a_changes_name_for_it(name: str, value: Scalar) -> None:
    row = row_of(rating="Warm", org__persona="big", persona="never this")
    assert held_value(row, name) == value
