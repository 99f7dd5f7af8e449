"""Overrides: what somebody else made of values of ours, and since when; and how a value is given back to leadsync."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Row, delete, insert, select

from engine.changes.memory import Overridden
from engine.values import Scalar
from sync.store import audit
from sync.store.audit import Entry
from sync.store.audit_values import hashed, keys_of
from sync.store.database import Transaction
from sync.store.events import Event
from sync.store.paging import chunks
from sync.store.tables import applied_values, overrides

RECORDS = overrides.c.record_id


def among(tx: Transaction, of_records: ColumnElement[bool]) -> dict[str, dict[str, Overridden]]:
    """The overrides on some records (a condition on `RECORDS`), by record and field."""
    found = defaultdict[str, dict[str, Overridden]](dict)
    for row in tx.execute(select(overrides).where(of_records)):
        found[row.record_id][row.field] = Overridden(row.value, row.since)
    return dict(found)


def note(tx: Transaction, seen: Mapping[str, Mapping[str, Overridden]]) -> None:
    """What is overridden on each of these records now; what is not named any more is forgotten."""
    for chunk in chunks(seen):
        tx.execute(delete(overrides).where(overrides.c.record_id.in_(chunk)))
        rows = [
            {"record_id": record_id, "field": field, "value": overridden.value, "since": overridden.since}
            for record_id in chunk
            for field, overridden in seen[record_id].items()
        ]
        if rows:
            tx.execute(insert(overrides), rows)


def give_back(tx: Transaction, given: Sequence[tuple[str, Mapping[str, Scalar]]], *, actor: str, at: datetime) -> None:
    """Take what each record holds in these fields for ours, whoever put it there: rules decide them again.

    Only fields in which somebody else's value stands are given, by `owner` and the map's names.
    """
    for chunk in chunks(given):
        ids = [record_id for record_id, _ in chunk]
        keys = keys_of(tx, ids)
        found = tx.execute(select(applied_values).where(applied_values.c.record_id.in_(ids)))
        applied = {row.record_id: row for row in found}
        tx.execute(delete(applied_values).where(applied_values.c.record_id.in_(ids)))
        tx.execute(insert(applied_values), [_held(applied.get(one), one, values, at) for one, values in chunk])
        for record_id, values in chunk:
            theirs = overrides.c.field.in_(list(values))
            tx.execute(delete(overrides).where(overrides.c.record_id == record_id, theirs))
        told = [{"record": one, "after": hashed(values, keys[one]), "actor": actor} for one, values in chunk if values]
        audit.append(tx, [Entry(Event.GIVEN_BACK, at, facts=facts) for facts in told])


def _held(
    row: "Row[tuple[object, ...]] | None", record_id: str, values: Mapping[str, Scalar], at: datetime
) -> dict[str, object]:
    """A row of applied values that says these too. Nothing was written now: when and by which run stay as they are."""
    if row is None:
        return {"record_id": record_id, "fields": dict(values), "at": at, "run_id": None}
    return {"record_id": record_id, "fields": {**row.fields, **values}, "at": row.at, "run_id": row.run_id}
