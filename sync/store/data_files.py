"""What the mirror holds: its data files and how far each object has been pulled. Not listed here means not pulled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, insert, or_, select, update

from sync.store import audit, runs, tables
from sync.store.audit import Entry
from sync.store.columns import instant_text
from sync.store.database import Transaction
from sync.store.events import Event
from sync.store.paging import chunks
from sync.store.vocabulary import DataFileKind


@dataclass(frozen=True, slots=True)
class DataFile:
    """One immutable Parquet file. `path` is relative to the mirror's folder; `pull` is the sequence of its run.

    A base data file is sorted by its `key` (columns, the first filled of which counts) and then Id; `key_min` and
    `key_max` are its first and last places in that order (`sync.mirror.sort_order`). `replaced_by` is the sequence of the
    run that compacted it away; an as-of read of an earlier run still needs it.
    """

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
    kind: DataFileKind = DataFileKind.DELTA
    key: str = ""
    key_min: str = ""
    key_max: str = ""
    replaced_by: int | None = None
    removed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Watermark:
    """All versions up to `stamp` were pulled with the fields of that digest; other fields mean pulling it whole again."""

    object: str
    stamp: datetime
    fields: str


def add_pull(
    tx: Transaction, *, run: str, at: datetime, data_files: Sequence[DataFile], watermarks: Sequence[Watermark]
) -> None:
    """A pull happened: list its data files, move the watermarks and write the audit entries, in one transaction."""
    if data_files:
        # The name of a file holds its digest: two of one name are one file.
        tx.execute(
            insert(tables.data_files), list({data_file.path: _row(data_file) for data_file in data_files}.values())
        )
    for mark in watermarks:
        tx.execute(delete(tables.watermarks).where(tables.watermarks.c.object == mark.object))
        tx.execute(
            insert(tables.watermarks).values(object=mark.object, stamp=mark.stamp, fields=mark.fields, run_id=run)
        )
    facts = {
        "data_files": _facts(data_files),
        "watermarks": {mark.object: instant_text(mark.stamp) for mark in watermarks},
    }
    audit.append(tx, [Entry(Event.PULLED, at, run, facts)])


def replace(
    tx: Transaction, *, run: str, at: datetime, written: Sequence[DataFile], replaced: Sequence[DataFile]
) -> None:
    """A compaction happened: the written data files hold from now on what the replaced ones held."""
    by = runs.sequence_of(tx, run)
    for chunk in chunks([data_file.path for data_file in replaced]):
        tx.execute(update(tables.data_files).where(tables.data_files.c.path.in_(chunk)).values(replaced_by=by))
    if written:
        tx.execute(insert(tables.data_files), [_row(data_file) for data_file in written])
    facts = {"data_files": _facts(written), "replaced": sorted(data_file.path for data_file in replaced)}
    audit.append(tx, [Entry(Event.COMPACTED, at, run, facts)])


def retire(tx: Transaction, gone: Sequence[DataFile], *, at: datetime) -> None:
    """The files of these replaced data files are gone: what only they held cannot be read as of a run any more."""
    for chunk in chunks([data_file.path for data_file in gone]):
        tx.execute(update(tables.data_files).where(tables.data_files.c.path.in_(chunk)).values(removed_at=at))
    if gone:
        audit.append(tx, [Entry(Event.DATA_FILES_RETIRED, at, facts={"replaced": sorted(each.path for each in gone)})])


def listed(tx: Transaction, object_name: str | None = None, *, as_of: int | None = None) -> tuple[DataFile, ...]:
    """The data files, of one object or of all, visible after the pull numbered `as_of` (or now), oldest first."""
    found = tables.data_files.c
    query = select(tables.data_files).order_by(found.pull, found.path)
    if object_name is not None:
        query = query.where(found.object == object_name)
    if as_of is None:
        query = query.where(found.replaced_by.is_(None))
    else:
        query = query.where(found.pull <= as_of, or_(found.replaced_by.is_(None), found.replaced_by > as_of))
    return _data_files(tx, query)


def named(tx: Transaction, paths: Sequence[str]) -> tuple[DataFile, ...]:
    """The data files of these paths, replaced ones too."""
    found: list[DataFile] = []
    for chunk in chunks(paths):
        found += _data_files(tx, select(tables.data_files).where(tables.data_files.c.path.in_(chunk)))
    return tuple(found)


def kept(tx: Transaction) -> tuple[DataFile, ...]:
    """Every data file whose file is there, replaced ones too."""
    found = tables.data_files.c
    return _data_files(tx, select(tables.data_files).where(found.removed_at.is_(None)).order_by(found.pull, found.path))


def replaced_before(tx: Transaction, before: datetime) -> tuple[DataFile, ...]:
    """Those whose file is there still and that a run compacted away which began before that moment."""
    found, compacting = tables.data_files.c, tables.runs.c
    query = select(tables.data_files).join(tables.runs, compacting.sequence == found.replaced_by)
    query = query.where(found.removed_at.is_(None), compacting.started_at < before)
    return _data_files(tx, query.order_by(found.pull, found.path))


def watermarks(tx: Transaction) -> dict[str, Watermark]:
    """How far each object has been pulled, by its name."""
    rows = tx.execute(select(tables.watermarks))
    return {row.object: Watermark(row.object, row.stamp, row.fields) for row in rows}


def watermark(tx: Transaction, object_name: str) -> Watermark | None:
    """How far an object has been pulled; None when it never was."""
    row = tx.execute(select(tables.watermarks).where(tables.watermarks.c.object == object_name)).one_or_none()
    return None if row is None else Watermark(row.object, row.stamp, row.fields)


def _data_files(tx: Transaction, query: Select[Any]) -> tuple[DataFile, ...]:
    rows = tx.execute(query).mappings()
    return tuple(DataFile(**{**row, "kind": DataFileKind(row["kind"])}) for row in rows)


def _facts(data_files: Sequence[DataFile]) -> list[dict[str, object]]:
    return [{"path": data_file.path, "sha256": data_file.sha256, "rows": data_file.rows} for data_file in data_files]


def _row(data_file: DataFile) -> dict[str, object]:
    return {name: getattr(data_file, name) for name in DataFile.__dataclass_fields__}
