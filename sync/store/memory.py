"""Memory as the next plan needs it, and as it was when a plan was made, each read in one consistent view. `remembered.py` is what writes it."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import ColumnElement, func, select, true

from engine.changes.change import Change, Standing
from engine.changes.memory import Memory, Overridden, Quiet, Written
from engine.changes.states import State
from engine.values import Scalar, Values
from sync.store import approvals, overrides, plans
from sync.store.changes import ever_sent, of_record, open_among, open_turns
from sync.store.database import Transaction
from sync.store.paging import chunks
from sync.store.runs import sequence_of
from sync.store.tables import applied_values, batches, changes, firings, owner_moves, quiet, runs, tags, turns
from sync.store.vocabulary import RunVerb

# Says of a column of record ids which records are meant.
_Pick: TypeAlias = Callable[[ColumnElement[str]], ColumnElement[bool]]


def recall(tx: Transaction) -> Memory:
    """All that must be remembered between runs, as one immutable value: for orgs whose memory fits into ours."""
    return replace(_recalled(tx, [lambda _: true()]), turns=_turns(tx), is_established=plans.is_established(tx))


def recall_org(tx: Transaction) -> Memory:
    """What concerns the org as a whole: turns, open ones included, and whether a baseline was approved."""
    taken = _turns(tx)
    for (pool, member), sequence in open_turns(tx).items():
        members = taken.setdefault(pool, {})
        members[member] = max(sequence, members.get(member, 0))
    return Memory(turns=taken, is_established=plans.is_established(tx))


def recall_of(tx: Transaction, record_ids: Iterable[str]) -> Memory:
    """What concerns these records."""
    return _recalled(tx, [_among(chunk) for chunk in chunks(sorted(set(record_ids)))])


def recall_between(tx: Transaction, first: str, last: str) -> Memory:
    """What concerns the records with these ids and those between them: a range, whose ids follow each other."""
    return _recalled(tx, [lambda column: column.between(first, last)])


def _turns(tx: Transaction) -> dict[str, dict[str, int]]:
    taken = defaultdict[str, dict[str, int]](dict)
    for row in tx.execute(select(turns)):
        taken[row.pool][row.member] = row.sequence
    return dict(taken)


def _among(ids: list[str]) -> _Pick:
    return lambda column: column.in_(ids)


def _recalled(tx: Transaction, picks: Iterable[_Pick]) -> Memory:
    opened: dict[str, Standing] = {}
    sent: set[str] = set()
    applied: dict[str, Values] = {}
    written: dict[str, Written] = {}
    overridden: dict[str, dict[str, Overridden]] = {}
    tagged, fired = defaultdict[str, set[tuple[str, str]]](set), defaultdict[str, set[str]](set)
    hushed, moved = defaultdict[str, list[Quiet]](list), defaultdict[str, list[datetime]](list)
    for pick in picks:
        opened |= open_among(tx, pick(changes.c.record_id))
        sent |= ever_sent(tx, pick(changes.c.record_id))
        overridden |= overrides.among(tx, pick(overrides.RECORDS))
        for row in tx.execute(select(applied_values).where(pick(applied_values.c.record_id))):
            applied[row.record_id] = row.fields
            written[row.record_id] = Written(row.at, row.run_id)
        for row in tx.execute(select(tags).where(pick(tags.c.record_id))):
            tagged[row.record_id].add((row.tag, row.rule_id))
        for row in tx.execute(select(firings).where(pick(firings.c.record_id))):
            fired[row.record_id].add(row.rule_id)
        for row in tx.execute(select(owner_moves).where(pick(owner_moves.c.record_id)).order_by(owner_moves.c.at)):
            moved[row.record_id].append(row.at)
        order = (quiet.c.record_id, quiet.c.target_digest, quiet.c.meaning_digest)
        for row in tx.execute(select(quiet).where(pick(quiet.c.record_id)).order_by(*order)):
            hushed[row.record_id].append(Quiet(row.target_digest, row.meaning_digest, row.owner, row.pool, row.score))
    return Memory(
        open_changes=opened,
        applied=applied,
        written=written,
        overrides=overridden,
        tags={record_id: frozenset(found) for record_id, found in tagged.items()},
        firings={record_id: frozenset(found) for record_id, found in fired.items()},
        quiet={record_id: tuple(found) for record_id, found in hushed.items()},
        moved={record_id: tuple(found) for record_id, found in moved.items()},
        sent=frozenset(sent),
    )


_SETTLING = tuple(verb.value for verb in RunVerb if verb.settles)


@dataclass(frozen=True, slots=True)
class _Settled:
    change: Change
    is_written: bool
    sequence: int  # of the run that settled it


def recall_before(tx: Transaction, record_id: str, plan_id: str, *, at: datetime) -> Memory:
    """What concerns one record, as of the making of a plan at that time; turns of everybody.

    What was open, turned down or given back then leaves no date behind: it is not told here.
    """
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
        turns=_turns_then(tx, at),
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


def _turns_then(tx: Transaction, at: datetime) -> dict[str, dict[str, int]]:
    """The last turn of each member of each pool that was applied by then."""
    moves = owner_moves.c
    query = select(moves.pool, moves.owner, func.max(moves.sequence).label("last"))
    query = query.where(moves.at < at, moves.pool.is_not(None), moves.sequence.is_not(None))
    taken = defaultdict[str, dict[str, int]](dict)
    for row in tx.execute(query.group_by(moves.pool, moves.owner)):
        taken[row.pool][row.owner] = row.last
    return dict(taken)
