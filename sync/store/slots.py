"""Slots: a sync's due times, each a row that is taken once, however many workers look at the same clock.

Whoever takes one is its holder, and must say from time to time that it is still at work. One that died, or that has not
been seen for as long as a lease lasts, has lost its slot; whoever takes it next finishes it, the other no longer can.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, func, insert, select, update
from sqlalchemy.engine import Row

from sync.store.database import Transaction
from sync.store.holders import Holder, is_dead
from sync.store.tables import slots
from sync.store.vocabulary import SlotState


@dataclass(frozen=True, slots=True)
class Slot:
    """`missed`: how many earlier due times it stands for. `attempts`: how often it was taken."""

    sync: str
    due_at: datetime
    state: SlotState
    holder: Holder
    taken_at: datetime
    missed: int = 0
    attempts: int = 1
    run_id: str | None = None
    codes: tuple[str, ...] = ()
    finished_at: datetime | None = None


def take(tx: Transaction, sync: str, due_at: datetime, *, holder: Holder, at: datetime, missed: int = 0) -> Slot | None:
    """Make the slot ours: a new one, or one that was lost. None when somebody else has or had it."""
    found = _row(tx, sync, due_at)
    if found is None:
        slot = Slot(sync, due_at, SlotState.RUNNING, holder, at, missed)
        return slot if _insert(tx, slot) else None
    if found.state is not SlotState.LOST:
        return None
    again = replace(
        found, state=SlotState.RUNNING, holder=holder, taken_at=at, attempts=found.attempts + 1, missed=missed,
        run_id=None, codes=(), finished_at=None,
    )  # fmt: skip
    taken = tx.execute(
        update(slots).where(_is(found), slots.c.state == SlotState.LOST).values(**_values(again), seen_at=at)
    )
    return again if taken.rowcount == 1 else None


def skip(tx: Transaction, sync: str, due_at: datetime, *, holder: Holder, at: datetime, missed: int = 0) -> Slot | None:
    """Write down that this due time is not run; None when it has a row already."""
    slot = Slot(sync, due_at, SlotState.SKIPPED, holder, at, missed, attempts=0, finished_at=at)
    return slot if _insert(tx, slot) else None


def begun(tx: Transaction, slot: Slot, run_id: str) -> None:
    """Say which run does it."""
    tx.execute(update(slots).where(_is_ours(slot)).values(run_id=run_id))


def see(tx: Transaction, slot: Slot, *, at: datetime) -> None:
    """The holder is still at work."""
    tx.execute(update(slots).where(_is_ours(slot)).values(seen_at=at))


def finish(tx: Transaction, slot: Slot, state: SlotState, *, at: datetime, codes: Sequence[str] = ()) -> bool:
    """End a slot that is still ours; False when it was lost to somebody else meanwhile."""
    ended = update(slots).where(_is_ours(slot)).values(state=state.value, codes=list(codes), finished_at=at)
    return tx.execute(ended).rowcount == 1


def lose(tx: Transaction, *, here: Holder, at: datetime, seen_seconds: int) -> tuple[Slot, ...]:
    """Mark what dead or silent holders left running."""
    lost = []
    for row in tx.execute(select(slots).where(slots.c.state == SlotState.RUNNING).order_by(slots.c.due_at)):
        slot = _from_row(row)
        is_silent = row.seen_at < at - timedelta(seconds=seen_seconds)
        # Our own may be among them: one whose end could not be written down.
        if is_silent or is_dead(slot.holder, here=here):
            tx.execute(update(slots).where(_is_ours(slot)).values(state=SlotState.LOST.value, finished_at=at))
            lost.append(replace(slot, state=SlotState.LOST, finished_at=at))
    return tuple(lost)


def running(tx: Transaction) -> tuple[Slot, ...]:
    """What is at work in any process."""
    return tuple(_from_row(row) for row in tx.execute(select(slots).where(slots.c.state == SlotState.RUNNING)))


def last(tx: Transaction, sync: str) -> Slot | None:
    """The slot with the latest due time."""
    query = select(slots).where(slots.c.sync == sync).order_by(slots.c.due_at.desc()).limit(1)
    row = tx.execute(query).one_or_none()
    return None if row is None else _from_row(row)


def last_done(tx: Transaction, sync: str) -> Slot | None:
    """The last one that went to its end: what is held or refused waits for people, not for the schedule."""
    done = and_(slots.c.sync == sync, slots.c.state.in_([SlotState.DONE.value, SlotState.PARTLY.value]))
    row = tx.execute(select(slots).where(done).order_by(slots.c.due_at.desc()).limit(1)).one_or_none()
    return None if row is None else _from_row(row)


def first(tx: Transaction, sync: str) -> Slot | None:
    """Since when this sync is known."""
    row = tx.execute(select(slots).where(slots.c.sync == sync).order_by(slots.c.due_at).limit(1)).one_or_none()
    return None if row is None else _from_row(row)


def counts(tx: Transaction) -> dict[tuple[str, SlotState], int]:
    """How many slots of each sync are in each state."""
    query = select(slots.c.sync, slots.c.state, func.count().label("number")).group_by(slots.c.sync, slots.c.state)
    return {(row.sync, SlotState(row.state)): row.number for row in tx.execute(query.order_by(slots.c.sync))}


def retire(tx: Transaction, *, before: datetime) -> int:
    """Forget finished slots that were due before then; how many. The last of each sync stays, whatever its age."""
    newest = select(func.max(slots.c.due_at)).group_by(slots.c.sync)
    old = and_(slots.c.due_at < before, slots.c.state != SlotState.RUNNING, slots.c.due_at.not_in(newest))
    return tx.execute(delete(slots).where(old)).rowcount


def _insert(tx: Transaction, slot: Slot) -> bool:
    # A write transaction is alone, so looking first is as good as ON CONFLICT DO NOTHING, and the same on both databases.
    if _row(tx, slot.sync, slot.due_at) is not None:
        return False
    values = {"sync": slot.sync, "due_at": slot.due_at, "seen_at": slot.taken_at, **_values(slot)}
    tx.execute(insert(slots).values(**values))
    return True


def _row(tx: Transaction, sync: str, due_at: datetime) -> Slot | None:
    row = tx.execute(select(slots).where(slots.c.sync == sync, slots.c.due_at == due_at)).one_or_none()
    return None if row is None else _from_row(row)


def _is(slot: Slot) -> ColumnElement[bool]:
    return and_(slots.c.sync == slot.sync, slots.c.due_at == slot.due_at)


def _is_ours(slot: Slot) -> ColumnElement[bool]:
    is_its = [slots.c[name] == value for name, value in slot.holder.columns().items()]
    return and_(_is(slot), slots.c.state == SlotState.RUNNING, slots.c.attempts == slot.attempts, *is_its)


def _values(slot: Slot) -> dict[str, object]:
    return {
        "state": slot.state.value,
        "missed": slot.missed,
        "attempts": slot.attempts,
        "run_id": slot.run_id,
        "codes": list(slot.codes),
        **slot.holder.columns(),
        "taken_at": slot.taken_at,
        "finished_at": slot.finished_at,
    }


def _from_row(row: "Row[tuple[object, ...]]") -> Slot:
    return Slot(
        row.sync,
        row.due_at,
        SlotState(row.state),
        Holder.of(row),
        row.taken_at,
        row.missed,
        row.attempts,
        row.run_id,
        tuple(row.codes or ()),
        row.finished_at,
    )
