"""The outbox: intent before sending, and what becomes of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest

from engine.changes.change import Change
from engine.changes.states import State
from engine.errors import LeaseError
from sync.store import batches, changes, leases
from sync.store.batches import Batch
from sync.store.changes import Move
from sync.store.database import Store
from sync.store.holders import Holder
from sync.store.leases import Lease
from sync.store.vocabulary import LeaseName

Propose = Callable[..., None]
Make = Callable[..., Change]


@pytest.fixture
def sent(store: Store, run: str, lease: Lease, at: datetime, propose: Propose, change: Make) -> Batch:
    """A batch of one change (record 1) on its way."""
    propose(State.APPROVED, change(1, grade="A"))
    with store.transaction() as tx:
        return batches.intend(tx, lease, [_to(change(1, grade="A"), State.SENDING)], run=run, mode="guarded", at=at)


def _to(change: Change, state: State) -> Move:
    return Move(change.change_id, state)


def _state(store: Store, change: Change) -> State:
    with store.read() as tx:
        return changes.find(tx, [change.change_id])[change.change_id].state


def test_an_intent_is_there_before_anything_is_sent(
    store: Store, run: str, at: datetime, sent: Batch, change: Make
) -> None:
    assert sent == Batch(f"{run}-0001", run, "guarded", 1, at)
    assert _state(store, change(1, grade="A")) is State.SENDING
    with store.read() as tx:
        assert batches.last_of(tx, [change(1, grade="A").change_id]) == {change(1, grade="A").change_id: sent}


def test_an_answer_ends_the_batch(store: Store, run: str, at: datetime, sent: Batch, change: Make) -> None:
    with store.transaction() as tx:
        batches.answer(tx, sent, [_to(change(1, grade="A"), State.APPLIED)], run=run, at=at)
        found = batches.last_of(tx, [change(1, grade="A").change_id])
    assert _state(store, change(1, grade="A")) is State.APPLIED
    assert found == {change(1, grade="A").change_id: replace(sent, answered_at=at)}


def test_a_stale_holder_intends_nothing(
    store: Store, run: str, lease: Lease, at: datetime, propose: Propose, change: Make
) -> None:
    propose(State.APPROVED, change(1, grade="A"))
    stale = replace(lease, epoch=0)
    with pytest.raises(LeaseError, match="LS-102"), store.transaction() as tx:
        batches.intend(tx, stale, [_to(change(1, grade="A"), State.SENDING)], run=run, mode="guarded", at=at)
    assert _state(store, change(1, grade="A")) is State.APPROVED


def test_what_was_on_its_way_when_a_run_died_is_unknown(
    store: Store, run: str, here: Holder, at: datetime, sent: Batch, change: Make
) -> None:
    with store.transaction() as tx:
        leases.release(tx, Lease(LeaseName.WRITE, sent.epoch, here))
        taken = leases.take(tx, LeaseName.WRITE, holder=here, clock=lambda: at, lease_seconds=60)
        assert batches.recover(tx, taken, run=run, at=at) == 1
        assert batches.recover(tx, taken, run=run, at=at) == 0
    assert _state(store, change(1, grade="A")) is State.UNKNOWN


def test_a_late_answer_changes_nothing_that_was_sent_again(
    store: Store, run: str, lease: Lease, at: datetime, sent: Batch, change: Make
) -> None:
    again = change(1, grade="A")
    with store.transaction() as tx:
        for state in (State.UNKNOWN, State.APPROVED):
            changes.move(tx, [_to(again, state)], run=run, at=at)
        batches.intend(tx, lease, [_to(again, State.SENDING)], run=run, mode="guarded", at=at)
    with store.transaction() as tx:
        batches.answer(tx, sent, [_to(again, State.REFUSED)], run=run, at=at)
    assert _state(store, again) is State.SENDING


def test_batches_of_a_run_are_numbered(
    store: Store, run: str, lease: Lease, at: datetime, propose: Propose, change: Make
) -> None:
    propose(State.APPROVED, change(1, grade="A"), change(2, grade="A"))
    with store.transaction() as tx:
        ids = [
            batches.intend(
                tx, lease, [_to(change(n, grade="A"), State.SENDING)], run=run, mode="guarded", at=at
            ).batch_id
            for n in (1, 2)
        ]
    assert ids == [f"{run}-0001", f"{run}-0002"]


def test_an_intent_only_sends(store: Store, run: str, lease: Lease, at: datetime, change: Make) -> None:
    with pytest.raises(ValueError, match="sending"), store.transaction() as tx:
        batches.intend(tx, lease, [_to(change(1, grade="A"), State.APPLIED)], run=run, mode="guarded", at=at)
