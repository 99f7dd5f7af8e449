"""The people of an org as rules ask about them, and names that the org does not have."""

import pytest

from engine.assignment.directory import Directory, dangling
from engine.conditions.conditions import Condition, Group, Join, Leaf
from engine.conditions.fields import Field, Kind
from engine.conditions.operators import OPERATORS, OperandShape
from engine.errors import Problem
from engine.rulebook.rulebook import (
    Assignment,
    AutomationRule,
    Criterion,
    Level,
    Persona,
    Pool,
    Profile,
    Reference,
    Rulebook,
)
from engine.snapshots import Queue, User

BOSS = User("0051", "Boss@sandbox.example", "山田", is_active=True, role="営業部長")
REP = User("0052", "suzuki@sandbox.example", "鈴木", is_active=True, manager_id="0051", role="Ｓａｌｅｓ 関東")
QUEUE = Queue("00G1", "Inbound", "Inbound", objects=("Lead",))
ROLE, MANAGER = Field("owner_role", Kind.PICKLIST), Field("owner_manager", Kind.PICKLIST)


def directory(rulebook: Rulebook) -> Directory:
    return Directory.of((BOSS, REP), (QUEUE,), rulebook)


def test_of_an_owner_rules_may_ask_kind_role_and_manager() -> None:
    columns = directory(Rulebook("r", "0")).owner_columns(["0052", "0051", "00G1", "0059", None])
    assert columns == {
        "owner_kind": ["user", "user", "queue", "nobody", "nobody"],
        "owner_role": ["Ｓａｌｅｓ 関東", "営業部長", None, None, None],
        "owner_manager": ["Boss@sandbox.example", None, None, None, None],
        "owner_kind__key": ["user", "user", "queue", "nobody", "nobody"],
        "owner_role__key": ["sales 関東", "営業部長", None, None, None],
        "owner_manager__key": ["boss@sandbox.example", None, None, None, None],
    }


def test_a_pool_member_the_org_lacks_dangles() -> None:
    pool = Pool("p", "関東", (Reference("suzuki@sandbox.example"), Reference("gone@sandbox.example", "a.yaml:3:9")))
    rulebook = Rulebook("r", "0", assignment=Assignment(pools=(pool,)))
    params = {"username": "gone@sandbox.example", "pool": "関東"}
    assert dangling(rulebook, directory(rulebook)) == (Problem("RB-301", "a.yaml:3:9", params),)


@pytest.mark.parametrize(
    ("leaf", "codes"),
    [
        (Leaf(ROLE, "is", "営業部長"), []),
        (Leaf(ROLE, "is", "nobody has it"), []),
        (Leaf(ROLE, "is", "営業課長"), ["RB-304"]),
        (Leaf(ROLE, "is none of", ("営業部長", "営業課長")), ["RB-304"]),
        (Leaf(ROLE, "contains", "課"), []),
        (Leaf(ROLE, "is empty", operand=True), []),
        (Leaf(MANAGER, "is", "boss@sandbox.example"), []),
        (Leaf(MANAGER, "is one of", ("boss@sandbox.example", "gone@sandbox.example")), ["RB-302"]),
        (Leaf(Field("title", Kind.TEXT), "is", "営業課長"), []),
    ],
)
def test_a_role_or_manager_the_org_lacks_dangles_wherever_it_is_asked(leaf: Leaf, codes: list[str]) -> None:
    for rulebook in _asking(Group(Join.ANY, (leaf,))):
        found = dangling(rulebook, directory(rulebook), ["営業部長", "Nobody has it", "Ｓａｌｅｓ 関東"])
        assert [problem.code for problem in found] == codes


@pytest.mark.parametrize("name", [name for name, found in OPERATORS.items() if found.of_parts])
def test_a_part_of_a_name_names_nobody(name: str) -> None:
    operand = ("課",) if OPERATORS[name].operand is OperandShape.VALUES else "課"
    for rulebook in _asking(Leaf(ROLE, name, operand)):
        assert dangling(rulebook, directory(rulebook), ["営業部長"]) == ()


def _asking(when: Condition) -> tuple[Rulebook, ...]:
    profile = Profile("p", "p", (Criterion("c", "c", 1, (Level("matches", 1, when),)),))
    return (
        Rulebook("r", "0", scope=when),
        Rulebook("r", "0", rules=(AutomationRule("a", "a", when, ()),)),
        Rulebook("r", "0", personas=(Persona("p", "p", "user", when),)),
        Rulebook("r", "0", profiles=(profile,)),
    )
