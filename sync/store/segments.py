"""What the mirror holds: its segments and how far each object has been pulled. Not listed here means not pulled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select

from sync.audit.entries import Entry, Event
from sync.store import audit, tables
from sync.store.columns import instant_text
from sync.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Segment:
    """One immutable Parquet file. `path` is relative to the mirror's folder; `pull` is the sequence of its run."""

    path: str
    object: str
    pull: int
    run_id: str
    sha256: str
    rows: int
    bytes: int
    id_min: str
    id_max: str
    map_digest: str = ""
    keys_version: str = ""


@dataclass(frozen=True, slots=True)
class Watermark:
    """All versions up to `stamp` were pulled with the fields of that digest; other fields mean pulling it whole again."""

    object: str
    stamp: datetime
    fields: str


def add_pull(
    tx: Transaction, *, run: str, at: datetime, segments: Sequence[Segment], watermarks: Sequence[Watermark]
) -> None:
    """A pull happened: list its segments, move the watermarks and write the audit entries, in one transaction."""
    if segments:
        # The name of a file holds its digest: two of one name are one file.
        tx.execute(insert(tables.segments), list({segment.path: _row(segment) for segment in segments}.values()))
    for mark in watermarks:
        tx.execute(delete(tables.watermarks).where(tables.watermarks.c.object == mark.object))
        tx.execute(
            insert(tables.watermarks).values(object=mark.object, stamp=mark.stamp, fields=mark.fields, run_id=run)
        )
    facts = {
        "segments": [{"path": segment.path, "sha256": segment.sha256, "rows": segment.rows} for segment in segments],
        "watermarks": {mark.object: instant_text(mark.stamp) for mark in watermarks},
    }
    audit.append(tx, [Entry(Event.PULLED, at, run, facts)])


def listed(tx: Transaction, object_name: str | None = None, *, as_of: int | None = None) -> tuple[Segment, ...]:
    """The segments, of one object or of all, visible after the pull numbered `as_of` (or now), oldest first."""
    query = select(tables.segments).order_by(tables.segments.c.pull, tables.segments.c.path)
    if object_name is not None:
        query = query.where(tables.segments.c.object == object_name)
    if as_of is not None:
        query = query.where(tables.segments.c.pull <= as_of)
    return tuple(Segment(**row) for row in tx.execute(query).mappings())


def watermark(tx: Transaction, object_name: str) -> Watermark | None:
    """How far an object has been pulled; None when it never was."""
    row = tx.execute(select(tables.watermarks).where(tables.watermarks.c.object == object_name)).one_or_none()
    return None if row is None else Watermark(row.object, row.stamp, row.fields)


def _row(segment: Segment) -> dict[str, object]:
    return {name: getattr(segment, name) for name in Segment.__dataclass_fields__}
