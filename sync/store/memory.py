"""Memory as the next plan needs it, read in one consistent view. `effects.py` is what writes it."""

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import select

from engine.changes import Values
from engine.memory import Memory, Quiet, Written
from sync.store import changes, claims, plans
from sync.store.columns import chunks
from sync.store.database import Transaction
from sync.store.tables import applied_values, firings, quiet, tags, turns


def recall(tx: Transaction) -> Memory:
    """All that must be remembered between runs, as one immutable value."""
    tagged, fired, hushed = defaultdict[str, set[tuple[str, str]]](set), defaultdict[str, set[str]](set), _quiet(tx)
    for row in tx.execute(select(tags)):
        tagged[row.record_id].add((row.tag, row.rule_id))
    for row in tx.execute(select(firings)):
        fired[row.record_id].add(row.rule_id)
    taken = defaultdict[str, dict[str, int]](dict)
    for row in tx.execute(select(turns)):
        taken[row.pool][row.member] = row.sequence
    standings = changes.open_standings(tx)
    applied: dict[str, Values] = {}
    written: dict[str, Written] = {}
    for row in tx.execute(select(applied_values)):
        applied[row.record_id] = row.fields
        written[row.record_id] = Written(row.at, row.run_id)
    return Memory(
        open_changes=standings,
        applied=applied,
        written=written,
        claims=claims.everything(tx),
        tags={record_id: frozenset(found) for record_id, found in tagged.items()},
        firings={record_id: frozenset(found) for record_id, found in fired.items()},
        turns=dict(taken),
        quiet=hushed,
        is_established=plans.is_established(tx),
        sent=changes.ever_sent(tx),
    )


def recall_of(tx: Transaction, record_ids: Iterable[str]) -> Memory:
    """What judging these records again needs: their applied values and who claims them, their tags and firings."""
    ids = sorted(set(record_ids))
    applied: dict[str, Values] = {}
    written: dict[str, Written] = {}
    tagged, fired = defaultdict[str, set[tuple[str, str]]](set), defaultdict[str, set[str]](set)
    for chunk in chunks(ids):
        for row in tx.execute(select(applied_values).where(applied_values.c.record_id.in_(chunk))):
            applied[row.record_id] = row.fields
            written[row.record_id] = Written(row.at, row.run_id)
        for row in tx.execute(select(tags).where(tags.c.record_id.in_(chunk))):
            tagged[row.record_id].add((row.tag, row.rule_id))
        for row in tx.execute(select(firings).where(firings.c.record_id.in_(chunk))):
            fired[row.record_id].add(row.rule_id)
    return Memory(
        applied=applied,
        written=written,
        claims=claims.of_records(tx, ids),
        tags={record_id: frozenset(found) for record_id, found in tagged.items()},
        firings={record_id: frozenset(found) for record_id, found in fired.items()},
        is_established=True,
    )


def _quiet(tx: Transaction) -> dict[str, tuple[Quiet, ...]]:
    hushed = defaultdict[str, list[Quiet]](list)
    order = (quiet.c.record_id, quiet.c.target_digest, quiet.c.meaning_digest)
    for row in tx.execute(select(quiet).order_by(*order)):
        hushed[row.record_id].append(Quiet(row.target_digest, row.meaning_digest, row.owner, row.pool, row.score))
    return {record_id: tuple(found) for record_id, found in hushed.items()}
