"""A slice on its way, without an org: what goes in which batch, what ends on the way, and what is left."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from engine.changes.change import Base
from engine.changes.states import State
from engine.errors import TransientError
from engine.messages import Message
from engine.plan.recheck import Recheck, Ruling
from sync.salesforce.writes import WriteResult
from sync.store import audit, changes
from sync.store.changes import Move
from sync.store.vocabulary import WriteMode
from tests.sync.apply.willing_org import Table, ids

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)


def test_changes_go_by_record_in_batches_of_what_one_call_takes(table_of: Callable[..., Table], at: datetime) -> None:
    table = table_of(5, size=2)
    table.piece.send(WriteMode.GUARDED)
    assert table.batches() == [ids(table.made[:2]), ids(table.made[2:4]), ids(table.made[4:])]
    assert table.states() == [State.APPLIED] * 5
    assert table.org.passes == [(2, at), (2, at), (1, at)]
    assert table.piece.touched.change_ids == {each.change_id for each in table.made}
    assert (table.piece.touched.done, table.piece.waits) == (table.made, None)


def test_a_batch_is_no_larger_than_the_room_of_the_hour(table_of: Callable[..., Table]) -> None:
    table = table_of(4, size=2, rooms=[1, 9])
    table.piece.send(WriteMode.GUARDED)
    assert [len(batch) for batch in table.batches()] == [1, 2, 1]


def test_what_closes_the_gate_stops_a_slice_before_its_next_batch(table_of: Callable[..., Table]) -> None:
    late = Message.of("wait.deadline", seconds=600)
    table = table_of(4, size=2, closes=[None, late])
    table.piece.send(WriteMode.GUARDED)
    assert table.states() == [State.APPLIED] * 2 + [State.APPROVED] * 2
    assert table.piece.waits == late
    assert table.piece.touched.change_ids == {each.change_id for each in table.made[:2]}


def test_a_write_carries_the_run_it_is_of(table_of: Callable[..., Table], run: str) -> None:
    table = table_of(1)
    table.piece.send(WriteMode.GUARDED)
    assert table.org.sent == [[(table.made[0].record_id, {"Grade__c": "A", "Run__c": run})]]


def test_a_moved_owner_is_written_with_the_time(table_of: Callable[..., Table], run: str) -> None:
    table = table_of(1, values={"owner": "005000000000001AAA"})
    table.piece.send(WriteMode.GUARDED)
    written = {"OwnerId": "005000000000001AAA", "Run__c": run, "At__c": "2026-11-21T09:30:00Z"}
    assert table.org.sent == [[(table.made[0].record_id, written)]]


def test_what_was_edited_since_it_was_approved_is_cancelled(table_of: Callable[..., Table]) -> None:
    table = table_of(3, edited=frozenset({1}))
    table.piece.send(WriteMode.GUARDED)
    assert table.states() == [State.APPLIED, State.CANCELLED, State.APPLIED]
    assert table.standings()[1].note == Message.of("note.not_approved")
    assert table.batches() == [ids([table.made[0], table.made[2]])]
    assert len(table.piece.touched.change_ids) == 3


def test_memory_takes_effect_for_what_is_bound_alone(table_of: Callable[..., Table]) -> None:
    table = table_of(3, edited=frozenset({0}))
    table.piece.remember()
    assert table.states() == [State.CANCELLED, State.APPLIED, State.APPLIED]
    assert len(table.piece.touched.change_ids) == 3


_ENDS = {
    Ruling.UNCHANGED: State.UNCHANGED,
    Ruling.WRITTEN: State.APPLIED,
    Ruling.CONFLICT: State.CONFLICT,
    Ruling.BLOCKED: State.BLOCKED,
    Ruling.GONE: State.GONE,
}


@pytest.mark.parametrize("by", ["barring", "rulings"])
def test_what_does_not_hold_ends_by_its_ruling_and_is_not_sent(table_of: Callable[..., Table], by: str) -> None:
    table = table_of(6, mode=WriteMode.COLLECTIONS)
    note = Message.of("note.converted")
    getattr(table.org, by).update(
        {each.change_id: Recheck(ruling, note=note) for each, ruling in zip(table.made, _ENDS, strict=False)}
    )
    table.piece.send(WriteMode.COLLECTIONS)
    ended = [(state, note) for state in _ENDS.values()]
    assert [(each.state, each.note) for each in table.standings()] == [*ended, (State.APPLIED, None)]
    assert table.batches() == [ids(table.made[5:])]
    assert len(table.piece.touched.change_ids) == 6


def test_whatever_ends_is_told_as_of_the_run_that_ended_it(table_of: Callable[..., Table], run: str) -> None:
    table = table_of(1)
    table.org.barring[table.made[0].change_id] = Recheck(Ruling.GONE)
    table.piece.send(WriteMode.GUARDED)
    with table.store.read() as tx:
        last = json.loads([link.body for link in audit.links(tx)][-1])
    assert (last["run"], last["to"]) == (run, "gone")


def test_a_whole_batch_that_does_not_hold_is_no_end_of_the_slice(table_of: Callable[..., Table]) -> None:
    table = table_of(3, mode=WriteMode.COLLECTIONS, size=1)
    table.org.rulings[table.made[1].change_id] = Recheck(Ruling.GONE)
    table.piece.send(WriteMode.COLLECTIONS)
    assert table.states() == [State.APPLIED, State.GONE, State.APPLIED]


def test_what_is_sent_against_a_newer_version_says_so_and_is_kept_as_sent(table_of: Callable[..., Table]) -> None:
    table = table_of(2, mode=WriteMode.COLLECTIONS)
    first, later = table.made[0], table.org.at + timedelta(minutes=5)
    rebased = replace(first, base=Base(later, later, later))
    table.org.rulings[first.change_id] = Recheck(Ruling.HOLDS, change=rebased)
    table.piece.send(WriteMode.COLLECTIONS)
    found = [(each.change.base, each.note, each.is_rebased) for each in table.standings()]
    assert found == [(rebased.base, Message.of("note.rebased"), True), (table.made[1].base, None, False)]


@pytest.mark.parametrize("result", [WriteResult.MOVED, WriteResult.LOCKED])
def test_what_may_be_tried_again_comes_last_guarded_and_read_anew(
    table_of: Callable[..., Table], result: WriteResult
) -> None:
    table = table_of(3, size=2)
    first, second, third = ids(table.made)
    table.org.results[first] = [result]
    table.piece.send(WriteMode.GUARDED)
    assert table.batches() == [[first, second], [third], [first]]
    assert table.org.compared == [[first]]
    assert table.states() == [State.APPLIED] * 3


def test_what_is_moved_all_the_time_is_left_after_three_tries(table_of: Callable[..., Table]) -> None:
    table = table_of(2)
    table.org.results[table.made[0].record_id] = [WriteResult.MOVED] * 9
    table.piece.send(WriteMode.GUARDED)
    assert [len(batch) for batch in table.batches()] == [2, 1, 1]
    assert table.standings()[0].note == Message.of("note.moving")
    assert table.states() == [State.APPROVED, State.APPLIED]


def test_one_that_is_written_to_all_the_time_holds_nobody_up(table_of: Callable[..., Table]) -> None:
    table = table_of(2)
    still, young = table.made
    table.org.doubtful = {still.change_id, young.change_id}
    now = Base(table.org.at, table.org.at, table.org.at)
    table.org.rulings[young.change_id] = Recheck(Ruling.HOLDS, change=replace(young, base=now))
    table.piece.send(WriteMode.GUARDED)
    assert (table.batches(), table.org.waited) == ([[still.record_id]], [2.0])
    assert table.states() == [State.APPLIED, State.APPROVED]


def test_what_does_not_fit_goes_next_in_its_order_and_is_compared_again(table_of: Callable[..., Table]) -> None:
    table = table_of(5, mode=WriteMode.BULK)
    table.piece.send(WriteMode.BULK)
    made = ids(table.made)
    assert table.batches() == [made[:2], made[2:4], made[4:]]
    assert table.org.compared == [made, made[2:], made[4:]]


def test_what_surely_was_not_applied_is_approved_again(table_of: Callable[..., Table]) -> None:
    table = table_of(2, ends=TransientError.of("TR-101"))
    with pytest.raises(TransientError):
        table.piece.send(WriteMode.GUARDED)
    assert table.states() == [State.APPROVED] * 2


def test_what_a_job_is_still_at_stays_sent_and_is_waited_for(table_of: Callable[..., Table]) -> None:
    table = table_of(4, mode=WriteMode.BULK, is_at_work=True, edited=frozenset({3}))
    table.piece.send(WriteMode.BULK)
    assert table.states() == [State.SENDING] * 2 + [State.APPROVED, State.CANCELLED]
    assert table.piece.waits == Message.of("wait.job")
    assert table.piece.touched.change_ids == {table.made[number].change_id for number in (0, 1, 3)}


def test_what_others_have_moved_on_is_neither_sent_nor_ended_nor_counted(table_of: Callable[..., Table]) -> None:
    table = table_of(3, mode=WriteMode.COLLECTIONS)
    with table.store.transaction() as tx:
        moves = [Move(each.change_id, State.SUPERSEDED) for each in table.made[:2]]
        changes.move(tx, moves, run=None, at=table.org.at)
    table.org.barring[table.made[0].change_id] = Recheck(Ruling.GONE)
    table.piece.send(WriteMode.COLLECTIONS)
    assert table.states() == [State.SUPERSEDED] * 2 + [State.APPLIED]
    assert table.piece.touched.change_ids == {table.made[2].change_id}
