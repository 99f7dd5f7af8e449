"""The states of a change: every move there is, and none besides; what is open, waiting, undone, quiet."""

from itertools import product

from engine.changes.states import MOVES, OPEN, QUIET, UNDONE, WAITING, State, allows

# As `design: the life of a change` has them; a memory-only change goes from approved to applied at once.
TABLE = {
    "planned": "approved held rejected superseded expired cancelled",
    "held": "approved rejected superseded expired cancelled",
    "approved": "sending applied unchanged conflict blocked gone superseded expired cancelled",
    "sending": "applied refused conflict gone approved unknown",
    "unknown": "applied unchanged approved conflict gone",
}
_ALLOWED = {(State(before), State(after)) for before, row in TABLE.items() for after in row.split()}


def test_a_change_moves_as_the_table_says_and_not_otherwise() -> None:
    assert {(before, after) for before, after in product(State, State) if allows(before, after)} == _ALLOWED


def test_what_is_open_may_move_and_what_has_ended_may_not() -> None:
    assert set(MOVES) == OPEN == {State(name) for name in TABLE}


def test_the_sets_of_states() -> None:
    assert {State.PLANNED, State.HELD} == WAITING
    assert {State.REJECTED, State.REFUSED} == QUIET
    assert set(State) - UNDONE == WAITING - {State.HELD} | {
        State.APPLIED, State.UNCHANGED, State.REJECTED, State.EXPIRED, State.SUPERSEDED, State.CANCELLED,
    }  # fmt: skip
