"""Memory as the next plan needs it, each read in one consistent view. `remembered.py` is what writes it."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import ColumnElement, select, true

from engine.changes.change import Standing
from engine.changes.memory import Memory, Overridden, Quiet, Written
from engine.values import Values
from sync.store import overrides, plans
from sync.store.changes import ever_sent, open_among, open_turns
from sync.store.database import Transaction
from sync.store.paging import chunks
from sync.store.tables import applied_values, changes, firings, owner_moves, quiet, tags, turns

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
