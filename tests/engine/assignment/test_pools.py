"""Pools: who may be given a prospect, whose turn it is, and what is said of it."""

from dataclasses import replace

import pytest

from engine.assignment.needs import Need
from engine.assignment.pools import (
    Candidate,
    Considered,
    Turns,
    by_turn,
    considered,
    eligible_members,
    is_still_eligible,
    settled_owner,
)
from engine.changes.change import Change, OwnerWhy, Standing, Turn
from engine.changes.memory import EMPTY, Memory
from engine.changes.states import State
from engine.messages import Message
from engine.rulebook.rulebook import Assignment, Pool, Reference, Rulebook
from tests.engine.small_org import change_of, directory_of

_NAMES = ("ann@x", "left@x", "robot@x", "bob@x", "gone@x")
RULES = Rulebook(
    "small",
    "d",
    assignment=Assignment(
        (
            Pool("team", "team", tuple(Reference(name) for name in _NAMES)),
            Pool("lone", "lone", (Reference("bob@x"),)),
            Pool("none", "none", ()),
        )
    ),
)
DIRECTORY = directory_of(RULES)
NEED = Need("L0", "Lead", "INBOUND", OwnerWhy.QUEUE, pool="team", rule="r")


def open_with(change: Change) -> Memory:
    return replace(EMPTY, open_changes={change.record_id: Standing(change, State.APPROVED, "plan-0")})


def had(owner: str, record_id: str = "L0") -> Memory:
    """We gave a record to somebody last."""
    return replace(EMPTY, applied={record_id: {"owner": owner}})


_ELIGIBLE = {
    "all who are active and people": (NEED, EMPTY, ("ANN", "BOB")),
    "not who has it": (replace(NEED, held_by="ANN"), EMPTY, ("BOB",)),
    "not who had it last": (NEED, had("ANN"), ("BOB",)),
    "who had it last, when nobody else is left": (replace(NEED, held_by="BOB"), had("ANN"), ("ANN",)),
    "another record's last owner": (NEED, had("ANN", "L1"), ("ANN", "BOB")),
    "never who has it": (replace(NEED, pool="lone", held_by="BOB"), EMPTY, ()),
    "a pool of nobody": (replace(NEED, pool="none"), EMPTY, ()),
    "no such pool": (replace(NEED, pool="nowhere"), EMPTY, ()),
    "no pool": (replace(NEED, pool=None), EMPTY, ()),
}


@pytest.mark.parametrize(("need", "memory", "members"), _ELIGIBLE.values(), ids=_ELIGIBLE.keys())
def test_who_may_be_given_a_record(need: Need, memory: Memory, members: tuple[str, ...]) -> None:
    assert eligible_members(need, memory=memory, directory=DIRECTORY) == members


_STILL = {
    "of the pool": ("BOB", NEED, EMPTY, True),
    "not of the pool": ("CYD", NEED, EMPTY, False),
    "has left": ("LEFT", NEED, EMPTY, False),
    "had it last": ("BOB", NEED, had("BOB"), False),
    "named": ("BOB", replace(NEED, pool=None, owner="BOB"), EMPTY, True),
    "another is named": ("ANN", replace(NEED, pool=None, owner="BOB"), EMPTY, False),
    "named and has left": ("LEFT", replace(NEED, pool=None, owner="LEFT"), EMPTY, False),
    "a queue for leads": ("SECOND", replace(NEED, pool=None, owner="SECOND"), EMPTY, True),
    "a queue for cases": ("CASES", replace(NEED, pool=None, owner="CASES"), EMPTY, False),
    "that queue, for a case": ("CASES", replace(NEED, object="Case", pool=None, owner="CASES"), EMPTY, True),
}


@pytest.mark.parametrize(("owner", "need", "memory", "answer"), _STILL.values(), ids=_STILL.keys())
def test_who_was_found_may_still_be_given_it(owner: str, need: Need, memory: Memory, *, answer: bool) -> None:
    assert is_still_eligible(owner, need, memory=memory, directory=DIRECTORY) is answer


_WHY = Message.of("reason.owner.queue", rule="r")
_KEPT = Turn("team", "BOB", 5)
_SETTLED = {
    "the pool must be asked": (NEED, EMPTY, None),
    "no pool": (replace(NEED, pool=None), EMPTY, Candidate(None, notice=Message.of("notice.no_pool"))),
    "one is named": (
        replace(NEED, pool=None, owner="BOB"),
        EMPTY,
        Candidate("BOB", because=(_WHY, Message.of("reason.owner.named", rule="r"))),
    ),
    "a queue is named": (
        replace(NEED, pool=None, owner="SECOND"),
        EMPTY,
        Candidate("SECOND", because=(_WHY, Message.of("reason.owner.named", rule="r"))),
    ),
    "who is named has left": (
        replace(NEED, pool=None, owner="LEFT"),
        EMPTY,
        Candidate(None, notice=Message.of("notice.not_allowed", rule="r")),
    ),
    "the queue named is for cases": (
        replace(NEED, pool=None, owner="CASES"),
        EMPTY,
        Candidate(None, notice=Message.of("notice.not_allowed", rule="r")),
    ),
    "an open assignment keeps its candidate": (
        NEED,
        open_with(change_of(owner="BOB", turn=_KEPT)),
        Candidate("BOB", _KEPT, because=(_WHY, Message.of("reason.owner.kept", pool="team"))),
    ),
    "an open assignment of another pool": (NEED, open_with(change_of(owner="BOB", turn=replace(_KEPT, pool="lone"))), None),
    "an open assignment to who may not now": (NEED, open_with(change_of(owner="LEFT", turn=Turn("team", "LEFT", 5))), None),
    "an open assignment without a turn": (NEED, open_with(change_of(owner="BOB")), None),
    "an open change of fields": (NEED, open_with(change_of(rating="Hot")), None),
    "another record's open assignment": (NEED, open_with(change_of(1, owner="BOB", turn=_KEPT)), None),
}  # fmt: skip


@pytest.mark.parametrize(("need", "memory", "candidate"), _SETTLED.values(), ids=_SETTLED.keys())
def test_who_gets_it_without_a_turn(need: Need, memory: Memory, candidate: Candidate | None) -> None:
    assert settled_owner(need, memory=memory, directory=DIRECTORY) == candidate


def test_the_one_whose_turn_it_is_gets_it_and_is_told_how_many_were_passed_over() -> None:
    turn = Turn("team", "BOB", 3)
    told = Message.of("reason.owner.turn", pool="team", passed=2)
    assert by_turn(NEED, turn, passed=2) == Candidate("BOB", turn, because=(_WHY, told))


def test_without_a_turn_nobody_gets_it() -> None:
    assert by_turn(NEED, None, passed=5) == Candidate(None, notice=Message.of("notice.nobody_free", pool="team"))


_TURNS = {
    "who never had one, in listed order": ({}, ("BOB", "ANN"), Turn("team", "BOB", 1)),
    "who never had one before who had": ({"team": {"BOB": 1}}, ("BOB", "ANN"), Turn("team", "ANN", 2)),
    "least recent": ({"team": {"ANN": 4, "BOB": 3, "CYD": 9}}, ("ANN", "BOB"), Turn("team", "BOB", 10)),
    "of his own pool": ({"lone": {"ANN": 4}, "team": {"BOB": 1}}, ("ANN", "BOB"), Turn("team", "ANN", 2)),
    "nobody": ({"team": {"ANN": 4}}, (), None),
}


@pytest.mark.parametrize(("turns", "members", "turn"), _TURNS.values(), ids=_TURNS.keys())
def test_whose_turn_it_is(turns: dict[str, dict[str, int]], members: tuple[str, ...], turn: Turn | None) -> None:
    assert Turns(replace(EMPTY, turns=turns)).next("team", members) == turn


def test_a_turn_given_out_is_a_turn_taken() -> None:
    turns = Turns(replace(EMPTY, turns={"team": {"ANN": 1}}))
    given = [turns.next("team", ("ANN", "BOB")) for _ in range(4)]
    assert [(turn.member, turn.sequence) for turn in given if turn] == [("BOB", 2), ("ANN", 3), ("BOB", 4), ("ANN", 5)]


def test_turns_are_counted_pool_by_pool() -> None:
    turns = Turns(EMPTY)
    assert turns.next("team", ("ANN", "BOB")) == Turn("team", "ANN", 1)
    assert turns.next("lone", ("ANN", "BOB")) == Turn("lone", "ANN", 1)


def test_open_assignments_count_as_turns_taken_and_never_turn_the_clock_back() -> None:
    memory = replace(
        open_with(change_of(owner="ANN", turn=Turn("team", "ANN", 2))), turns={"team": {"ANN": 7, "BOB": 3}}
    )
    turns = Turns(memory)
    assert turns.next("team", ("ANN", "BOB")) == Turn("team", "BOB", 8)
    assert dict(memory.turns["team"]) == {"ANN": 7, "BOB": 3}


def test_an_open_assignment_is_a_turn_taken() -> None:
    memory = replace(open_with(change_of(owner="ANN", turn=Turn("team", "ANN", 9))), turns={"team": {"BOB": 3}})
    assert Turns(memory).next("team", ("ANN", "BOB")) == Turn("team", "BOB", 10)


def test_an_open_change_without_a_turn_takes_none() -> None:
    assert Turns(open_with(change_of(rating="Hot"))).next("team", ("ANN", "BOB")) == Turn("team", "ANN", 1)


def test_everybody_considered_is_told_with_why_he_was_passed_over() -> None:
    memory = replace(had("BOB"), turns={"team": {"ANN": 3, "BOB": 1}})
    assert considered(NEED, memory=memory, directory=DIRECTORY) == (
        Considered("ANN", 3),
        Considered("LEFT", None, Message.of("passed.inactive")),
        Considered("ROBOT", None, Message.of("passed.not_allowed")),
        Considered("BOB", 1, Message.of("passed.last")),
    )
    present = considered(replace(NEED, held_by="ANN"), memory=EMPTY, directory=DIRECTORY)
    assert present[0] == Considered("ANN", None, Message.of("passed.present"))


def test_a_member_whom_the_org_does_not_show_is_passed_over_as_inactive() -> None:
    shrunk = replace(DIRECTORY, users={name: user for name, user in DIRECTORY.users.items() if name != "BOB"})
    (found,) = considered(replace(NEED, pool="lone"), memory=EMPTY, directory=shrunk)
    assert found == Considered("BOB", None, Message.of("passed.inactive"))


def test_nobody_is_considered_where_a_rule_names_one() -> None:
    assert considered(replace(NEED, pool=None, owner="BOB"), memory=EMPTY, directory=DIRECTORY) == ()


def test_a_pool_the_rulebook_lacks_has_nobody_to_consider() -> None:
    assert considered(replace(NEED, pool="nowhere"), memory=EMPTY, directory=DIRECTORY) == ()
