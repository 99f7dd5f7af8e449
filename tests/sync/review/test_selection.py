"""Which changes a person means: people, rules and terms as they are typed."""

from dataclasses import replace

import pytest

from engine.changes.change import Change
from engine.errors import Problem, UsageError
from engine.snapshots import Queue, User
from engine.values import Scalar
from sync.review.selection import Selection, chooser, slips
from tests.engine.small_org import change_of, refs

ANN = User("005000000000001AAA", "ann.smith@acme.example", "Ann Smith", is_active=True)
ANNE = User("005000000000002AAA", "anne@other.example", "Anne Lee", is_active=True)
YAMADA = User("005000000000003AAA", "yamada@acme.example", "山田 太郎", is_active=True)
INBOUND = Queue("00G000000000001AAA", "Inbound_Leads", "New leads")
TO_ANN = replace(change_of(1, owner=ANN.id), owner=INBOUND.id, record_id="00Q000000000001EAA")
FROM_ANN = replace(change_of(2, owner=YAMADA.id), owner=ANN.id, record_id="00Q000000000002EAA")
STAYS = replace(change_of(3, grade="A"), owner=ANN.id, record_id="00Q000000000003EAA")
CHANGES = (TO_ANN, FROM_ANN, STAYS)


def meant(*changes: Change, **given: tuple[str, ...]) -> list[str]:
    """The ids of the changes that are chosen."""
    is_meant = chooser(Selection(**given), (ANN, ANNE, YAMADA), (INBOUND,))
    return [change.change_id for change in changes if is_meant(change)]


def refused(**given: tuple[str, ...]) -> list[Problem]:
    with pytest.raises(UsageError) as raised:
        meant(**given)
    return list(raised.value.problems)


_CHOICES: dict[str, tuple[dict[str, tuple[str, ...]], list[str]]] = {
    "nothing chosen": ({}, ["C1", "C2", "C3"]),
    "records": ({"records": ("00Q000000000001EAA", "00Q000000000003")}, ["C1", "C3"]),
    "changes": ({"records": ("C2",)}, ["C2"]),
    "either side": ({"owners": ("Ann Smith",)}, ["C1", "C2", "C3"]),
    "either side of one": ({"owners": ("山田太郎",)}, ["C2"]),
    "who gets it": ({"takers": ("Ann Smith",)}, ["C1"]),
    "who has it": ({"givers": ("Ann Smith",)}, ["C2", "C3"]),
    "any of two": ({"takers": ("Ann Smith", "yamada@acme.example")}, ["C1", "C2"]),
    "both of two kinds": ({"takers": ("山田太郎",), "givers": ("Ann Smith",)}, ["C2"]),
    "a term besides": ({"givers": ("Ann Smith",), "where": ("grade",)}, ["C3"]),
    "two terms": ({"where": ("grade", "owner")}, []),
}


@pytest.mark.parametrize(("given", "found"), _CHOICES.values(), ids=_CHOICES.keys())
def test_choices_narrow_each_other(given: dict[str, tuple[str, ...]], found: list[str]) -> None:
    assert meant(*CHANGES, **given) == found


@pytest.mark.parametrize(
    "given",
    [
        "ann.smith@acme.example",
        "ANN.SMITH@ACME.EXAMPLE",
        "Ann Smith",
        "annsmith",
        "ａｎｎ　ｓｍｉｔｈ",
        "smith",
        "ann.s",
        "005000000000001",
        "005000000000001AAA",
    ],
)
def test_a_person_is_meant_by_any_of_these(given: str) -> None:
    assert meant(*CHANGES, takers=(given,)) == ["C1"]


@pytest.mark.parametrize("given", ["Inbound_Leads", "new leads", "inbound"])
def test_a_queue_is_meant_by_any_of_these(given: str) -> None:
    assert meant(*CHANGES, givers=(given,)) == ["C1"]


def test_who_is_called_just_so_is_meant_though_others_are_called_so_in_part() -> None:
    assert meant(replace(TO_ANN, after={"owner": ANNE.id}), takers=("anne lee",)) == ["C1"]
    assert [problem.code for problem in refused(takers=("ann",))] == ["PL-421"]


def test_several_who_may_be_meant_are_named_in_order() -> None:
    found = "Ann Smith (005000000000001AAA), Anne Lee (005000000000002AAA)"
    assert refused(owners=("ann",)) == [Problem("PL-421", "", {"given": "ann", "found": found})]


def test_of_many_who_may_be_meant_ten_are_named() -> None:
    many = [User(f"U{number:02d}", f"u{number}@x", "Kim", is_active=True) for number in range(11)]
    with pytest.raises(UsageError) as raised:
        chooser(Selection(takers=("kim",)), list(reversed(many)), ())
    found = ", ".join(f"Kim (U{number:02d})" for number in range(10))
    assert raised.value.problems[0].params["found"] == found


@pytest.mark.parametrize(
    ("given", "near"),
    [
        ("an smith", "Ann Smith"),
        ("Imbound Leads", "Inbound_Leads"),
        ("acme.example", "yamada@acme.example"),
        ("", ""),
        (" ", ""),
    ],
)
def test_a_name_that_nobody_has_is_answered_with_the_nearest(given: str, near: str) -> None:
    assert refused(takers=(given,)) == [Problem("PL-420", "", {"given": given, "meant": near})]


def test_all_that_is_wrong_is_said_at_once() -> None:
    told = refused(owners=("zzz",), takers=("yyy", "ann"), givers=("xxx",), where=("=", "score > x"))
    assert [problem.code for problem in told] == ["PL-420", "PL-420", "PL-421", "PL-420", "PL-422", "PL-422"]


@pytest.mark.parametrize(
    ("given", "holds"),
    [
        ("rule/to kansai", True),
        ("to kansai", True),
        ("TO  KANSAI", True),
        ("to *", True),
        ("rule/*", True),
        ("*/to kansai", True),
        ("kansai", False),
        ("pool/to kansai", False),
        ("scoring", True),
        ("score*", False),
    ],
)
def test_a_rule_is_meant_with_or_without_its_kind(given: str, *, holds: bool) -> None:
    change = replace(STAYS, rules=refs("scoring", "rule/to kansai"))
    assert bool(meant(change, rules=("none", given))) is holds


@pytest.mark.parametrize(
    ("held", "term", "holds"),
    [
        ("Warm", "rating", True),
        ("Warm", " rating ", True),
        (None, "rating", True),
        ("Warm", "rat", False),
        ("Warm", "XRATING", False),
        ("Warm", "rating = warm", True),
        ("Warm", "rating=Ｗarm", True),
        ("Warm", "  rating  =  Warm  ", True),
        ("Warm", "rating = war", False),
        ("Warm", "rating = war*", True),
        ("Warm", "rating != warm", False),
        ("Warm", "rating != hot", True),
        ("Warm", "rating ~ ARM", True),
        ("Warm", "rating ~ cold", False),
        (None, "rating =", True),
        (None, "rating ~ non", False),
        ("", "rating =", True),
        (None, "rating !=", False),
        (None, "rating = x*", False),
        ("Warm", "grade != A", False),
        ("Warm", "rating > 1", False),
        (5, "rating > 4", True),
        (5, "rating > 5", False),
        (5, "rating >= 5", True),
        (5, "rating >= 6", False),
        (5, "rating < 6", True),
        (5, "rating < 5", False),
        (5, "rating <= 5", True),
        (5, "rating <= 4", False),
        (5, "rating>=4.5", True),
        (5, "rating = 5", True),
        ("5", "rating > 4", True),
        (None, "rating < 5", False),
        (True, "rating > 0", False),
        (5, "grade > 4", False),
    ],
)
def test_a_term_holds_of_what_a_change_gives(held: Scalar, term: str, *, holds: bool) -> None:
    assert bool(meant(change_of(rating=held), where=(term,))) is holds


@pytest.mark.parametrize("term", ["", " ", "=", "= 5", "!x", "rating > ", "rating >= many", "a < b < c"])
def test_a_term_that_says_nothing_is_refused(term: str) -> None:
    assert refused(where=(term,)) == [Problem("PL-422", "", {"given": term})]


RULES = refs("rule/warm", "rule/to kansai", "scoring")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        pytest.param({}, [], id="nothing"),
        pytest.param({"rules": ("warm", "rule/to *")}, [], id="rules that are there"),
        pytest.param({"where": ("grade = A", " score ", "grade>1")}, [], id="fields that are there"),
        pytest.param({"rules": ("warm", "to kansay")}, [("PL-424", "to kansay", "to kansai")], id="a rule"),
        pytest.param({"rules": ("rule/wam",)}, [("PL-424", "rule/wam", "rule/warm")], id="a rule with its kind"),
        pytest.param({"rules": ("zzz",)}, [("PL-424", "zzz", "")], id="nothing like it"),
        pytest.param(
            {"where": ("grad", "scor = 5")}, [("PL-425", "grad", "grade"), ("PL-425", "scor", "score")], id="fields"
        ),
        pytest.param({"where": ("owner",), "rules": ("x",)}, [("PL-424", "x", ""), ("PL-425", "owner", "")], id="both"),
    ],
)
def test_what_nothing_waits_of_is_answered_with_what_does(
    given: dict[str, tuple[str, ...]], told: list[tuple[str, str, str]]
) -> None:
    known = {"PL-424": "rule/to kansai, rule/warm, scoring", "PL-425": "grade, score"}
    expected = [Problem(code, "", {"given": name, "meant": meant, "known": known[code]}) for code, name, meant in told]
    assert slips(Selection(**given), set(RULES), {"score", "grade"}) == expected


def test_where_nothing_waits_at_all_no_name_is_a_slip() -> None:
    assert slips(Selection(rules=("x",), where=("y",)), (), ()) == []


def test_a_person_who_is_named_behind_one_by_id_is_meant_too() -> None:
    assert meant(*CHANGES, takers=(YAMADA.id, "Ann Smith")) == ["C1", "C2"]
