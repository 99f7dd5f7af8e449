"""The states of changes, and what memory and audit get from a move."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import true, update
from sqlalchemy.exc import IntegrityError

from engine.changes.change import Change, Effects, Standing, Turn
from engine.changes.memory import Memory, Quiet, Written
from engine.changes.states import MOVES, OPEN, State
from engine.errors import PlanStaleError, Problem
from engine.messages import Message
from engine.plan.guards import Entry
from sync.store import audit, changes, memory, proposals, remembered
from sync.store.changes import Move
from sync.store.database import Store
from sync.store.tables import changes as rows

Propose = Callable[..., None]
Make = Callable[..., Change]


def _move(store: Store, at: datetime, *moves: Move) -> None:
    with store.transaction() as tx:
        changes.move(tx, moves, run=None, at=at)


def _enter(store: Store, run: str, change: Change, state: State = State.PLANNED) -> None:
    """One more change of the run, past all that a plan looks at."""
    with store.transaction() as tx:
        proposals.stage(tx, run, [(change, Entry(state))])
        tx.execute(update(rows).where(rows.c.state.is_(None)).values(state=state.value))


def _recall(store: Store) -> Memory:
    with store.read() as tx:
        return memory.recall(tx)


def _entries(store: Store) -> list[dict[str, Any]]:
    with store.read() as tx:
        return [json.loads(link.body) for link in audit.links(tx)]


def test_a_proposed_change_stands_as_it_was_proposed(store: Store, run: str, propose: Propose, change: Make) -> None:
    turn = Effects((("vip", "rule/a"),), (), ("rule/b",), Turn("pool/k", "005000000000002AAA", 3))
    proposed = change(1, grade="A+", score=12, effects=turn)
    propose(State.PLANNED, proposed)
    with store.read() as tx:
        assert changes.of_plan(tx, run) == (Standing(proposed, State.PLANNED, run),)
        assert changes.open_among(tx, true()) == {proposed.record_id: Standing(proposed, State.PLANNED, run)}
        assert changes.counts(tx, run) == {State.PLANNED: 1}


def test_a_record_has_at_most_one_open_change(store: Store, run: str, propose: Propose, change: Make) -> None:
    propose(State.HELD, change(1, grade="A"))
    with pytest.raises(IntegrityError):
        _enter(store, run, change(1, grade="B"))


def test_an_ended_change_makes_room_for_another(
    store: Store, run: str, at: datetime, propose: Propose, change: Make
) -> None:
    first, second = change(1, grade="A"), change(1, grade="B")
    propose(State.PLANNED, first)
    _move(store, at, Move(first.change_id, State.CANCELLED))
    _enter(store, run, second)
    with store.read() as tx:
        found = [standing.state for standing in changes.of_record(tx, first.record_id)]
    assert sorted(found) == [State.CANCELLED, State.PLANNED]


@pytest.mark.parametrize("to", sorted(frozenset(State) - MOVES[State.PLANNED]))
def test_a_move_that_the_life_of_a_change_does_not_know_is_refused(
    to: State, store: Store, at: datetime, propose: Propose, change: Make
) -> None:
    propose(State.PLANNED, change(1, grade="A"), change(2, grade="A"))
    impossible = [Move(change(1, grade="A").change_id, State.HELD), Move(change(2, grade="A").change_id, to)]
    with pytest.raises(PlanStaleError) as raised:
        _move(store, at, *impossible)
    stuck = change(2, grade="A")
    told = {"record": stuck.record_id, "before": "planned", "after": to.value}
    assert raised.value.problems == (Problem("PL-302", stuck.change_id, told),)
    assert {standing.state for standing in _recall(store).open_changes.values()} == {State.PLANNED}


def test_nothing_is_approved_without_an_approval(store: Store, at: datetime, propose: Propose, change: Make) -> None:
    propose(State.PLANNED, change(1, grade="A"))
    with pytest.raises(PlanStaleError, match="PL-303"):
        _move(store, at, Move(change(1, grade="A").change_id, State.APPROVED))


def test_a_change_that_does_not_exist_is_named(store: Store, at: datetime) -> None:
    with pytest.raises(PlanStaleError, match="PL-301"):
        _move(store, at, Move("nobody", State.CANCELLED))


def test_a_change_moves_once_in_a_call(store: Store, at: datetime, propose: Propose, change: Make) -> None:
    propose(State.APPROVED, change(1, grade="A"))
    change_id = change(1, grade="A").change_id
    with pytest.raises(ValueError, match="more than one move"):
        _move(store, at, Move(change_id, State.SENDING), Move(change_id, State.APPLIED))


def test_what_is_applied_is_remembered(store: Store, at: datetime, propose: Propose, change: Make) -> None:
    both = Effects((("vip", "rule/a"), ("jp", "rule/c")), (), ("rule/b",), Turn("pool/k", "005000000000002AAA", 3))
    applied = change(1, grade="A", persona=None, effects=both)
    propose(State.APPROVED, applied)
    _move(store, at, Move(applied.change_id, State.APPLIED))
    assert _recall(store) == Memory(
        applied={applied.record_id: {"grade": "A", "persona": None}},
        written={applied.record_id: Written(at, None)},
        tags={applied.record_id: frozenset({("vip", "rule/a"), ("jp", "rule/c")})},
        firings={applied.record_id: frozenset({"rule/b"})},
        turns={"pool/k": {"005000000000002AAA": 3}},
    )


def test_later_values_join_earlier_ones_and_tags_go(
    store: Store, run: str, at: datetime, propose: Propose, change: Make
) -> None:
    tag = (("vip", "rule/a"),)
    first = change(1, grade="A", score=1, effects=Effects(tags_added=tag, turn=Turn("pool/k", "005000000000002AAA", 5)))
    second = change(1, score=2, effects=Effects(tags_removed=tag, turn=Turn("pool/k", "005000000000002AAA", 4)))
    propose(State.APPROVED, first)
    _move(store, at, Move(first.change_id, State.APPLIED))
    _enter(store, run, second, State.APPROVED)
    _move(store, at, Move(second.change_id, State.APPLIED))
    found = _recall(store)
    assert (found.applied, found.tags) == ({first.record_id: {"grade": "A", "score": 2}}, {})
    assert found.turns == {"pool/k": {"005000000000002AAA": 5}}


@pytest.mark.parametrize("to", [State.CONFLICT, State.BLOCKED, State.EXPIRED])
def test_what_ends_otherwise_leaves_no_memory(
    to: State, store: Store, at: datetime, propose: Propose, change: Make
) -> None:
    ended = change(
        1, owner="005", effects=Effects((("vip", "rule/a"),), (), ("rule/b",), Turn("pool/k", "005000000000002AAA", 1))
    )
    propose(State.APPROVED, ended)
    _move(store, at, Move(ended.change_id, to))
    assert _recall(store) == Memory()


def test_values_that_were_there_already_leave_tags_and_firings_but_no_turn(
    store: Store, at: datetime, propose: Propose, change: Make
) -> None:
    ended = change(
        1, owner="005", effects=Effects((("vip", "rule/a"),), (), ("rule/b",), Turn("pool/k", "005000000000002AAA", 1))
    )
    propose(State.APPROVED, ended)
    _move(store, at, Move(ended.change_id, State.UNCHANGED))
    tags, firings = {ended.record_id: frozenset({("vip", "rule/a")})}, {ended.record_id: frozenset({"rule/b"})}
    assert _recall(store) == Memory(tags=tags, firings=firings)


def test_what_is_rejected_becomes_a_quiet_fact_until_it_is_lifted(
    store: Store, at: datetime, propose: Propose, change: Make
) -> None:
    rejected = change(1, owner="005000000000001AAA", effects=Effects(turn=Turn("pool/k", "005000000000002AAA", 1)))
    propose(State.PLANNED, rejected)
    _move(store, at, Move(rejected.change_id, State.REJECTED))
    fact = Quiet(rejected.target_digest, rejected.meaning_digest, "005000000000001AAA", "pool/k")
    assert _recall(store) == Memory(quiet={rejected.record_id: (fact,)})
    with store.transaction() as tx:
        assert remembered.lift(tx, [rejected.record_id], actor="os:a@h", at=at) == 1
    assert _recall(store) == Memory()


def test_a_rebased_change_stands_on_its_new_base_and_keeps_what_was_approved(
    store: Store, at: datetime, propose: Propose, change: Make
) -> None:
    approved = change(1, grade="A")
    rebased = replace(approved, inputs={"title": "課長"}, owner="005000000000009AAA")
    propose(State.APPROVED, approved)
    note = Message.of("note.rebased", by="suzuki")
    _move(store, at, Move(approved.change_id, State.SENDING, note, rebased))
    _move(store, at, Move(approved.change_id, State.UNKNOWN))
    with store.read() as tx:
        found = changes.find(tx, [approved.change_id])[approved.change_id]
        assert changes.digests(tx, [approved.change_id]) == {approved.change_id: approved.digest}
    assert (found.change, found.state, found.note, found.is_rebased) == (rebased, State.UNKNOWN, note, True)


def test_that_it_was_rebased_stays_said_of_what_is_applied_until_something_else_is_said(
    store: Store, at: datetime, propose: Propose, change: Make
) -> None:
    one, other = change(1, grade="A"), change(2, grade="A")
    propose(State.APPROVED, one, other)
    rebased, late = Message.of("note.rebased"), Message.of("note.locked")
    _move(store, at, *(Move(each.change_id, State.SENDING, rebased, each) for each in (one, other)))
    _move(store, at, Move(other.change_id, State.APPROVED, late), Move(one.change_id, State.APPLIED))
    _move(store, at, Move(other.change_id, State.SENDING))
    _move(store, at, Move(other.change_id, State.APPLIED))
    with store.read() as tx:
        found = changes.find(tx, [one.change_id, other.change_id])
    told = [(found[each.change_id].note, found[each.change_id].is_rebased) for each in (one, other)]
    assert told == [(rebased, True), (None, False)]


def test_what_is_said_later_of_a_change_takes_the_place_of_what_was_said_of_its_base(
    store: Store, run: str, at: datetime, propose: Propose, change: Make
) -> None:
    one, later = change(1, grade="A"), Message.of("note.changed_after")
    propose(State.APPROVED, one)
    _move(store, at, Move(one.change_id, State.SENDING, Message.of("note.rebased"), one))
    _move(store, at, Move(one.change_id, State.APPLIED))
    with store.transaction() as tx:
        changes.annotate(tx, [one.change_id], later, run=run, at=at)
    with store.read() as tx:
        found = changes.find(tx, [one.change_id])[one.change_id]
    assert (found.state, found.note, found.is_rebased) == (State.APPLIED, later, False)
    named = {"change": one.change_id, "object": "Lead", "record": one.record_id, "note": "note.changed_after"}
    assert _entries(store)[-1].items() >= {"run": run, **named}.items()


def test_what_is_said_of_a_change_stays_said_while_it_is_on_its_way(
    store: Store, at: datetime, propose: Propose, change: Make
) -> None:
    one, why = change(1, grade="A"), Message.of("note.locked")
    propose(State.APPROVED, one)
    _move(store, at, Move(one.change_id, State.SENDING))
    _move(store, at, Move(one.change_id, State.APPROVED, why))
    _move(store, at, Move(one.change_id, State.SENDING))
    with store.read() as tx:
        assert changes.find(tx, [one.change_id])[one.change_id].note == why


def test_a_rebased_change_may_not_ask_for_something_else(
    store: Store, at: datetime, propose: Propose, change: Make
) -> None:
    approved = change(1, grade="A")
    propose(State.APPROVED, approved)
    with pytest.raises(ValueError, match="asks for the same"):
        _move(store, at, Move(approved.change_id, State.SENDING, rebased=replace(approved, after={"grade": "B"})))


def test_the_audit_tells_each_move_and_no_value(store: Store, at: datetime, propose: Propose, change: Make) -> None:
    applied = change(1, persona="canary-persona", inputs={"title": "canary-title"})
    propose(State.APPROVED, applied)
    _move(store, at, Move(applied.change_id, State.APPLIED))
    entries = _entries(store)
    told = [(entry["event"], entry.get("from"), entry.get("to")) for entry in entries if "change" in entry]
    assert told == [
        ("change proposed", None, "approved"),
        ("change approved", None, None),
        ("change moved", "approved", "applied"),
    ]
    assert "canary" not in json.dumps(entries)
    (proposed,) = [entry for entry in entries if entry["event"] == "change proposed"]
    assert set(proposed["after"]) == {"persona"}


def test_equal_values_of_two_prospects_do_not_look_equal_in_the_audit(
    store: Store, propose: Propose, change: Make
) -> None:
    propose(State.PLANNED, change(1, grade="A"), change(2, grade="A"))
    first, second = (entry["after"]["grade"] for entry in _entries(store) if entry["event"] == "change proposed")
    assert first != second


@pytest.mark.long
def test_many_changes_move_at_once(store: Store, run: str, at: datetime, propose: Propose, change: Make) -> None:
    many = [change(number, grade="A") for number in range(1_200)]
    propose(State.APPROVED, *many)
    _move(store, at, *(Move(each.change_id, State.APPLIED) for each in many))
    with store.read() as tx:
        assert changes.counts(tx, run) == {State.APPLIED: 1_200}
        assert len(memory.recall(tx).applied) == 1_200
        assert changes.in_state(tx, OPEN) == ()
        assert [standing.change for standing in changes.of_plan(tx, run)] == many
