"""Staging: what one object brings in a run, put on disk as it comes; no object is ever held whole."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

import polars as pl

from mapping.field_map.field_map import FieldMap
from mapping.field_map.filters import outside_as_deleted
from mapping.field_map.pulled_objects import PulledObject, activity_keys, pulled_objects
from mapping.field_map.types import Record, raw_frame, raw_schema, unparsed
from mapping.frames.csv_cells import frame_of_cells
from mapping.text.keys import KEYS_VERSION
from sync.host.host import CrashPoints
from sync.mirror.mirror import Mirror
from sync.mirror.sort_order import BY_ID
from sync.pull.id_list import IdList
from sync.salesforce.bulk_query import ResultPage
from sync.salesforce.query_pages import Page
from sync.store import data_files
from sync.store.data_files import DataFile
from sync.store.leases import LeasedStore
from sync.store.paging import chunks

# Pages of REST are small: so many rows make a data file, or a range of fewer.
ROWS_MAX = 50_000
_INSTANT = pl.Datetime("us", "UTC")


@dataclass(frozen=True, slots=True)
class MirrorWriter:
    """Puts down what one run reads; each data file bears the run, the digest of the map and the org's time.

    A data file has `rows_max` rows at most.
    """

    mirror: Mirror
    run_id: str
    sequence: int  # of the run
    map_digest: str
    now: Callable[[], datetime]
    rows_max: int

    def write(self, name: str, rows: pl.DataFrame, *, known: pl.DataFrame | None = None) -> DataFile | None:
        """What says something new beside `known`, else beside all that is held; None when nothing does."""
        return self._write(self.mirror.write if known is None else partial(self.mirror.write, known=known), name, rows)

    def write_whole(self, name: str, rows: pl.DataFrame) -> DataFile | None:
        """All of it, of an object of which nothing is held."""
        return self._write(self.mirror.write_whole, name, rows)

    def _write(self, write: Callable[..., DataFile | None], name: str, rows: pl.DataFrame) -> DataFile | None:
        return write(
            name,
            rows,
            run=self.run_id,
            pull=self.sequence,
            read_at=self.now(),
            map_digest=self.map_digest,
            keys_version=KEYS_VERSION,
        )


@dataclass(slots=True)
class Staging:
    """`is_compared`: rows that say nothing new are dropped; an object read for the first time has nothing to compare.

    `is_filtered`: the org was asked for rows inside the filters only; else those outside count as deleted here.
    """

    writer: MirrorWriter
    wanted: PulledObject
    describe: Record
    is_compared: bool = True
    is_filtered: bool = False
    data_files: list[DataFile] = field(default_factory=list)
    rows: int = 0
    lost: Counter[str] = field(default_factory=Counter)
    fates: Counter[str] = field(default_factory=Counter)
    _waiting: list[pl.DataFrame] = field(default_factory=list)
    _seen: list[pl.Series] = field(default_factory=list)  # the ids of an object without a mark for deleted ones
    _is_written: bool = False

    def page(self, page: Page) -> None:
        """A page of REST; written when enough of them have come, or at `close`."""
        schema = raw_schema(self.describe, self.wanted.columns)
        frame = raw_frame(page.records, schema)
        self.rows += frame.height
        self.lost.update(unparsed(page.records, frame))
        if "IsDeleted" not in schema:
            self._seen.append(frame["Id"])
            frame = frame.with_columns(pl.lit(value=False).alias("IsDeleted"))
        self._wait(self._dated(self._inside(frame), page.read_at))

    def cells(self, page: ResultPage, read_at: datetime) -> DataFile | None:
        """A page of a bulk query, written at once; None when it held no news."""
        frame, lost = frame_of_cells(page.columns, page.rows, raw_schema(self.describe, self.wanted.columns))
        self.rows += frame.height
        self.lost.update(lost)
        return self._write(self._dated(self._inside(frame), read_at))

    def mark_missing(self) -> None:
        """This was all there is of a small object without a mark for deleted ones: what is missing is gone."""
        seen = pl.concat(self._seen) if self._seen else pl.Series(dtype=pl.String)
        self._waiting.append(self.writer.mirror.tombstones(self.wanted.api_name, seen))

    def bury(self, record_ids: Sequence[str]) -> None:
        """These are gone: their latest versions once more, marked deleted."""
        for ids in chunks(record_ids, ROWS_MAX):
            last = self.writer.mirror.of(self.wanted.api_name, ids).drop("_content", "_pull", "_read_at")
            self._wait(self._dated(last.with_columns(pl.lit(value=True).alias("IsDeleted")), self.writer.now()))

    def bury_unread(self) -> None:
        """This was the whole of an object as the map reads it now: what only an earlier map let in is gone for us."""
        if self._waiting:
            self._write_waiting()
        mirror = self.writer.mirror
        brought = IdList.of(mirror.folder, [(data_file.path, data_file.rows) for data_file in self.data_files])
        for part in brought.compare(mirror.stamps(self.wanted.api_name)):
            self.bury(part.unlisted)
            self.fates.update({"outside": len(part.unlisted)} if part.unlisted else {})

    def take_over(self, data_files: Sequence[DataFile]) -> None:
        """Pages that an earlier run has put on disk for the same question."""
        run_id, sequence = self.writer.run_id, self.writer.sequence
        self.data_files += [replace(data_file, run_id=run_id, pull=sequence) for data_file in data_files]
        self.rows += sum(data_file.rows for data_file in data_files)
        self._is_written = self._is_written or bool(data_files)

    def close(self) -> None:
        """Write what waits; an object that brought nothing at all is made known by its columns."""
        if self._waiting or not self._is_written:
            self._write_waiting()

    def _wait(self, frame: pl.DataFrame) -> None:
        self._waiting.append(frame)
        if sum(each.height for each in self._waiting) >= self.writer.rows_max:
            self._write_waiting()

    def _write_waiting(self) -> None:
        empty = self._dated(raw_frame([], raw_schema(self.describe, self.wanted.columns)), None)
        frames, self._waiting = [empty, *self._waiting], []
        # A record may change while it is read; the greatest stamp is the newest version.
        rows = pl.concat(frames, how="diagonal_relaxed").sort("SystemModstamp", maintain_order=True)
        rows = rows.unique("Id", keep="last", maintain_order=True)
        self._write(rows)

    def _write(self, rows: pl.DataFrame) -> DataFile | None:
        name = self.wanted.api_name
        if self.is_compared and rows.height:
            known = self.writer.mirror.known(name, rows["Id"].to_list())
            self.fates.update(_fates(rows, known))
            data_file = self.writer.write(name, rows, known=known)
        elif self.is_compared:
            data_file = self.writer.write(name, rows)
        else:
            data_file = self.writer.write_whole(name, rows)
        self._is_written = True
        if data_file:
            self.data_files.append(data_file)
        return data_file

    def _inside(self, frame: pl.DataFrame) -> pl.DataFrame:
        return frame if self.is_filtered else outside_as_deleted(frame, self.wanted.filters)

    def _dated(self, frame: pl.DataFrame, read_at: datetime | None) -> pl.DataFrame:
        return frame.with_columns(pl.lit(read_at).cast(_INSTANT).alias("_read_at"))


def _fates(rows: pl.DataFrame, known: pl.DataFrame) -> Mapping[str, int]:
    """How many of these are deleted, merged, restored or converted by now and were not, as far as was known."""
    marks = [name for name in ("IsDeleted", "IsConverted") if name in rows.columns and name in known.columns]
    if "IsDeleted" not in marks:
        return {}
    before = known.select("Id", *(pl.col(name).alias(f"{name}_before") for name in marks))
    both = rows.join(before, on="Id", how="left")
    is_gone, was_gone = pl.col("IsDeleted"), pl.col("IsDeleted_before").fill_null(value=False)
    counted = {"deleted": is_gone & ~was_gone, "restored": ~is_gone & was_gone}
    if "MasterRecordId" in rows.columns:
        counted["merged"] = is_gone & ~was_gone & pl.col("MasterRecordId").is_not_null()
    if "IsConverted" in marks:
        counted["converted"] = pl.col("IsConverted") & ~pl.col("IsConverted_before").fill_null(value=False)
    found = both.select(column.sum().alias(name) for name, column in counted.items()).row(0, named=True)
    return {name: count for name, count in found.items() if count}


def compact(
    leased: LeasedStore, writer: MirrorWriter, field_map: FieldMap, points: CrashPoints, *, percent: int
) -> int:
    """Sort what needs it, each object in a transaction of its own; how many data files were written."""
    keys = activity_keys(field_map)
    prospects = {entry.api_name for entry in field_map.objects}
    written = 0
    for name in dict.fromkeys([*(wanted.api_name for wanted in pulled_objects(field_map)), *keys]):
        done = writer.mirror.compact(
            name,
            key=BY_ID if name in prospects else keys.get(name, BY_ID),
            run=writer.run_id,
            pull=writer.sequence,
            percent=percent,
        )
        if done is None:
            continue
        points.reach("compaction written")
        with leased.transaction() as tx:
            data_files.replace(tx, run=writer.run_id, at=writer.now(), written=done.written, replaced=done.replaced)
        written += len(done.written)
    return written
