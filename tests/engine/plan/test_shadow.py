"""Shadow: what the rules want beside what the org holds; what agrees, what differs, of what kind, and why."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from engine.actions.assign import Assign
from engine.actions.set_field import SetField
from engine.changes.memory import EMPTY, Memory
from engine.conditions.conditions import Leaf
from engine.conditions.fields import Field, Kind
from engine.messages import Message
from engine.plan.shadow import KINDS_MAX, OWNER, Agreement, Column, Difference
from engine.rulebook.rulebook import (
    Assignment,
    AutomationRule,
    Band,
    Criterion,
    Level,
    Otherwise,
    Persona,
    Points,
    Pool,
    Profile,
    Reference,
    Rulebook,
)
from engine.values import Scalar
from tests.engine.small_org import AT, BIG, MOMENT, Row, directory_of, part_of

CHIEF = Leaf(Field("title", Kind.TEXT), "is", "ceo")
POOLS = Assignment(
    (Pool("team", "team", (Reference("bob@x"), Reference("cyd@x"))),), (Reference("Inbound"),), default_pool="team"
)
WARM = AutomationRule("warm", "Warm", BIG, (SetField("rating", "Warm", Otherwise.CLEAR, key="warm"),))
VERDICTS = Rulebook(
    "verdicts",
    "d",
    personas=(Persona("boss", "Boss", "decision maker", CHIEF),),
    profiles=(Profile("fit", "Fit", (Criterion("size", "Size", 2, (Level("match", 2, BIG),)),)),),
    default_profile="fit",
)


def compared(
    rulebook: Rulebook, *rows: Row, memory: Memory = EMPTY, happened: tuple[Row, ...] = (), **said: Any
) -> tuple[dict[str, Column], list[Difference]]:
    """What a comparison counted of columns that are not the owner's, and the differences it told."""
    agreement = Agreement(rulebook, directory_of(rulebook), MOMENT, **said)
    found = list(agreement.compare(part_of(*rows, happened=happened), memory))
    columns = {name: column for name, column in agreement.columns.items() if name != OWNER}
    return columns, [each for each in found if each.column != OWNER]


def test_verdicts_that_the_org_shows_agree() -> None:
    held = {"org__persona": "Boss", "org__buyer_role": "decision maker", "org__profile": "Fit", "org__grade": "C-"}
    columns, differences = compared(VERDICTS, {"title": "CEO", "employees": 500, **held, "org__grade_rank": 0})
    assert columns == dict.fromkeys(("persona", "buyer_role", "profile", "grade"), Column(agree=1))
    assert differences == []


def test_verdicts_that_the_org_shows_otherwise_differ_by_kind_and_say_why() -> None:
    columns, differences = compared(VERDICTS, {"title": "CEO", "org__persona": "User", "org__grade": "B"})
    persona, role = Message.of("reason.persona", persona="Boss"), "decision maker"
    assert differences == [
        Difference("L0", "persona", "User", "Boss", (persona,)),
        Difference("L0", "buyer_role", None, role, (persona,)),
        Difference("L0", "profile", None, "Fit", (Message.of("reason.profile", profile="Fit"),)),
        Difference("L0", "grade", "B", None, (Message.of("reason.ungraded"),)),
    ]
    assert columns == {
        "persona": Column(differ=1, kinds=Counter({("User", "Boss"): 1})),
        "buyer_role": Column(differ=1, org_empty=1, kinds=Counter({(None, role): 1})),
        "profile": Column(differ=1, org_empty=1, kinds=Counter({(None, "Fit"): 1})),
        "grade": Column(differ=1, ours_empty=1, kinds=Counter({("B", None): 1})),
    }


def test_nobody_says_so() -> None:
    _, differences = compared(VERDICTS, {"org__persona": "User", "org__profile": "Fit"})
    assert [(each.column, each.why) for each in differences] == [("persona", (Message.of("agreement.no_persona"),))]


def test_a_rulebook_that_says_nothing_of_them_compares_no_verdicts() -> None:
    assert compared(Rulebook("none", "d"), {"org__persona": "User", "org__grade": "B"}) == ({}, [])


_BIG_ONE: Row = {"employees": 500}
# What the org holds and what is ours -> what the column of a field that a rule sets comes to.
_SET = {
    "the same": ({"employees": 500, "rating": "Warm"}, EMPTY, Column(agree=1)),
    "another value": ({"employees": 500, "rating": "Hot"}, EMPTY, Column(differ=1)),
    "empty": ({"employees": 500}, EMPTY, Column(differ=1, org_empty=1)),
    "not for this lead": ({"employees": 10, "rating": "Hot"}, EMPTY, None),
    "ours to clear": ({"employees": 10, "rating": "Warm"}, replace(EMPTY, applied={"L0": {"rating": "Warm"}}), Column(differ=1, ours_empty=1)),
    "not ours to clear": ({"employees": 10, "rating": "Warm"}, EMPTY, None),
    "unknown": ({"rating": "Warm"}, EMPTY, None),
}  # fmt: skip


@pytest.mark.parametrize(("lead", "memory", "column"), _SET.values(), ids=_SET.keys())
def test_a_field_that_a_rule_sets_is_compared_where_going_live_would_touch_it(
    lead: Row, memory: Memory, column: Column | None
) -> None:
    columns, _ = compared(Rulebook("set", "d", rules=(WARM,)), lead, memory=memory)
    assert columns == ({"rating": column} if column else {})


EMPTYING = AutomationRule("empty", "Empty", BIG, (SetField("rating", None),))
_EMPTIED = {
    "somebody's": ({**_BIG_ONE, "rating": "Hot"}, EMPTY, None),
    "ours": ({**_BIG_ONE, "rating": "Hot"}, replace(EMPTY, applied={"L0": {"rating": "Hot"}}), Column(differ=1, ours_empty=1)),
    "ours, changed since": ({**_BIG_ONE, "rating": "Hot"}, replace(EMPTY, applied={"L0": {"rating": "Cold"}}), None),
    "empty already": (_BIG_ONE, EMPTY, None),
}  # fmt: skip


@pytest.mark.parametrize(("lead", "memory", "column"), _EMPTIED.values(), ids=_EMPTIED.keys())
def test_a_rule_that_empties_is_compared_where_the_value_is_ours(
    lead: Row, memory: Memory, column: Column | None
) -> None:
    columns, _ = compared(Rulebook("set", "d", rules=(EMPTYING,)), lead, memory=memory)
    assert columns == ({"rating": column} if column else {})


def test_a_rule_says_why_it_sets_and_why_it_clears() -> None:
    rules = Rulebook("set", "d", rules=(WARM,))
    ours = replace(EMPTY, applied={"L1": {"rating": "Warm"}})
    _, differences = compared(rules, {"employees": 500}, {"employees": 10, "rating": "Warm"}, memory=ours)
    assert differences == [
        Difference("L0", "rating", None, "Warm", (Message.of("reason.set", rule="Warm", field="rating", value="Warm"),)),
        Difference("L1", "rating", "Warm", None, (Message.of("reason.cleared", rule="Warm", field="rating", value=None),)),
    ]  # fmt: skip


def test_differences_of_a_field_with_few_values_are_counted_by_kind() -> None:
    rules = Rulebook("set", "d", rules=(WARM,))
    leads = [{"employees": 500, "rating": rating} for rating in ("Hot", "Cold", "Hot")]
    columns, _ = compared(rules, *leads, choices=frozenset({"rating"}))
    assert columns["rating"].kinds == Counter({("Hot", "Warm"): 2, ("Cold", "Warm"): 1})
    assert compared(rules, *leads)[0]["rating"].kinds == Counter()


SCORED = Rulebook("scored", "d", points=(Points("visit", 1_000),), score_step=5)
BANDED = replace(SCORED, bands=(Band("cold", 0), Band("warm", 10)))
# Org's score, ours -> agrees, is near, kind by band. The first is not written while it crept inside its step.
_SCORES: dict[str, tuple[int | None, int, bool, bool, tuple[str | None, str | None]]] = {
    "the same": (7, 7, True, True, ("cold", "cold")),
    "crept inside a step": (11, 14, True, True, ("warm", "warm")),
    "a step": (14, 19, False, False, ("warm", "warm")),
    "a step less": (19, 14, False, False, ("warm", "warm")),
    "over a band": (9, 10, False, True, ("cold", "warm")),
    "below every band": (-3, 3, False, False, ("cold", "cold")),
    "none": (None, 3, False, False, (None, "cold")),
}


@pytest.mark.parametrize(("theirs", "ours", "agrees", "near", "kind"), _SCORES.values(), ids=_SCORES.keys())
def test_a_score_agrees_while_it_would_not_be_written(
    theirs: int | None, ours: int, kind: tuple[str | None, str | None], *, agrees: bool, near: bool
) -> None:
    happened = tuple({"kind": "visit", "at": AT} for _ in range(ours))
    columns, differences = compared(BANDED, {"org__score": theirs}, happened=happened)
    kinds = Counter[tuple[Scalar, Scalar]]({} if agrees else {kind: 1})
    expected = Column(int(agrees), int(not agrees), org_empty=int(theirs is None), near=int(near), kinds=kinds)
    assert columns["score"] == expected
    why = (Message.of("reason.score", score=ours),)
    assert differences == ([] if agrees else [Difference("L0", "score", theirs, ours, why)])


def test_scores_without_bands_have_too_many_kinds_to_count() -> None:
    columns, _ = compared(SCORED, {"org__score": 90})
    assert columns["score"] == Column(differ=1, near=0)


# A rival's grade agrees by its letter, however it is written; its score by the band it lies in.
_GRADES: list[tuple[Scalar, bool]] = [
    ("C+", True),
    ("c", True),
    (" C- ", True),
    ("D", False),
    ("", False),
    (None, False),
]


@pytest.mark.parametrize(("theirs", "agrees"), _GRADES)
def test_another_s_grade_agrees_by_its_letter(theirs: Scalar, *, agrees: bool) -> None:
    lead = {"employees": 500, "org__profile": "Fit", "org__grade": "C-", "phone": theirs}
    rules = replace(VERDICTS, personas=())
    columns, differences = compared(rules, lead, rivals={"phone": "grade"})
    assert columns["grade"] == Column(agree=1)
    assert columns["phone"].agree == agrees
    assert [(each.column, each.ours) for each in differences] == ([] if agrees else [("phone", "C-")])


def test_another_s_score_agrees_by_its_band() -> None:
    happened = tuple({"kind": "visit", "at": AT, "prospect_id": f"L{lead}"} for lead in range(2) for _ in range(12))
    leads = [{"revenue": 40.0, "org__score": 12}, {"revenue": 9.0, "org__score": 12}]
    columns, _ = compared(BANDED, *leads, happened=happened, rivals={"revenue": "score"})
    assert columns["revenue"] == Column(1, 1, near=1, kinds=Counter({("cold", "warm"): 1}))


def test_another_s_column_that_the_org_lacks_is_not_compared() -> None:
    assert "nowhere" not in compared(SCORED, {}, rivals={"nowhere": "score"})[0]


NAMED = AutomationRule("bob", "Bob", BIG, (Assign(user=Reference("bob@x")),))
POOLED = AutomationRule("team", "Team", BIG, (Assign(pool="team"),))
QUEUED = AutomationRule("queue", "Queue", BIG, (Assign(queue=Reference("second")),))
NOBODY = AutomationRule("zed", "Zed", BIG, (Assign(user=Reference("zed@x")),))
_LEFT, _WAITS = Message.of("reason.owner.inactive user", rule=""), Message.of("reason.owner.queue", rule="")


def assigned(rule: str) -> Message:
    return Message.of("agreement.assigned", rule=rule)


def kept(rule: str) -> Message:
    return Message.of("agreement.kept", rule=rule)


# The rule, the owner -> who would be named and why; None: it agrees.
_OWNERS: dict[str, tuple[AutomationRule | None, str, tuple[str | None, tuple[Message, ...]] | None]] = {
    "a person, no rule": (None, "ANN", None),
    "who left, no rule": (None, "LEFT", ("pool/team", (_LEFT,))),
    "the intake, no rule": (None, "INBOUND", ("pool/team", (_WAITS,))),
    "another queue, no rule": (None, "SECOND", None),
    "who is named": (NAMED, "BOB", None),
    "another person": (NAMED, "ANN", ("BOB", (kept("Bob"),))),
    "who left": (NAMED, "LEFT", ("BOB", (_LEFT, assigned("Bob")))),
    "the intake": (NAMED, "INBOUND", ("BOB", (_WAITS, assigned("Bob")))),
    "one of the pool": (POOLED, "CYD", None),
    "none of the pool": (POOLED, "ANN", ("pool/team", (kept("Team"),))),
    "the queue named": (QUEUED, "SECOND", None),
    "not the queue named": (QUEUED, "ANN", ("SECOND", (kept("Queue"),))),
    "nobody whom the org knows is named": (NOBODY, "ANN", None),
}


@pytest.mark.parametrize(("rule", "owner", "expected"), _OWNERS.values(), ids=_OWNERS.keys())
def test_an_owner_agrees_who_is_among_those_the_rules_name(
    rule: AutomationRule | None, owner: str, expected: tuple[str | None, tuple[Message, ...]] | None
) -> None:
    rules = Rulebook("owners", "d", rules=(rule,) if rule else (), assignment=POOLS)
    agreement = Agreement(rules, directory_of(rules), MOMENT)
    found = list(agreement.compare(part_of({"owner_id": owner, "employees": 500}), EMPTY))
    if expected is None:
        assert (found, agreement.columns[OWNER]) == ([], Column(agree=1))
    else:
        named, why = expected
        assert found == [Difference("L0", OWNER, owner, named, why)]
        assert agreement.columns[OWNER] == Column(differ=1, kinds=Counter({(owner, named): 1}))


def test_owners_add_up() -> None:
    rules = Rulebook("owners", "d", assignment=replace(POOLS, default_pool=None))
    agreement = Agreement(rules, directory_of(rules), MOMENT)
    list(agreement.compare(part_of(*({"owner_id": owner} for owner in ("ANN", "BOB", "LEFT", "LEFT"))), EMPTY))
    assert agreement.columns[OWNER] == Column(2, 2, ours_empty=2, kinds=Counter({("LEFT", None): 2}))


def test_without_a_default_pool_nobody_is_named() -> None:
    rules = Rulebook("owners", "d", assignment=replace(POOLS, default_pool=None))
    agreement = Agreement(rules, directory_of(rules), MOMENT)
    found = list(agreement.compare(part_of({"owner_id": "LEFT"}), EMPTY))
    assert found == [Difference("L0", OWNER, "LEFT", None, (_LEFT,))]
    assert agreement.columns[OWNER] == Column(differ=1, ours_empty=1, kinds=Counter({("LEFT", None): 1}))


def test_converted_leads_and_those_out_of_scope_are_not_compared() -> None:
    rules = replace(VERDICTS, scope=BIG, profiles=(), default_profile=None)
    rows: tuple[Row, ...] = ({"employees": 500, "is_converted": True}, {"employees": 10}, {}, {"employees": 500})
    assert compared(rules, *rows)[0]["persona"] == Column(agree=1)


def test_ranges_add_up() -> None:
    agreement = Agreement(VERDICTS, directory_of(VERDICTS), MOMENT)
    for _ in range(2):
        list(agreement.compare(part_of({"title": "CEO", "org__persona": "Boss"}, {"title": "CEO"}), EMPTY))
    assert agreement.columns["persona"] == Column(2, 2, org_empty=2, kinds=Counter({(None, "Boss"): 2}))


@pytest.mark.parametrize(
    ("held", "theirs", "counted"),
    [
        pytest.param(9_999, "new", 1, id="the last there is room for"),
        pytest.param(10_000, "new", 0, id="one too many"),
        pytest.param(10_000, "k7", 2, id="one that is known"),
    ],
)
def test_so_many_kinds_are_counted(held: int, theirs: str, counted: int) -> None:
    kinds = Counter[tuple[Scalar, Scalar]]({(f"k{number}", "Boss"): 1 for number in range(held)})
    columns = {"persona": Column(kinds=kinds)}
    agreement = Agreement(VERDICTS, directory_of(VERDICTS), MOMENT, columns=columns)
    list(agreement.compare(part_of({"title": "CEO", "org__persona": theirs}), EMPTY))
    assert agreement.columns["persona"].kinds[theirs, "Boss"] == counted


def test_what_we_leave_empty_adds_up() -> None:
    columns, _ = compared(VERDICTS, {"org__grade": "B"}, {"org__grade": "B"})
    assert columns["grade"] == Column(differ=2, ours_empty=2, kinds=Counter({("B", None): 2}))


def test_the_most_frequent_kinds_come_first_and_no_more_than_a_table_shows() -> None:
    kinds = Counter[tuple[Scalar, Scalar]]({(f"k{number:02d}", "x"): 1 for number in reversed(range(KINDS_MAX + 5))})
    kinds["many", "x"] = 3
    assert Column(kinds=kinds).first_kinds() == [
        (("many", "x"), 3),
        *(((f"k{number:02d}", "x"), 1) for number in range(KINDS_MAX - 1)),
    ]
