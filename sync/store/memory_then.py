"""Memory as it was when a plan was made, as far as the store can tell: what had been written and remembered by then.

What was open, turned down or given back then leaves no date behind: it is not told here.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from engine.changes.change import Change
from engine.changes.memory import Memory
from engine.changes.states import State
from engine.values import Scalar
from sync.store import approvals, overrides
from sync.store.changes import of_record
from sync.store.database import Transaction
from sync.store.runs import sequence_of
from sync.store.tables import batches, changes, owner_moves, runs
from sync.store.vocabulary import RunVerb

_SETTLING = tuple(verb.value for verb in RunVerb if verb.settles)


@dataclass(frozen=True, slots=True)
class _Settled:
    change: Change
    is_written: bool
    sequence: int  # of the run that settled it


def recall_before(tx: Transaction, record_id: str, plan_id: str, *, at: datetime) -> Memory:
    """What concerns one record, as of the making of a plan at that time; turns of everybody."""
    ours = sequence_of(tx, plan_id)
    settled = [each for each in _settled(tx, record_id) if each.sequence < ours]
    applied: dict[str, Scalar] = {}
    tags: set[tuple[str, str]] = set()
    fired: dict[str, tuple[str, ...]] = {}
    for each in sorted(settled, key=lambda one: one.sequence):
        effects = each.change.effects
        applied |= each.change.after if each.is_written else {}
        tags = (tags | set(effects.tags_added)) - set(effects.tags_removed)
        fired[each.change.change_id] = effects.firings
        for change_id in each.change.reverses:
            fired.pop(change_id, None)
    known = overrides.among(tx, overrides.RECORDS.in_([record_id])).get(record_id, {})
    return Memory(
        applied={record_id: applied} if applied else {},
        overrides={record_id: {name: overridden for name, overridden in known.items() if overridden.since <= at}},
        tags={record_id: frozenset(tags)},
        firings={record_id: frozenset(rule for rules in fired.values() for rule in rules)},
        turns=_turns(tx, at),
        is_established=True,
    )


def _settled(tx: Transaction, record_id: str) -> list[_Settled]:
    """The changes of a record that left something behind, each with the run that did it."""
    ended = [each for each in of_record(tx, record_id) if each.state in {State.APPLIED, State.UNCHANGED}]
    ids = [each.change.change_id for each in ended]
    sent = (
        select(changes.c.change_id, runs.c.sequence)
        .join(batches, batches.c.batch_id == changes.c.batch_id)
        .join(runs, runs.c.run_id == batches.c.run_id)
    )
    by = {row.change_id: row.sequence for row in tx.execute(sent.where(changes.c.change_id.in_(ids)))}
    approved = approvals.approvals_of(tx, ids)
    found: list[_Settled] = []
    for each in ended:
        change = each.change
        sequence = by.get(change.change_id)
        if sequence is None and (approval := approved.get(change.change_id)):
            sequence = _first_run(tx, sequence_of(tx, each.plan_id), approval.at)
        if sequence is not None:
            found.append(_Settled(change, each.state is State.APPLIED, sequence))
    return found


def _first_run(tx: Transaction, sequence: int, at: datetime) -> int | None:
    """The first run that could settle what was proposed by one run and approved then."""
    is_later = (runs.c.sequence >= sequence) & runs.c.verb.in_(_SETTLING) & (runs.c.finished_at >= at)
    found: int | None = tx.execute(select(func.min(runs.c.sequence)).where(is_later)).scalar_one()
    return found


def _turns(tx: Transaction, at: datetime) -> dict[str, dict[str, int]]:
    """The last turn of each member of each pool that was applied by then."""
    moves = owner_moves.c
    query = select(moves.pool, moves.owner, func.max(moves.sequence).label("last"))
    query = query.where(moves.at < at, moves.pool.is_not(None), moves.sequence.is_not(None))
    taken = defaultdict[str, dict[str, int]](dict)
    for row in tx.execute(query.group_by(moves.pool, moves.owner)):
        taken[row.pool][row.owner] = row.last
    return dict(taken)
