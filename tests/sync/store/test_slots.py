"""Slots: taken once, finished by their holder only, lost when that holder is gone."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sync.store import runs, slots
from sync.store.database import Store
from sync.store.holders import Holder
from sync.store.slots import Slot
from sync.store.vocabulary import RunVerb, SlotState

DUE = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def elsewhere(pid: int = 7) -> Holder:
    """A process of another machine."""
    return Holder("otherhost", "boot-1", pid, "1")


def test_a_slot_is_taken_once(store: Store, here: Holder) -> None:
    with store.transaction() as tx:
        assert slots.take(tx, "leads", DUE, holder=here, at=DUE) is not None
        assert slots.take(tx, "leads", DUE, holder=elsewhere(), at=DUE) is None
        assert slots.take(tx, "sweep", DUE, holder=elsewhere(), at=DUE) is not None


def test_of_many_that_claim_at_once_one_gets_it(store: Store) -> None:
    taken: list[Slot | None] = []

    def taking(pid: int) -> None:
        with store.transaction() as tx:
            taken.append(slots.take(tx, "leads", DUE, holder=elsewhere(pid), at=DUE))

    threads = [threading.Thread(target=taking, args=(pid,)) for pid in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(taken) == 8
    assert sum(slot is not None for slot in taken) == 1


def test_what_was_done_failed_or_skipped_is_never_taken_again(store: Store, here: Holder) -> None:
    with store.transaction() as tx:
        for minute, state in enumerate([SlotState.DONE, SlotState.FAILED]):
            slot = slots.take(tx, "leads", DUE + minute * MINUTE, holder=here, at=DUE)
            assert slot
            assert slots.finish(tx, slot, state, at=DUE)
        slots.skip(tx, "leads", DUE + 2 * MINUTE, holder=here, at=DUE)

        again = [slots.take(tx, "leads", DUE + minute * MINUTE, holder=here, at=DUE) for minute in range(3)]

    assert again == [None, None, None]


def test_a_slot_of_a_silent_holder_is_lost_and_may_be_taken_again(store: Store, here: Holder) -> None:
    with store.transaction() as tx:
        slots.take(tx, "leads", DUE, holder=elsewhere(), at=DUE)
        assert slots.lose(tx, here=here, at=DUE + MINUTE, seen_seconds=60) == ()
        (lost,) = slots.lose(tx, here=here, at=DUE + 2 * MINUTE, seen_seconds=60)
        again = slots.take(tx, "leads", DUE, holder=here, at=DUE + 2 * MINUTE)

    assert lost.state is SlotState.LOST
    assert again is not None
    assert (again.attempts, again.holder) == (2, here)


def test_a_slot_of_our_own_whose_end_was_never_written_down_is_lost_too(store: Store, here: Holder) -> None:
    with store.transaction() as tx:
        slots.take(tx, "leads", DUE, holder=here, at=DUE)

        assert slots.lose(tx, here=here, at=DUE + MINUTE, seen_seconds=60) == ()
        assert [slot.sync for slot in slots.lose(tx, here=here, at=DUE + 2 * MINUTE, seen_seconds=60)] == ["leads"]


def test_a_holder_that_says_it_is_at_work_keeps_its_slot(store: Store, here: Holder) -> None:
    with store.transaction() as tx:
        slot = slots.take(tx, "leads", DUE, holder=elsewhere(), at=DUE)
        assert slot
        slots.see(tx, slot, at=DUE + 2 * MINUTE)

        assert slots.lose(tx, here=here, at=DUE + 3 * MINUTE, seen_seconds=60) == ()


def test_s4_a_dead_holder_of_this_machine_loses_its_slot_at_once(store: Store, here: Holder) -> None:
    with store.transaction() as tx:
        slots.take(tx, "leads", DUE, holder=replace(here, pid=here.pid + 1, started="0"), at=DUE)

        assert [slot.sync for slot in slots.lose(tx, here=here, at=DUE, seen_seconds=60)] == ["leads"]


def test_who_lost_a_slot_cannot_finish_it(store: Store, here: Holder) -> None:
    with store.transaction() as tx:
        paused = slots.take(tx, "leads", DUE, holder=elsewhere(), at=DUE)
        slots.lose(tx, here=here, at=DUE + 2 * MINUTE, seen_seconds=60)
        taken = slots.take(tx, "leads", DUE, holder=here, at=DUE + 2 * MINUTE)
        assert paused
        assert taken

        assert not slots.finish(tx, paused, SlotState.DONE, at=DUE + 3 * MINUTE)
        assert slots.finish(tx, taken, SlotState.FAILED, at=DUE + 3 * MINUTE, codes=["SF-101"])
        found = slots.last(tx, "leads")

    assert found is not None
    assert (found.state, found.codes, found.holder) == (SlotState.FAILED, ("SF-101",), here)


def test_the_last_that_went_well_is_known(store: Store, here: Holder) -> None:
    with store.transaction() as tx:
        first, second = (runs.start(tx, verb=RunVerb.RUN, at=DUE, holder=here) for _ in range(2))
        for minute, (state, run) in enumerate([(SlotState.DONE, first), (SlotState.FAILED, second)]):
            slot = slots.take(tx, "leads", DUE + minute * MINUTE, holder=here, at=DUE, missed=minute)
            assert slot
            slots.begun(tx, slot, run)
            slots.finish(tx, slot, state, at=DUE + minute * MINUTE)
        done, last = slots.last_done(tx, "leads"), slots.last(tx, "leads")

    assert done is not None
    assert last is not None
    assert [(each.run_id, each.missed, each.due_at) for each in (done, last)] == [
        (first, 0, DUE),
        (second, 1, DUE + MINUTE),
    ]


def test_old_slots_are_forgotten_but_never_the_last_of_a_sync(store: Store, here: Holder) -> None:
    with store.transaction() as tx:
        for minute in range(3):
            slots.skip(tx, "leads", DUE + minute * MINUTE, holder=here, at=DUE)
        slots.skip(tx, "sweep", DUE - MINUTE, holder=here, at=DUE)

        assert slots.retire(tx, before=DUE + 10 * MINUTE) == 2
        assert slots.counts(tx) == {("leads", SlotState.SKIPPED): 1, ("sweep", SlotState.SKIPPED): 1}
