"""What makes two changes the same: what they ask for, what they rest on, what an approval binds, who they are."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from engine.changes.change import Change, Effects, Reach, RuleRef, Turn, change_id, digest_of
from engine.changes.memory import EMPTY, Memory
from engine.messages import Message
from tests.engine.small_org import AT, LATER_BASE, change_of

TURN = Turn("team", "BOB", 7)
CHANGE = replace(
    change_of(owner="BOB", rating="Warm", turn=TURN),
    inputs={"employees": 500},
    riders={"grade_reason": "x"},
    rules=(RuleRef("rule", "a"), RuleRef("pool", "team")),
    because=(Message.of("reason.score", score=1),),
)

TARGET, MEANING, NEITHER = "target", "meaning", "neither"
# What is another -> which digest is another too. An approval binds both.
_DIGESTS: dict[str, tuple[dict[str, Any], str]] = {
    "a value": ({"after": {"owner": "BOB", "rating": "Hot"}}, TARGET),
    "a value fewer": ({"after": {"owner": "BOB"}}, TARGET),
    "a tag": ({"effects": Effects(tags_added=(("vip", "a"),), turn=TURN)}, TARGET),
    "a tag taken": ({"effects": Effects(tags_removed=(("vip", "a"),), turn=TURN)}, TARGET),
    "a firing": ({"effects": Effects(firings=("a",), turn=TURN)}, TARGET),
    "no turn": ({"effects": Effects()}, TARGET),
    "the turn's member": ({"effects": Effects(turn=replace(TURN, member="ANN"))}, TARGET),
    "the turn's pool": ({"effects": Effects(turn=replace(TURN, pool="others"))}, TARGET),
    "the turn's number": ({"effects": Effects(turn=replace(TURN, sequence=8))}, NEITHER),
    "the owner": ({"owner": "CYD"}, MEANING),
    "a value before": ({"before": {"owner": "ANN", "rating": "Cold"}}, MEANING),
    "an input": ({"inputs": {"employees": 501}}, MEANING),
    "an input more": ({"inputs": {"employees": 500, "title": None}}, MEANING),
    "the base": ({"base": LATER_BASE}, NEITHER),
    "its id": ({"change_id": "C9"}, NEITHER),
    "what rides along": ({"riders": {}}, NEITHER),
    "its rules": ({"rules": ()}, NEITHER),
    "its reasons": ({"because": ()}, NEITHER),
    "the order of its fields": ({"after": {"rating": "Warm", "owner": "BOB"}}, NEITHER),
}


@pytest.mark.parametrize(("other", "differs"), _DIGESTS.values(), ids=_DIGESTS.keys())
def test_what_makes_a_change_another(other: dict[str, Any], differs: str) -> None:
    changed = replace(CHANGE, **other)
    assert (changed.target_digest != CHANGE.target_digest) is (differs == TARGET)
    assert (changed.meaning_digest != CHANGE.meaning_digest) is (differs == MEANING)
    assert (changed.digest != CHANGE.digest) is (differs != NEITHER)


@pytest.mark.parametrize("other", [{"object": "Contact"}, {"record_id": "L9"}], ids=["object", "record"])
def test_the_same_asked_of_another_record_is_another_change(other: dict[str, Any]) -> None:
    assert replace(CHANGE, **other).digest != CHANGE.digest


def test_the_digest_is_that_of_its_parts() -> None:
    assert CHANGE.digest == digest_of(CHANGE, target=CHANGE.target_digest, meaning=CHANGE.meaning_digest)
    swapped = digest_of(CHANGE, target=CHANGE.meaning_digest, meaning=CHANGE.target_digest)
    assert CHANGE.digest != swapped


_IDENTITY: dict[str, Any] = {
    "org_id": "ORG",
    "object_name": "Lead",
    "record_id": "L0",
    "at": AT,
    "after": {"rating": "Warm"},
    "effects": Effects(turn=TURN),
}
_OTHERS = {
    "org_id": "ORG2",
    "object_name": "Contact",
    "record_id": "L1",
    "at": AT + timedelta(seconds=1),
    "after": {"rating": "Hot"},
    "effects": Effects(firings=("a",), turn=TURN),
}


@pytest.mark.parametrize("name", _OTHERS)
def test_another_of_these_is_another_identity(name: str) -> None:
    assert change_id(**_IDENTITY) != change_id(**{**_IDENTITY, name: _OTHERS[name]})


def test_an_identity_is_32_hex_digits_and_fixed_for_life() -> None:
    assert change_id(**_IDENTITY) == "81b687014535a534687cbff558bd630b"
    assert change_id(**{**_IDENTITY, "effects": Effects(turn=replace(TURN, sequence=99))}) == change_id(**_IDENTITY)


_REACHES = {
    "nothing of the org": (change_of(), Reach.MEMORY, False),
    "a field": (change_of(rating=None), Reach.FIELDS, False),
    "the owner": (change_of(owner="BOB"), Reach.OWNER, True),
    "both": (change_of(rating="Hot", owner="BOB"), Reach.OWNER, True),
}


@pytest.mark.parametrize(("change", "reach", "moves"), _REACHES.values(), ids=_REACHES.keys())
def test_how_far_a_change_reaches(change: Change, reach: Reach, *, moves: bool) -> None:
    assert (change.reach, change.moves_owner, change.is_memory_only) == (reach, moves, reach is Reach.MEMORY)


_SCORES = {
    "asked for": (change_of(score=10), 10),
    "read": (replace(change_of(rating="Hot"), inputs={"score": 12}), 12),
    "asked for before read": (replace(change_of(score=10), inputs={"score": 12}), 10),
    "neither": (change_of(rating="Hot"), None),
    "emptied": (change_of(score=None), None),
}


@pytest.mark.parametrize(("change", "score"), _SCORES.values(), ids=_SCORES.keys())
def test_the_score_a_change_rests_on(change: Change, score: int | None) -> None:
    assert change.score == score


@pytest.mark.parametrize(
    ("rules", "reverses"),
    [
        ((RuleRef("rule", "a"),), ()),
        ((RuleRef("revert", "C1"), RuleRef("revert", "C2")), ("C1", "C2")),
        ((RuleRef("rule", "revert/x"), RuleRef("revert", "C1")), ("C1",)),
    ],
)
def test_what_a_change_takes_back(rules: tuple[RuleRef, ...], reverses: tuple[str, ...]) -> None:
    assert replace(CHANGE, rules=rules).reverses == reverses


@pytest.mark.parametrize(
    ("effects", "is_empty"),
    [
        (Effects(), True),
        (Effects(tags_added=(("a", "b"),)), False),
        (Effects(tags_removed=(("a", "b"),)), False),
        (Effects(firings=("a",)), False),
        (Effects(turn=TURN), False),
    ],
)
def test_whether_there_is_anything_to_remember(effects: Effects, *, is_empty: bool) -> None:
    assert effects.is_empty is is_empty


def test_effects_add_up_and_the_later_turn_counts() -> None:
    first = Effects((("a", "x"),), (("b", "x"),), ("x",), TURN)
    later = Turn("team", "CYD", 8)
    more = Effects((("a", "y"),), (("b", "y"),), ("y",), later)
    added = Effects((("a", "x"), ("a", "y")), (("b", "x"), ("b", "y")), ("x", "y"))
    assert first.with_more(more) == replace(added, turn=later)
    assert first.with_more(replace(more, turn=None)) == replace(added, turn=TURN)
    assert replace(first, turn=None).with_more(more) == replace(added, turn=later)


def test_an_empty_memory_remembers_nothing_and_no_baseline() -> None:
    assert Memory() == EMPTY
    assert (EMPTY.is_established, EMPTY.settled_at, EMPTY.sent) == (False, None, frozenset())
