"""Every action, one by one: what it decides, what it proposes, whom it names, and that rule files can say it."""

from typing import Any

import pytest

from config.rulebook.automation import READERS
from engine.actions.action_kind import NO_EFFECTS, ActionKind, Remembered
from engine.actions.add_tag import AddTag
from engine.actions.assign import Assign
from engine.actions.registry import ACTIONS, KINDS, kind_of
from engine.actions.set_field import SetField, set_fields
from engine.changes.change import Effects
from engine.conditions.conditions import ALWAYS
from engine.rulebook.rulebook import Action, AutomationRule, Otherwise, Reference, Rulebook, RuleMode

SUZUKI, INBOUND = Reference("suzuki@sandbox.example"), Reference("Inbound")
SET_RATING = SetField("rating", "Hot", key="hot")
# action: what later rules see of it, what it proposes for the org, users and queues it names.
Case = tuple[str | None, list[str], tuple[Reference, ...], tuple[Reference, ...]]
TABLE: list[tuple[Action, Case]] = [
    (SET_RATING, ("rating", ["rating"], (), ())),
    (AddTag("vip"), ("tags;vip", [], (), ())),
    (Assign(pool="p"), (None, ["owner"], (), ())),
    (Assign(user=SUZUKI), (None, ["owner"], (SUZUKI,), ())),
    (Assign(queue=INBOUND), (None, ["owner"], (), (INBOUND,))),
]


def doing(*actions: Action, mode: RuleMode = RuleMode.CONVERGE) -> Rulebook:
    return Rulebook("r", "0", rules=(AutomationRule("a", "A", ALWAYS, actions, mode, "automation/a.yaml:1:3"),))


@pytest.mark.parametrize(("action", "case"), TABLE, ids=[repr(action) for action, _ in TABLE])
def test_an_action_is_what_its_table_says(action: Action, case: Case) -> None:
    kind = kind_of(action)
    outputs = kind.outputs(kind.given(doing(action)))
    assert (kind.decides(action), list(outputs), kind.users(action), kind.queues(action)) == case
    assert all(rules == (0,) for rules in outputs.values())


def test_the_table_has_every_action_and_rule_files_can_say_each() -> None:
    assert {kind_of(action).name for action, _ in TABLE} == set(ACTIONS) == set(READERS)


@pytest.mark.parametrize("action", [action for action, _ in TABLE], ids=repr)
def test_what_gives_a_field_a_value_is_a_set_field(action: Action) -> None:
    """Drafts, overrides and shadow read fields from what is set: of another kind they would propose nothing, in silence."""
    kind = kind_of(action)
    fields = kind.outputs(kind.given(doing(action))).keys() - {"owner"}
    assert isinstance(action, SetField) or not fields


@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_a_kind_finds_its_own_actions_only(kind: ActionKind[Any]) -> None:
    rulebook = doing(SET_RATING, AddTag("vip"), Assign(pool="p"))
    assert [type(one.action) for one in kind.given(rulebook)] == [kind.action]


def test_what_rules_set_is_told_with_where_it_stands() -> None:
    assert set_fields(doing(SET_RATING, AddTag("vip"))) == (("rating", "automation/a.yaml:1:3"),)


NOBODY = Remembered({}, frozenset())
TAGGED = Remembered({}, frozenset({("vip", "a")}))
BY_ANOTHER = Remembered({}, frozenset({("vip", "b")}))
VIP, KEPT = AddTag("vip"), AddTag("vip", Otherwise.KEEP)


@pytest.mark.parametrize(
    ("action", "mode", "holds", "known", "effects"),
    [
        pytest.param(VIP, RuleMode.CONVERGE, True, NOBODY, Effects(tags_added=(("vip", "a"),)), id="gives"),
        pytest.param(VIP, RuleMode.CONVERGE, True, TAGGED, NO_EFFECTS, id="gives once"),
        pytest.param(
            VIP, RuleMode.CONVERGE, True, BY_ANOTHER, Effects(tags_added=(("vip", "a"),)), id="by this rule too"
        ),
        pytest.param(VIP, RuleMode.CONVERGE, False, TAGGED, Effects(tags_removed=(("vip", "a"),)), id="takes away"),
        pytest.param(VIP, RuleMode.CONVERGE, False, BY_ANOTHER, NO_EFFECTS, id="takes away its own only"),
        pytest.param(KEPT, RuleMode.CONVERGE, False, TAGGED, NO_EFFECTS, id="keeps"),
        pytest.param(VIP, RuleMode.ONCE, False, TAGGED, NO_EFFECTS, id="what fires once is never taken back"),
        pytest.param(VIP, RuleMode.CONVERGE, None, TAGGED, NO_EFFECTS, id="unknown never acts"),
        pytest.param(SET_RATING, RuleMode.CONVERGE, True, NOBODY, NO_EFFECTS, id="a field is no memory"),
        pytest.param(Assign(pool="p"), RuleMode.CONVERGE, True, NOBODY, NO_EFFECTS, id="nor is an owner"),
    ],
)
def test_what_an_action_leaves_to_be_remembered(
    action: Action, mode: RuleMode, holds: object, known: Remembered, effects: Effects
) -> None:
    kind = kind_of(action)
    assert kind.effects(kind.given(doing(action, mode=mode)), {"rule__0": holds}, known) == effects


@pytest.mark.parametrize(
    ("action", "known", "is_in_place"),
    [
        (VIP, TAGGED, True),
        (VIP, BY_ANOTHER, False),
        (SET_RATING, Remembered({"rating": "Hot"}, frozenset()), True),
        (SET_RATING, Remembered({"rating": "Cold"}, frozenset()), False),
        (SetField("rating", None), Remembered({"rating": None}, frozenset()), False),
        (Assign(pool="p"), Remembered({"owner": "005"}, frozenset()), False),
    ],
)
def test_whether_an_action_is_done_already(action: Action, known: Remembered, is_in_place: object) -> None:
    kind = kind_of(action)
    [given] = kind.given(doing(action))
    assert kind.is_in_place(given, known) is is_in_place


def test_a_field_that_the_object_lacks_is_not_tested() -> None:
    kind = kind_of(SET_RATING)
    [given] = kind.given(doing(SET_RATING))
    assert [len(kind.differs(given, there)) for there in ({"rating"}, set[str]())] == [1, 0]
