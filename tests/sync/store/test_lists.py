"""What a store tells of the changes there are: open, waiting, held, sent, page by page."""

from collections.abc import Callable
from datetime import datetime

import pytest

from engine.changes.change import Change, Effects, Turn
from engine.changes.states import OPEN, State
from engine.messages import Message
from sync.store import batches, changes, leases
from sync.store.changes import Move, Waiting
from sync.store.database import Store
from sync.store.holders import Holder
from sync.store.vocabulary import LeaseName

Propose = Callable[..., None]
Make = Callable[..., Change]
ANN, BOB = "005000000000001AAA", "005000000000002AAA"


@pytest.fixture
def several(propose: Propose, change: Make) -> list[Change]:
    """Five that wait: the third and fourth take turns of one pool; of the fifth, tags only."""
    turns = [Effects((), (), (), Turn("pool/k", member, number)) for member, number in ((ANN, 3), (BOB, 7))]
    made = [
        change(1, grade="A"),
        change(2, grade="B"),
        change(3, owner=ANN, effects=turns[0]),
        change(4, owner=BOB, effects=turns[1]),
        change(5, effects=Effects((("vip", "rule/a"),))),
    ]
    propose(State.PLANNED, *made)
    return made


def moved(store: Store, at: datetime, *moves: Move) -> None:
    with store.transaction() as tx:
        changes.move(tx, moves, run=None, at=at)


def sent(store: Store, run: str, at: datetime, here: Holder, *ids: str) -> None:
    """Approve these by hand of nobody, and send them in one batch."""
    with store.transaction() as tx:
        lease = leases.take(tx, LeaseName.WRITE, holder=here, clock=lambda: at, lease_seconds=60)
        batches.intend(tx, lease, [Move(each, State.SENDING) for each in ids], run=run, mode="guarded", at=at)


def test_what_is_open_is_told_by_record_and_counted(store: Store, several: list[Change], at: datetime) -> None:
    moved(store, at, Move(several[1].change_id, State.REJECTED), Move(several[0].change_id, State.HELD))
    with store.read() as tx:
        assert list(changes.open_ids(tx)) == [
            (each.record_id, each.change_id) for each in several if each is not several[1]
        ]
        assert (changes.open_count(tx), changes.held(tx)) == (4, 1)


def test_the_turns_of_what_is_open_are_the_last_of_each_member(
    store: Store, several: list[Change], at: datetime
) -> None:
    with store.read() as tx:
        assert changes.open_turns(tx) == {("pool/k", ANN): 3, ("pool/k", BOB): 7}
    moved(store, at, Move(several[3].change_id, State.REJECTED))
    with store.read() as tx:
        assert changes.open_turns(tx) == {("pool/k", ANN): 3}


def test_the_plans_that_move_owners_are_told_while_a_move_is_open(
    store: Store, run: str, several: list[Change], at: datetime
) -> None:
    with store.read() as tx:
        assert changes.owner_plans(tx) == (run,)
    moved(store, at, *(Move(each.change_id, State.REJECTED) for each in several[2:4]))
    with store.read() as tx:
        assert changes.owner_plans(tx) == ()


def test_changes_are_told_by_their_states_of_all_plans_or_of_one(
    store: Store, run: str, several: list[Change], at: datetime
) -> None:
    moved(store, at, Move(several[0].change_id, State.REJECTED))
    with store.read() as tx:
        assert [each.change for each in changes.in_state(tx, OPEN)] == several[1:]
        assert [each.change for each in changes.in_state(tx, {State.REJECTED}, plan_id=run)] == several[:1]
        assert changes.in_state(tx, OPEN, plan_id="another") == ()
        assert changes.counts(tx, run) == {State.REJECTED: 1, State.PLANNED: 4}


def test_a_plan_is_read_in_pages_of_so_many_in_some_states(
    store: Store, run: str, several: list[Change], at: datetime
) -> None:
    moved(store, at, Move(several[1].change_id, State.REJECTED))
    with store.read() as tx:
        first = changes.page_of_plan(tx, run, after="", most=2)
        waits = changes.page_of_plan(tx, run, after=several[0].record_id, most=2, states={State.PLANNED})
    assert [each.change for each in first] == several[:2]
    assert [each.change for each in waits] == several[2:4]


def test_what_waits_for_a_person_is_told_in_pages_and_by_name(
    store: Store, run: str, several: list[Change], at: datetime
) -> None:
    moved(store, at, Move(several[0].change_id, State.REJECTED), Move(several[2].change_id, State.HELD))
    told = [Waiting(each.change_id, each.record_id, each.digest) for each in several]
    with store.read() as tx:
        assert changes.waiting(tx, run, after="", most=2) == told[1:3]
        assert changes.waiting(tx, run, after=several[2].record_id, most=9) == told[3:]
        assert changes.waiting(tx, "another", after="", most=9) == []
        named = [several[0].change_id, several[1].record_id, several[3].change_id, several[3].record_id]
        assert sorted(changes.waiting_among(tx, run, named), key=lambda each: each.record_id) == [told[1], told[3]]
        assert changes.waiting_among(tx, "another", named) == []


def test_what_a_run_sent_is_told_in_pages_with_what_became_of_it(
    store: Store, run: str, propose: Propose, change: Make, at: datetime, here: Holder
) -> None:
    made = [change(number, grade="A") for number in (1, 2, 3, 4)]
    propose(State.APPROVED, *made)
    sent(store, run, at, here, *(each.change_id for each in made[:3]))
    moved(store, at, Move(made[0].change_id, State.APPLIED))
    with store.read() as tx:
        pages = [changes.page_of_run(tx, run, after=after, most=2) for after in ("", made[1].record_id)]
        assert [[each.change for each in page] for page in pages] == [made[:2], made[2:3]]
        assert changes.page_of_run(tx, "another", after="", most=2) == ()
        assert changes.counts_of_run(tx, run) == {State.APPLIED: 1, State.SENDING: 2}
        assert changes.counts_of_run(tx, "another") == {}
        assert changes.digests(tx, [made[1].change_id, "none"]) == {made[1].change_id: made[1].digest}


def test_a_change_is_told_as_it_was_proposed_and_as_it_stands(
    store: Store, propose: Propose, change: Make, at: datetime
) -> None:
    one = change(1, grade="A")
    propose(State.APPROVED, one)
    moved(store, at, Move(one.change_id, State.SENDING, Message.of("note.rebased"), one))
    with store.read() as tx:
        assert changes.bodies(tx, [one.change_id, "none"]) == {one.change_id: (one, one)}
