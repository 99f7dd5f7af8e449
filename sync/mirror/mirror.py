"""The mirror: what was pulled, version by version, and the latest of each record as of any pull.

A file counts from the moment the store lists it. Write it first, then list it together with the watermark
(`sync.store.data_files.add_pull`, or `replace` for a compaction): it happened or it did not, and what a crash leaves
behind is discarded.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from engine.errors import Problem, StoreError
from sync.host import processes
from sync.mirror import compaction, files, integrity, sort_order, versions
from sync.mirror.compaction import Compaction
from sync.mirror.versions import scan
from sync.store import data_files, runs
from sync.store.data_files import DataFile
from sync.store.database import Store
from sync.store.leases import Lease, check
from sync.store.vocabulary import DataFileKind

RANGE_ROWS = 250_000
# Whatever else a record has, it is not read to tell whether a version of it is news.
_DECIDING = frozenset({"Id", *versions.ORDER, "IsDeleted", "IsConverted", "_content"})


@dataclass(frozen=True, slots=True)
class Mirror:
    """`folder` holds one folder per object; readers need no lease, writers hold the pull's."""

    folder: Path
    store: Store
    range_rows: int = RANGE_ROWS

    def write(
        self,
        object_name: str,
        raw: pl.DataFrame,
        *,
        run: str,
        pull: int,
        read_at: datetime | None = None,
        map_digest: str = "",
        keys_version: str = "",
        known: pl.DataFrame | None = None,
    ) -> DataFile | None:
        """Put the rows that are news on disk; None when there are none. The caller lists the data file.

        `raw` has Id and the mapped columns under their API names, typed; `_read_at` row by row, or `read_at` for all.
        `pull` is the sequence of the run (`runs.sequence_of`). The first frame of an object, or one with new columns,
        is written even when it is empty, so that readers know the columns. `known`: what `known` said of all these Ids.
        """
        frame = versions.stamped(raw, pull=pull, read_at=read_at)
        listed = self._listed(object_name)
        known_columns = scan(self.folder, listed).collect_schema().names() if listed else []
        adds_columns = not set(known_columns).issuperset(frame.columns)
        if frame.height and listed:
            frame = versions.news(frame, self.known(object_name, frame["Id"].to_list()) if known is None else known)
        if frame.is_empty() and not adds_columns:
            return None
        return self._delta(object_name, frame, run, pull, map_digest, keys_version)

    def known(self, object_name: str, ids: Collection[str]) -> pl.DataFrame:
        """Of these records only what says whether a row is news, and what had become of them."""
        listed = self._listed(object_name)
        wanted = pl.Series(sorted(set(ids)), dtype=pl.String)
        schema = scan(self.folder, listed).collect_schema()
        needed = pl.Schema({name: kind for name, kind in schema.items() if name in _DECIDING})
        return self._standing(_with_ids(listed, wanted.to_list()), pl.col("Id").is_in(wanted.implode()), needed)

    def write_whole(
        self,
        object_name: str,
        raw: pl.DataFrame,
        *,
        run: str,
        pull: int,
        read_at: datetime | None = None,
        map_digest: str = "",
        keys_version: str = "",
    ) -> DataFile:
        """Put one page of an object that is read whole on disk, as it is: no row is compared with what is known."""
        frame = versions.stamped(raw, pull=pull, read_at=read_at)
        return self._delta(object_name, frame, run, pull, map_digest, keys_version)

    def latest(self, object_name: str, *, as_of: str | None = None) -> pl.LazyFrame:
        """The latest version of each record, tombstones (`IsDeleted`) included, ordered by Id: of small objects.

        `as_of` is the id of a run: what was known after its pull. An object never pulled has no rows and only the
        mirror's own columns.
        """
        return versions.latest(scan(self.folder, self._listed(object_name, as_of)))

    def ranges(self, object_name: str, *, as_of: str | None = None, rows: int | None = None) -> Iterator[pl.DataFrame]:
        """The same as `latest`, about so many records at a time, so that memory is bounded by one range."""
        size = rows or self.range_rows
        listed = self._listed(object_name, as_of)
        if not listed:
            return
        schema = scan(self.folder, listed).collect_schema()
        sampled = [
            sort_order.samples(sort_order.read(self.folder, each, sort_order.BY_ID), rows=size) for each in listed
        ]
        for low, high in sort_order.windows(sampled, rows=size):
            touching = [each for each in listed if each.rows and each.id_max > low and each.id_min <= high]
            frame = self._standing(touching, sort_order.between(sort_order.BY_ID, low, high), schema)
            yield frame if frame["Id"].is_sorted() else frame.sort("Id")

    def of(self, object_name: str, ids: Collection[str], *, as_of: str | None = None) -> pl.DataFrame:
        """The latest versions of these records, ordered by Id; only files that may hold one of them are read."""
        listed = self._listed(object_name, as_of)
        wanted = pl.Series(sorted(set(ids)), dtype=pl.String)
        schema = scan(self.folder, listed).collect_schema()
        touching = _with_ids(listed, wanted.to_list())
        return self._standing(touching, pl.col("Id").is_in(wanted.implode()), schema).sort("Id")

    def versions_in(self, listed: Sequence[DataFile]) -> pl.LazyFrame:
        """Every version in these data files, whatever came later."""
        return scan(self.folder, listed)

    def stamps(self, object_name: str) -> pl.LazyFrame:
        """Of every version only what says which is the latest, and whether it is deleted: for a comparison with the org."""
        return scan(self.folder, self._listed(object_name)).select("Id", "IsDeleted", *versions.ORDER)

    def related(
        self, object_name: str, columns: Sequence[str], ids: Collection[str], *, as_of: str | None = None
    ) -> pl.DataFrame:
        """The latest versions of records whose first filled one of `columns` is among `ids`, deleted ones too.

        Of base data files sorted by these columns only those that may hold one are read. In no particular order, and
        without `_content`.
        """
        listed = self._listed(object_name, as_of)
        wanted = pl.Series(sorted(set(ids)), dtype=pl.String)
        touching = [each for each in listed if _may_relate(each, columns, wanted)]
        schema = scan(self.folder, listed).collect_schema()
        # A column that the map did not name yet is empty in all of them.
        columns = [name for name in columns if name in schema]
        if not columns or wanted.is_empty():
            return pl.DataFrame(schema=schema)
        named = pl.any_horizontal(pl.col(name).is_in(wanted.implode()) for name in columns)
        if len(columns) > 1:
            named &= sort_order.key_of(columns).is_in(wanted.implode())
        schema = pl.Schema({name: kind for name, kind in schema.items() if name != "_content"})
        return self._standing(touching, named, schema, deltas=_deltas(listed))

    def compact(
        self, object_name: str, *, key: Sequence[str] = sort_order.BY_ID, run: str, pull: int, percent: int
    ) -> Compaction | None:
        """Sort an object by `key` (columns, the first filled one counts) where deltas exceed that percentage of it.

        None when there is nothing to do. The caller lists what comes back in one transaction (`data_files.replace`).
        """
        target = compaction.Target(self.folder, run, pull, self.range_rows)
        return compaction.compact(self._listed(object_name), key=key, percent=percent, target=target)

    def tombstones(self, object_name: str, seen: Iterable[str]) -> pl.DataFrame:
        """The latest versions of records that are not among `seen` and not deleted yet, marked deleted.

        For objects that are read whole each time: write them like any rows.
        """
        gone = self.latest(object_name).filter(
            ~pl.col("IsDeleted") & ~pl.col("Id").is_in(pl.Series(list(seen), dtype=pl.String).implode())
        )
        return gone.with_columns(pl.lit(True).alias("IsDeleted")).drop("_content", "_pull", "_read_at").collect()

    def retire(self, before: datetime, *, at: datetime, lease: Lease) -> int:
        """Remove files that runs begun before that moment compacted away; how many. Runs older than that cannot be
        read as they were any more. LeaseError for one who stood still while another took over.
        """
        with self.store.transaction() as tx:
            check(tx, lease)
            gone = data_files.replaced_before(tx, before)
            data_files.retire(tx, gone, at=at)
        for data_file in gone:
            processes.remove(self.folder / data_file.path)
        return len(gone)

    def discard_orphans(self, *, lease: Lease, keep: Collection[str] = ()) -> int:
        """Remove files that no data file names (a crash between file and transaction); how many. LeaseError for one who
        stood still while another took over.

        `keep` are paths, as data files have them, that wait to be listed: pages of a job that is not at its end.
        """
        # Files first: one that is listed between the two looks is then kept, not taken for an orphan. And whoever wrote
        # one of them under a later lease had taken over by now.
        there = [path for path in self.folder.glob("*/*") if path.is_file()]
        with self.store.read() as tx:
            check(tx, lease)
            named = {data_file.path for data_file in data_files.kept(tx)} | set(keep)
        kept = {self.folder / path for path in named}
        return sum(processes.remove(path) for path in there if path not in kept)

    def verify(self) -> tuple[Problem, ...]:
        """Compare every file with its digest in the store, those that only as-of reads need too."""
        with self.store.read() as tx:
            kept = data_files.kept(tx)
        return tuple(integrity.compare(self.folder, kept))

    def glance(self) -> tuple[Problem, ...]:
        """Compare what is new or looks changed among current files, and some of the rest in turn: for every run."""
        with self.store.read() as tx:
            listed = data_files.listed(tx)
        return tuple(integrity.glance(self.folder, listed))

    def _listed(self, object_name: str, as_of: str | None = None) -> tuple[DataFile, ...]:
        with self.store.read() as tx:
            pull = None if as_of is None else runs.sequence_of(tx, as_of)
            listed = data_files.listed(tx, object_name, as_of=pull)
        if any(data_file.removed_at for data_file in listed):
            raise StoreError.of("SR-112", as_of or "", object=object_name)  # the mirror of {object} is not kept any…
        return listed

    def _standing(
        self,
        touching: Sequence[DataFile],
        wanted: pl.Expr,
        schema: pl.Schema,
        *,
        deltas: Sequence[DataFile] | None = None,
    ) -> pl.DataFrame:
        """The latest versions among the wanted rows of these data files. `deltas` are looked at for later versions that
        are not wanted themselves; where Ids are wanted there are none.
        """
        base = [each for each in touching if each.kind is DataFileKind.BASE]
        loose = _deltas(touching)
        rows = [
            scan(self.folder, part, schema=schema).select(schema.names()).filter(wanted).collect()
            for part in (base, loose)
        ]
        elsewhere = rows[1].lazy() if deltas is None else scan(self.folder, deltas)
        return versions.standing(rows[0], rows[1], elsewhere)

    def _delta(
        self, object_name: str, frame: pl.DataFrame, run: str, pull: int, map_digest: str, keys_version: str
    ) -> DataFile:
        return files.write_data_file(
            frame, self.folder, object_name, kind=DataFileKind.DELTA, run=run, pull=pull, map_digest=map_digest,
            keys_version=keys_version,
        )  # fmt: skip


def _with_ids(listed: Sequence[DataFile], ids: Sequence[str]) -> list[DataFile]:
    """Data files whose range of Ids has one of these in it; `ids` are sorted."""
    return [each for each in listed if each.rows and _is_between(ids, each.id_min, each.id_max)]


def _deltas(data_files: Iterable[DataFile]) -> list[DataFile]:
    return [each for each in data_files if each.kind is DataFileKind.DELTA]


def _may_relate(data_file: DataFile, columns: Sequence[str], wanted: pl.Series) -> bool:
    if data_file.kind is DataFileKind.BASE and data_file.key == ",".join(columns):
        low, high = sort_order.bounds_of_key(data_file.key_min, data_file.key_max)
        at = wanted.search_sorted(low)
        return at < len(wanted) and wanted[at] <= high
    return data_file.rows > 0


def _is_between(ordered: Sequence[str], low: str, high: str) -> bool:
    at = bisect_left(ordered, low)
    return at < len(ordered) and ordered[at] <= high
