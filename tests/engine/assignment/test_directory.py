"""The people of an org as rules ask about them, and names that the org does not have."""

import pytest

from engine.actions.add_tag import AddTag
from engine.actions.assign import Assign
from engine.assignment.directory import Directory, dangling
from engine.conditions.conditions import ALWAYS, Condition, Group, Join, Leaf
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


def test_everything_that_dangles_is_told_with_its_place_and_what_there_is() -> None:
    second = Queue("00G2", "Another", "Another")
    rules = (
        AutomationRule("a", "a", ALWAYS, (AddTag("x"), Assign(user=Reference("gone@sandbox.example", "r.yaml:1")))),
        AutomationRule("b", "b", ALWAYS, (Assign(queue=Reference("Nowhere", "r.yaml:2")),)),
        AutomationRule("c", "c", Leaf(ROLE, "is none of", ("営業部長", "営業課長")), (), where="r.yaml:3"),
        AutomationRule("d", "d", Leaf(MANAGER, "is", "gone@sandbox.example"), (), where="r.yaml:4"),
        AutomationRule("e", "e", ALWAYS, (Assign(queue=Reference("inbound")), Assign(user=Reference("BOSS@sandbox.example")))),
    )  # fmt: skip
    rulebook = Rulebook("r", "0", rules=rules, assignment=Assignment(intake=(Reference("Intake", "a.yaml:1"),)))
    known = Directory.of((BOSS, REP), (QUEUE, second), rulebook)
    assert dangling(rulebook, known, ["営業部長", "Ｓａｌｅｓ 関東"]) == (
        Problem("RB-302", "r.yaml:1", {"username": "gone@sandbox.example"}),
        Problem("RB-303", "a.yaml:1", {"queue": "Intake", "known": "Another, Inbound"}),
        Problem("RB-303", "r.yaml:2", {"queue": "Nowhere", "known": "Another, Inbound"}),
        Problem("RB-304", "r.yaml:3", {"role": "営業課長", "known": "営業部長, Ｓａｌｅｓ 関東"}),
        Problem("RB-302", "r.yaml:4", {"username": "gone@sandbox.example"}),
    )
    assert [problem.params for problem in dangling(rulebook, Directory.of((BOSS, REP), (), rulebook))[1:4]] == [
        {"queue": "Intake", "known": "-"},
        {"queue": "Nowhere", "known": "-"},
        {"queue": "inbound", "known": "-"},
    ]
    without_roles = [problem.params for problem in dangling(rulebook, known) if problem.code == "RB-304"]
    assert without_roles == [{"role": role, "known": "-"} for role in ("営業部長", "営業課長")]


@pytest.mark.parametrize(
    ("owner", "kind"),
    [("0051", "user"), ("0053", "inactive user"), ("00G1", "queue"), ("0059", "nobody"), (None, "nobody")],
)
def test_what_an_owner_is(owner: str | None, kind: str) -> None:
    left = User("0053", "left@sandbox.example", "左", is_active=False)
    assert Directory.of((BOSS, left), (QUEUE,), Rulebook("r", "0")).owner_kind(owner) == kind


@pytest.mark.parametrize(
    ("owner", "object_name", "answer"),
    [
        pytest.param("0051", "Lead", True, id="an active person"),
        pytest.param("0053", "Lead", False, id="who left"),
        pytest.param("0054", "Lead", False, id="no person"),
        pytest.param("00G1", "Lead", True, id="a queue for it"),
        pytest.param("00G1", "Contact", False, id="a queue for others"),
        pytest.param("0059", "Lead", False, id="nobody we see"),
    ],
)
def test_who_may_be_given_a_record(owner: str, object_name: str, *, answer: bool) -> None:
    people = (
        BOSS,
        User("0053", "left@sandbox.example", "左", is_active=False),
        User("0054", "robot@sandbox.example", "R", is_active=True, user_type="AutomatedProcess"),
    )
    assert Directory.of(people, (QUEUE,), Rulebook("r", "0")).may_receive(owner, object_name) is answer


def test_people_queues_and_pools_are_found_by_the_names_files_use_in_any_case() -> None:
    pool = Pool("p", "p", (Reference("SUZUKI@sandbox.example"), Reference("gone@x"), Reference("boss@Sandbox.example")))
    rulebook = Rulebook("r", "0", assignment=Assignment((pool,), (Reference("INBOUND"), Reference("nowhere"))))
    found = directory(rulebook)
    assert (found.pools, found.intake) == ({"p": ("0052", "0051")}, frozenset({"00G1"}))
    assert (found.user_id(Reference("boss@SANDBOX.example")), found.user_id(Reference("Inbound"))) == ("0051", None)
    assert (found.queue_id(Reference("inBound")), found.queue_id(Reference("boss@sandbox.example"))) == ("00G1", None)
