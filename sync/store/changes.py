"""The changes and where they stand. `move` is the only way a state ever changes.

A state, what memory keeps because of it and the audit entry that tells it are written in one transaction.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select, update
from sqlalchemy.engine import Row

from engine.changes.change import Change, Standing
from engine.changes.states import OPEN, QUIET, WAITING, State, allows
from engine.errors import PlanStaleError, Problem
from engine.messages import Message
from sync.store import audit, audit_values, remembered
from sync.store.audit import Entry
from sync.store.change_values import change_body, change_from, message_body, message_from
from sync.store.database import Transaction
from sync.store.events import Event
from sync.store.paging import among, chunks, pages
from sync.store.tables import approvals, batch_changes, batches, change_bodies, changes

_Row: TypeAlias = Row[tuple[object, ...]]

_IS_OPEN = changes.c.state.in_([state.value for state in OPEN])


@dataclass(frozen=True, slots=True)
class Move:
    """`note` says why; `rebased` is the change on its new base, same id, same after.

    Without a note the one there is stays, but for a change that is applied: what delayed it is no longer news; that it was
    rebased is.
    """

    change_id: str
    to: State
    note: Message | None = None
    rebased: Change | None = None


def move(tx: Transaction, moves: Sequence[Move], *, run: str | None, at: datetime) -> None:
    """Move changes to new states, in bulk and all or none.

    APPLIED is remembered (values, tags, firings, turn), REJECTED and REFUSED become quiet facts, every move is an audit
    entry. PlanStaleError when a change is not where it may make that move from, or is approved without an approval
    (`approvals.approve`). At most one move per change in a call.
    """
    if not moves:
        return
    rows = _rows(tx, [each.change_id for each in moves], _STATES)
    _refuse_impossible(tx, moves, rows)
    _write(tx, moves)
    _remember(tx, moves, run=run, at=at)
    # Values were told when the change was proposed; again only when it rests on a new base.
    told = audit_values.of_changes(tx, [each.rebased for each in moves if each.rebased])
    audit.append(
        tx,
        [
            Entry(Event.CHANGE_MOVED, at, run, _facts(each, rows[each.change_id]) | told.get(each.change_id, {}))
            for each in moves
        ],
    )


def open_among(tx: Transaction, of_records: ColumnElement[bool]) -> dict[str, Standing]:
    """The open changes of some records (a condition on `changes.record_id`), by record id."""
    found = _standings(tx, _IS_OPEN & of_records)
    return {standing.change.record_id: standing for standing in found}


def open_ids(tx: Transaction) -> Iterator[tuple[str, str]]:
    """The record id and change id of every open change, by record id."""
    query = select(changes.c.record_id, changes.c.change_id).where(_IS_OPEN)
    return _walked(tx, query)


def owner_plans(tx: Transaction) -> tuple[str, ...]:
    """The plans of all open changes that give their record another owner."""
    return tuple(tx.execute(select(changes.c.plan_id).where(_IS_OPEN, changes.c.reach == "owner").distinct()).scalars())


def open_turns(tx: Transaction) -> dict[tuple[str, str], int]:
    """The last turn of each pool's members in what is open: pool and member -> sequence."""
    query = select(changes.c.pool, changes.c.member, func.max(changes.c.turn).label("last"))
    query = query.where(_IS_OPEN, changes.c.turn.is_not(None)).group_by(changes.c.pool, changes.c.member)
    return {(row.pool, row.member): row.last for row in tx.execute(query)}


def open_count(tx: Transaction) -> int:
    """How many changes are open."""
    return tx.execute(select(func.count()).where(_IS_OPEN)).scalar_one()


def held(tx: Transaction) -> int:
    """How many changes are held."""
    return tx.execute(select(func.count()).where(changes.c.state == State.HELD.value)).scalar_one()


def in_state(tx: Transaction, states: Collection[State], *, plan_id: str | None = None) -> tuple[Standing, ...]:
    """The changes in these states, of all plans or of one, by plan and record id."""
    where = changes.c.state.in_([state.value for state in states])
    return _standings(tx, where if plan_id is None else where & (changes.c.plan_id == plan_id))


def ever_sent(tx: Transaction, of_records: ColumnElement[bool]) -> frozenset[str]:
    """Approved changes of some records that were sent at least once: such a call may take effect late, whatever was read back."""
    query = select(changes.c.change_id).where(changes.c.state == State.APPROVED.value, changes.c.attempts > 0)
    return frozenset(tx.execute(query.where(of_records)).scalars())


def of_plan(tx: Transaction, plan_id: str) -> tuple[Standing, ...]:
    """The changes first proposed by a plan, in its order, whatever became of them."""
    return _standings(tx, changes.c.plan_id == plan_id)


def page_of_plan(
    tx: Transaction, plan_id: str, *, after: str, most: int, states: Collection[State] = tuple(State)
) -> tuple[Standing, ...]:
    """At most so many of them, those in these states, by record id: from behind one (`""`: from the start)."""
    wanted = changes.c.state.in_([state.value for state in states])
    behind = (changes.c.plan_id == plan_id) & (changes.c.record_id > after) & wanted
    rows = tx.execute(_WHOLE.where(behind).order_by(changes.c.record_id).limit(most))
    return tuple(_standing(row) for row in rows)


def page_of_run(tx: Transaction, run_id: str, *, after: str, most: int) -> tuple[Standing, ...]:
    """At most so many of the changes that a run sent, whatever plan they are of, by record id from behind one."""
    rows = tx.execute(
        _WHOLE.where(sent_by(run_id), changes.c.record_id > after).order_by(changes.c.record_id).limit(most)
    )
    return tuple(_standing(row) for row in rows)


def counts_of_run(tx: Transaction, run_id: str) -> dict[State, int]:
    """How many of the changes that a run sent are in each state now."""
    query = select(changes.c.state, func.count()).where(sent_by(run_id)).group_by(changes.c.state)
    return {State(state): number for state, number in tx.execute(query)}


def sent_by(run_id: str) -> ColumnElement[bool]:
    sent = select(batch_changes.c.change_id).join(batches, batches.c.batch_id == batch_changes.c.batch_id)
    return changes.c.change_id.in_(sent.where(batches.c.run_id == run_id))


@dataclass(frozen=True, slots=True)
class Waiting:
    """A change that waits for a person; an approval names its digest."""

    change_id: str
    record_id: str
    digest: str


def waiting(tx: Transaction, plan_id: str, *, after: str, most: int) -> list[Waiting]:
    """The next of a plan's changes that wait for a person, behind a record id."""
    query = _waiting(plan_id).where(changes.c.record_id > after).order_by(changes.c.record_id).limit(most)
    return [Waiting(*row) for row in tx.execute(query)]


def waiting_among(tx: Transaction, plan_id: str, named: Iterable[str]) -> list[Waiting]:
    """Those of a plan's changes that wait and are named, by their own id or their record's."""
    found: list[Waiting] = []
    for chunk in chunks(dict.fromkeys(named)):
        is_named = or_(changes.c.change_id.in_(chunk), changes.c.record_id.in_(chunk))
        found += [Waiting(*row) for row in tx.execute(_waiting(plan_id).where(is_named))]
    return found


def _waiting(plan_id: str) -> Select[Any]:
    query = select(changes.c.change_id, changes.c.record_id, changes.c.digest)
    is_waiting = changes.c.state.in_([state.value for state in WAITING])
    return query.where(changes.c.plan_id == plan_id, is_waiting)


def of_record(tx: Transaction, record_id: str) -> tuple[Standing, ...]:
    """All that was ever proposed for a record, oldest first."""
    return _standings(tx, changes.c.record_id == record_id)


def annotate(tx: Transaction, change_ids: Collection[str], note: Message, *, run: str, at: datetime) -> None:
    """Say more about changes that stay in their state; an audit entry each."""
    rows = _rows(tx, change_ids, _STATES)
    for chunk in chunks(change_ids):
        tx.execute(
            update(changes).where(changes.c.change_id.in_(chunk)).values(note=message_body(note), is_rebased=False)
        )
    told = [
        {"change": row.change_id, "object": row.object, "record": row.record_id, "note": note.key}
        for row in rows.values()
    ]
    audit.append(tx, [Entry(Event.CHANGE_NOTED, at, run, each) for each in told])


def find(tx: Transaction, change_ids: Iterable[str]) -> dict[str, Standing]:
    """The changes with these ids that exist, by id."""
    return {change_id: _standing(row) for change_id, row in _rows(tx, change_ids).items()}


def counts(tx: Transaction, plan_id: str) -> dict[State, int]:
    """How many changes of a plan are in each state; the sum is what the plan proposed."""
    # Named one by one, so that the index on state and plan answers it alone.
    query = select(changes.c.state, func.count()).where(changes.c.plan_id == plan_id, changes.c.state.in_(list(State)))
    return {State(state): number for state, number in tx.execute(query.group_by(changes.c.state))}


def bodies(tx: Transaction, change_ids: Iterable[str]) -> dict[str, tuple[Change, Change]]:
    """Each change as it was proposed, and as it stands now, on a new base perhaps."""
    rows = _rows(tx, change_ids)
    return {change_id: (change_from(row.proposed), _change(row)) for change_id, row in rows.items()}


def states(tx: Transaction) -> Iterator[tuple[str, str]]:
    """Every change's id and state, for the audit to compare."""
    query = select(changes.c.change_id, changes.c.state).where(_SHOWN)
    return _walked(tx, query)


def digests(tx: Transaction, change_ids: Iterable[str]) -> dict[str, str]:
    """What an approval of each change must name: its digest as it was proposed."""
    return {change_id: row.digest for change_id, row in _rows(tx, change_ids, _STATES).items()}


# What has no state yet belongs to a plan in the making (`proposals.py`).
_SHOWN = changes.c.state.is_not(None)
_LEAVES_MEMORY = {State.APPLIED, State.UNCHANGED, *QUIET}
# A body costs more to read than all the rest of a row.
_STATES = select(changes)
_WHOLE = select(changes, change_bodies.c.proposed, change_bodies.c.rebased).join(
    change_bodies, change_bodies.c.change_id == changes.c.change_id
)
_ONE = update(changes).where(changes.c.change_id == bindparam("id"))


def _write(tx: Transaction, moves: Sequence[Move]) -> None:
    tx.execute(_ONE.values(state=bindparam("to")), [{"id": each.change_id, "to": each.to.value} for each in moves])
    if notes := [
        {"id": each.change_id, "new": message_body(each.note), "base": bool(each.rebased)}
        for each in moves
        if each.note
    ]:
        tx.execute(_ONE.values(note=bindparam("new"), is_rebased=bindparam("base")), notes)
    if stale := [{"id": each.change_id} for each in moves if each.to is State.APPLIED and each.note is None]:
        tx.execute(_ONE.where(changes.c.note.is_not(None), ~changes.c.is_rebased).values(note=None), stale)
    rebased = [each.rebased for each in moves if each.rebased]
    if rebased:
        meanings = [{"id": each.change_id, "meaning": each.meaning_digest} for each in rebased]
        tx.execute(_ONE.values(meaning_digest=bindparam("meaning")), meanings)
        one = update(change_bodies).where(change_bodies.c.change_id == bindparam("id"))
        bodies_now = [{"id": each.change_id, "body": change_body(each)} for each in rebased]
        tx.execute(one.values(rebased=bindparam("body")), bodies_now)


def _remember(tx: Transaction, moves: Sequence[Move], *, run: str | None, at: datetime) -> None:
    """What ended for good leaves memory; the bodies are read as they have just been written."""
    ended = find(tx, [each.change_id for each in moves if each.to in _LEAVES_MEMORY])
    applied = [each.change for each in ended.values() if each.state is State.APPLIED]
    remembered.remember(tx, applied, run=run, at=at)
    remembered.remember_memory(tx, [each.change for each in ended.values() if each.state is State.UNCHANGED])
    remembered.hush(tx, [each.change for each in ended.values() if each.state in QUIET])
    settled = [each.change for each in ended.values() if each.state in {State.APPLIED, State.UNCHANGED}]
    if taken_back := [change_id for change in settled for change_id in change.reverses]:
        remembered.undo(tx, [each.change for each in find(tx, taken_back).values()])


def _refuse_impossible(tx: Transaction, moves: Sequence[Move], rows: dict[str, _Row]) -> None:
    if len({each.change_id for each in moves}) != len(moves):
        raise ValueError("more than one move of a change at once")
    if missing := [each.change_id for each in moves if each.change_id not in rows]:
        raise PlanStaleError(*(Problem("PL-301", change_id) for change_id in missing))  # there is no such change
    for each in moves:
        if each.rebased and (each.rebased.change_id, each.rebased.target_digest) != (
            each.change_id,
            rows[each.change_id].target_digest,
        ):
            raise ValueError("a rebased change asks for the same as before")
    stuck = [each for each in moves if not allows(State(rows[each.change_id].state), each.to)]
    if stuck:
        raise PlanStaleError(*(_impossible(each, rows[each.change_id]) for each in stuck))
    new = [each.change_id for each in moves if each.to is State.APPROVED and rows[each.change_id].state in WAITING]
    approved = {row.change_id for row in among(tx, select(approvals.c.change_id), approvals.c.change_id, new)}
    if unapproved := [change_id for change_id in new if change_id not in approved]:
        raise PlanStaleError(*(Problem("PL-303", change_id) for change_id in unapproved))  # the change waits for an…


def _impossible(each: Move, row: _Row) -> Problem:
    # the change of {record} is {before} now and cannot become {after}
    return Problem("PL-302", each.change_id, {"record": row.record_id, "before": row.state, "after": each.to.value})


def _facts(each: Move, row: _Row) -> dict[str, object]:
    facts_of_move: dict[str, object] = {
        "plan": row.plan_id,
        "change": row.change_id,
        "object": row.object,
        "record": row.record_id,
        "from": row.state,
        "to": each.to.value,
    }
    optional = {"batch": row.batch_id, "note": each.note.key if each.note else None, "rebased": bool(each.rebased)}
    return facts_of_move | {name: value for name, value in optional.items() if value}


def _rows(tx: Transaction, change_ids: Iterable[str], query: Select[Any] = _WHOLE) -> dict[str, _Row]:
    return {row.change_id: row for row in among(tx, query.where(_SHOWN), changes.c.change_id, change_ids)}


def _walked(tx: Transaction, query: Select[str, str]) -> Iterator[tuple[str, str]]:
    """The rows of a query, in the order of its first column, which is a key."""
    key = query.selected_columns[0]

    def behind(after: str, most: int) -> list[tuple[str, str]]:
        rows = tx.execute(query.where(key > after).order_by(key).limit(most))
        return [(row[0], row[1]) for row in rows]

    for page in pages(behind, lambda row: row[0], after=""):
        yield from page


def _standings(tx: Transaction, where: ColumnElement[bool]) -> tuple[Standing, ...]:
    query = _WHOLE.where(where, _SHOWN).order_by(changes.c.plan_id, changes.c.record_id)
    return tuple(_standing(row) for row in tx.execute(query))


def _standing(row: _Row) -> Standing:
    note = message_from(row.note) if row.note else None
    return Standing(_change(row), State(row.state), row.plan_id, note, row.is_rebased)


def _change(row: _Row) -> Change:
    return change_from(row.rebased or row.proposed)
