"""What a run of apply came to: how many of what it touched are in which state, and what it waits for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from engine.changes.change import Change
from engine.changes.states import State
from engine.messages import Message
from engine.rulebook.rulebook import Operation
from sync.apply.answers import Touched
from sync.apply.apply import Counts, Settlement
from sync.store import changes
from sync.store.changes import Move
from sync.store.figures import Settled
from tests.sync.apply.willing_org import Table

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)

LATE = Message.of("wait.deadline", seconds=600)


@dataclass
class Readback:
    """Of what was written one in two was changed afterwards."""

    named: list[set[str]] = field(default_factory=list)

    def verify(self, done: Sequence[Change]) -> tuple[int, int]:
        return len(done), len(done) // 2

    def name_survivors(self, change_ids: set[str]) -> None:
        self.named.append(change_ids)


def count(table: Table, readback: Any) -> Counts:
    return Counts(table.store, cast("Any", readback))


def end(table: Table, *states: State) -> list[set[str]]:
    """Move the first changes to these states; each one's id, in a set by itself."""
    with table.store.transaction() as tx:
        for change, state in zip(table.made, states, strict=False):
            for each in (State.SENDING, state) if state is State.APPLIED else (state,):
                changes.move(tx, [Move(change.change_id, each)], run=None, at=table.org.at)
    return [{change.change_id} for change in table.made]


def test_pieces_add_up_by_the_state_that_each_change_is_in_now(table_of: Callable[..., Table]) -> None:
    table, readback = table_of(4), Readback()
    one, two, three, four = end(table, State.APPLIED, State.APPLIED, State.BLOCKED)
    counts = count(table, readback)
    counts.add(Touched(one | three, table.made[:2]))
    counts.add(Touched(two | four, table.made[:3]))
    states = {State.APPROVED: 1, State.APPLIED: 2, State.BLOCKED: 1}
    told = counts.settlement(None, Operation.LIVE)
    assert told == Settlement(4, states, None, is_held=False, verified=5, changed_after=2)
    assert list(told.states) == [state for state in State if state in states]
    assert told.figures == Settled(states, 5, 2, None, is_held=False)
    assert readback.named == []


def test_what_is_on_its_way_again_is_not_counted_yet(table_of: Callable[..., Table]) -> None:
    table = table_of(2)
    one, two = end(table, State.BLOCKED)
    counts = count(table, Readback())
    counts.add(Touched(one | two), but=State.APPROVED)
    assert counts.settlement(None, Operation.LIVE) == Settlement(1, {State.BLOCKED: 1})


def test_of_records_that_are_gone_the_survivors_are_named(table_of: Callable[..., Table]) -> None:
    table, readback = table_of(2), Readback()
    one, two = end(table, State.GONE)
    counts = count(table, readback)
    counts.add(Touched(one))
    counts.add(Touched(two))
    assert readback.named == [one]


@pytest.mark.parametrize(
    ("operation", "ended", "is_held"),
    [
        (Operation.LIVE, False, True),
        (Operation.SHADOW, False, True),
        (Operation.LIVE, True, True),
        (Operation.SHADOW, True, False),
    ],
)
def test_what_waits_is_counted_whether_or_not_it_was_touched_and_is_for_a_person(
    table_of: Callable[..., Table], operation: Operation, *, ended: bool, is_held: bool
) -> None:
    table = table_of(2)
    one, _ = end(table, State.BLOCKED, *([State.BLOCKED] if ended else []))
    counts = count(table, Readback())
    counts.add(Touched(one))
    states = {State.BLOCKED: 1} if ended else {State.APPROVED: 1, State.BLOCKED: 1}
    assert counts.settlement(LATE, operation) == Settlement(1, states, LATE, is_held)
