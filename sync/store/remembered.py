"""What ended changes leave in memory: applied values, tags, firings and turns; quiet facts of what was decided against."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Table, bindparam, delete, func, insert, select, update

from engine.changes.change import Change
from sync.store import audit
from sync.store.audit import Entry
from sync.store.database import Transaction
from sync.store.events import Event
from sync.store.paging import among, chunks
from sync.store.tables import applied_values, firings, owner_moves, quiet, tags, turns


def remember(tx: Transaction, applied: Sequence[Change], *, run: str | None, at: datetime) -> None:
    """Record what a run applied. Remembering the same change twice leaves the same memory."""
    _remember_values(tx, [change for change in applied if change.after], run=run, at=at)
    _replace(tx, owner_moves, (_owner_move(each, at) for each in applied if each.moves_owner))
    remember_memory(tx, applied)
    _remember_turns(tx, applied)


def remember_memory(tx: Transaction, settled: Sequence[Change]) -> None:
    """Tags and firings: they count even when the org's values were there already, by another hand."""
    _replace(tx, tags, ((each.record_id, *tag) for each in settled for tag in each.effects.tags_added))
    _remove(tx, tags, ((each.record_id, *tag) for each in settled for tag in each.effects.tags_removed))
    _replace(tx, firings, ((each.record_id, rule, each.change_id) for each in settled for rule in each.effects.firings))


def undo(tx: Transaction, taken_back: Sequence[Change]) -> None:
    """These were applied and are so no more: forget their firings and give their turns back.

    The rules still ask for them, so they become quiet, like what was rejected. Their tags are the business of the change
    that took them back.
    """
    for chunk in chunks([change.change_id for change in taken_back]):
        tx.execute(delete(firings).where(firings.c.change_id.in_(chunk)))
        tx.execute(update(owner_moves).where(owner_moves.c.change_id.in_(chunk)).values(pool=None, sequence=None))
    taken = {(turn.pool, turn.member) for change in taken_back if (turn := change.effects.turn)}
    last = [(pool, member, _last_turn(tx, pool, member)) for pool, member in sorted(taken)]
    _replace(tx, turns, [row for row in last if row[2] is not None])
    _remove(tx, turns, [row[:2] for row in last if row[2] is None])
    hush(tx, taken_back)


def _last_turn(tx: Transaction, pool: str, member: str) -> int | None:
    moves = owner_moves.c
    query = select(func.max(moves.sequence)).where(moves.pool == pool, moves.owner == member)
    last: int | None = tx.execute(query).scalar_one()
    return last


def hush(tx: Transaction, decided_against: Sequence[Change]) -> None:
    """Do not propose these again while their target and meaning base stay the same."""
    _replace(tx, quiet, (_quiet(change) for change in decided_against))


def hushed(tx: Transaction) -> frozenset[str]:
    """The records of which something is quiet."""
    return frozenset(tx.execute(select(quiet.c.record_id)).scalars())


def lift(tx: Transaction, record_ids: Iterable[str], *, actor: str, at: datetime) -> int:
    """Forget the quiet facts of these records, so that they are proposed anew; how many there were."""
    lifted = 0
    for chunk in chunks(record_ids):
        hushed = tx.execute(select(quiet.c.record_id, quiet.c.change_id).where(quiet.c.record_id.in_(chunk))).all()
        tx.execute(delete(quiet).where(quiet.c.record_id.in_(chunk)))
        facts = [{"record": row.record_id, "change": row.change_id, "actor": actor} for row in hushed]
        audit.append(tx, [Entry(Event.QUIET_LIFTED, at, facts=fact) for fact in facts])
        lifted += len(hushed)
    return lifted


def _remember_values(tx: Transaction, applied: Sequence[Change], *, run: str | None, at: datetime) -> None:
    ids = sorted({change.record_id for change in applied})
    rows = among(tx, select(applied_values), applied_values.c.record_id, ids)
    values: dict[str, dict[str, object]] = {row.record_id: dict(row.fields) for row in rows}
    for change in applied:
        values[change.record_id] = values.get(change.record_id, {}) | dict(change.after)
    _replace(tx, applied_values, ((record_id, fields, at, run) for record_id, fields in values.items()))


def _remember_turns(tx: Transaction, applied: Sequence[Change]) -> None:
    taken = [change.effects.turn for change in applied if change.effects.turn]
    if not taken:
        return
    last = {(row.pool, row.member): row.sequence for row in tx.execute(select(turns))}
    for turn in taken:
        last[turn.pool, turn.member] = max(turn.sequence, last.get((turn.pool, turn.member), 0))
    _replace(tx, turns, ((turn.pool, turn.member, last[turn.pool, turn.member]) for turn in taken))


def _owner_move(change: Change, at: datetime) -> tuple[object, ...]:
    turn = change.effects.turn
    given = (change.change_id, change.record_id, at, change.after["owner"])
    return (*given, turn.pool if turn else None, turn.sequence if turn else None)


def _quiet(change: Change) -> tuple[object, ...]:
    pool = change.effects.turn.pool if change.effects.turn else None
    target, meaning = change.target_digest, change.meaning_digest
    return (change.record_id, target, meaning, change.after.get("owner"), pool, change.score, change.change_id)


def _replace(tx: Transaction, table: Table, rows: Iterable[tuple[object, ...]]) -> None:
    """Whole rows, primary key first; the later of two with one key counts. An upsert for both databases."""
    names = [column.name for column in table.columns]
    by_key = {row[: len(table.primary_key.columns)]: row for row in rows}
    _remove(tx, table, by_key)
    if by_key:
        tx.execute(insert(table), [dict(zip(names, row, strict=True)) for row in by_key.values()])


def _remove(tx: Transaction, table: Table, keys: Iterable[tuple[object, ...]]) -> None:
    columns = list(table.primary_key.columns)
    doomed = [{f"old_{column.name}": part for column, part in zip(columns, key, strict=True)} for key in keys]
    if doomed:
        tx.execute(delete(table).where(*(column == bindparam(f"old_{column.name}") for column in columns)), doomed)
