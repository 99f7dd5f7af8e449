"""Compaction: base data files, sorted and without overlap, out of what pulls brought, never more than a window in memory.

The order of an object's places is divided into slots, one per base data file. Where deltas brought more rows than the
given percentage of a slot, the slot is written anew; what lies in the other slots stays, in fewer delta files.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from sync.host import processes
from sync.mirror import files, sort_order, versions
from sync.mirror.versions import scan
from sync.store.data_files import DataFile
from sync.store.vocabulary import DataFileKind

# More deltas than these are joined into few, even where no slot is worth writing anew.
DELTAS_MAX = 48
# What one window may take on disk: rows of activities are narrow, and a window of them may hold more.
_WINDOW_BYTES = 16_000_000


@dataclass(frozen=True, slots=True)
class Compaction:
    """List both in one transaction (`sync.store.data_files.replace`); until then nothing has happened."""

    written: tuple[DataFile, ...]
    replaced: tuple[DataFile, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """Where compacted data files go: the folder, and the run whose sequence is `pull`."""

    folder: Path
    run: str
    pull: int
    rows: int


@dataclass(frozen=True, slots=True)
class _Slot:
    """Everything above `low` up to `high`: what its base data file holds and how many rows deltas brought for it."""

    low: str
    high: str
    base: DataFile | None
    brought: int
    is_due: bool


def compact(listed: Sequence[DataFile], *, key: Sequence[str], percent: int, target: Target) -> Compaction | None:
    """`listed` are the current data files of one object. None when there is nothing to gain."""
    work = _Work.of(listed, key=key, percent=percent, target=target)
    due = [slot for slot in work.slots if slot.is_due]
    if not due and len(work.deltas) <= DELTAS_MAX:
        return None
    with work.decided() as winners:
        written = [*work.bases(winners), *work.rest(winners)]
    replaced = [slot.base for slot in due if slot.base is not None]
    return Compaction(tuple(written), (*replaced, *work.deltas))


@dataclass(frozen=True, slots=True)
class _Work:
    target: Target
    key: tuple[str, ...]
    slots: tuple[_Slot, ...]
    deltas: tuple[DataFile, ...]
    sampled: tuple[pl.DataFrame, ...]
    schema: pl.Schema

    @classmethod
    def of(cls, listed: Sequence[DataFile], *, key: Sequence[str], percent: int, target: Target) -> "_Work":
        """Base data files sorted by another key count as deltas: all of them is written anew."""
        named = ",".join(key)
        base = sorted(
            (each for each in listed if each.kind is DataFileKind.BASE and each.key == named),
            key=lambda each: each.key_min,
        )
        deltas = tuple(each for each in listed if each not in base)
        highs = pl.Series([*(each.key_max for each in base[:-1]), sort_order.LAST], dtype=pl.String)
        brought = [0] * len(highs)
        sampled: list[pl.DataFrame] = []
        for each in deltas:
            found = sort_order.read(target.folder, each, key)
            sampled.append(sort_order.samples(found, rows=target.rows))
            for slot, number in highs.search_sorted(found).value_counts().iter_rows():
                brought[slot] += number
        lows = [sort_order.FIRST, *highs[:-1]]
        standing: list[DataFile | None] = [*base] or [None]
        slots = tuple(
            _Slot(low, high, each, number, is_due=number * 100 > percent * (each.rows if each else 0))
            for low, high, each, number in zip(lows, highs, standing, brought, strict=True)
        )
        schema = scan(target.folder, listed).collect_schema()
        return cls(target, tuple(key), slots, deltas, tuple(sampled), schema)

    def decided(self) -> AbstractContextManager[pl.LazyFrame]:
        """Which versions win; nothing need be known beforehand where all versions of a record share one place."""
        contesting = (
            [] if self.key == sort_order.BY_ID else [*self.deltas, *(slot.base for slot in self.slots if slot.base)]
        )
        return _decided(self.target.folder, contesting, rows=4 * self.target.rows)

    def bases(self, winners: pl.LazyFrame) -> Iterator[DataFile]:
        """New base data files for the slots that are due; neighbours are written as one stretch."""
        for stretch in self._stretches():
            frames = (frame for slot in stretch for frame in self._frames(slot, winners))
            for frame in _packed(frames, rows=self.target.rows):
                yield self._data_file(frame, DataFileKind.BASE)

    def rest(self, winners: pl.LazyFrame) -> Iterator[DataFile]:
        """What stays in deltas: the latest of each record there that no new base data file took in."""
        if all(slot.is_due for slot in self.slots):
            return
        for group in _groups(self.deltas, rows=self.target.rows):
            found = scan(self.target.folder, group, schema=self.schema).collect()
            latest = self._latest(found, winners if self.key != sort_order.BY_ID else self._orders())
            rest = latest.filter(~self._is_due(latest) | self._stands_elsewhere(latest)).sort("Id")
            if rest.height:
                yield self._data_file(rest, DataFileKind.DELTA)

    def _stretches(self) -> Iterator[list[_Slot]]:
        stretch: list[_Slot] = []
        for slot in self.slots:
            if slot.is_due:
                stretch.append(slot)
            elif stretch:
                yield stretch
                stretch = []
        if stretch:
            yield stretch

    def _frames(self, slot: _Slot, winners: pl.LazyFrame) -> Iterator[pl.DataFrame]:
        """The records of a slot in order, one window at a time."""
        here = [slot.base] if slot.base else []
        sampled = [
            sort_order.samples(sort_order.read(self.target.folder, each, self.key), rows=self.target.rows)
            for each in here
        ]
        near = [*here, *(each for each in self.deltas if self._may_hold(each, slot))]
        place = sort_order.place_of(self.key)
        for low, high in sort_order.windows(
            [*self.sampled, *sampled], rows=self._window_rows(), low=slot.low, high=slot.high
        ):
            about = scan(self.target.folder, near, schema=self.schema).filter(sort_order.between(self.key, low, high))
            latest = self._latest(about.collect().filter(place > low, place <= high), winners)
            yield latest.filter(~self._stands_elsewhere(latest)).sort(place)

    def _latest(self, rows: pl.DataFrame, winners: pl.LazyFrame) -> pl.DataFrame:
        won = winners.filter(pl.col("Id").is_in(rows["Id"].implode())).collect()
        if self.key == sort_order.BY_ID:
            order = rows.select("Id", *versions.ORDER)
            won = versions.winners(pl.concat([order, won]).filter(pl.col("Id").is_duplicated()))
        return versions.settled(rows, won)

    def _orders(self) -> pl.LazyFrame:
        return scan(self.target.folder, self.deltas).select("Id", *versions.ORDER)

    def _may_hold(self, data_file: DataFile, slot: _Slot) -> bool:
        return self.key != sort_order.BY_ID or (
            data_file.rows > 0 and data_file.id_max > slot.low and data_file.id_min <= slot.high
        )

    def _is_due(self, frame: pl.DataFrame) -> pl.Series:
        highs = pl.Series([slot.high for slot in self.slots], dtype=pl.String)
        due = pl.Series([slot.is_due for slot in self.slots], dtype=pl.Boolean)
        return due.gather(highs.search_sorted(frame.select(place=sort_order.place_of(self.key))["place"]))

    def _stands_elsewhere(self, frame: pl.DataFrame) -> pl.Series:
        """Which records have an older version in a base data file that stays: a delta must go on saying that it is old."""
        staying = [slot.base for slot in self.slots if slot.base and not slot.is_due]
        if self.key == sort_order.BY_ID or not staying:
            return pl.Series([False] * frame.height, dtype=pl.Boolean)
        there = scan(self.target.folder, staying).select("Id").filter(pl.col("Id").is_in(frame["Id"].implode()))
        return frame["Id"].is_in(there.collect()["Id"].implode())

    def _window_rows(self) -> int:
        parts = [*self.deltas, *(slot.base for slot in self.slots if slot.base)]
        row_bytes = sum(each.bytes for each in parts) / max(1, sum(each.rows for each in parts))
        return min(4 * self.target.rows, max(self.target.rows, round(_WINDOW_BYTES / max(row_bytes, 1))))

    def _data_file(self, frame: pl.DataFrame, kind: DataFileKind) -> DataFile:
        newest = self.deltas[-1]
        return files.write_data_file(
            frame, self.target.folder, newest.object, kind=kind, key=self.key, run=self.target.run, pull=self.target.pull,
            map_digest=newest.map_digest, keys_version=newest.keys_version,
        )  # fmt: skip


def _packed(frames: Iterable[pl.DataFrame], *, rows: int) -> Iterator[pl.DataFrame]:
    """The same rows in frames of so many; the last two, or the only one, of half as many to half as many again."""
    held: pl.DataFrame | None = None
    for frame in frames:
        held = frame if held is None else pl.concat([held, frame])
        while held.height >= 2 * rows:
            yield held.head(rows)
            held = held.slice(rows)
    if held is None or held.is_empty():
        return
    if held.height <= rows + rows // 2:
        yield held
    else:
        half = -(-held.height // 2)
        yield held.head(half)
        yield held.slice(half)


def _groups(data_files: Iterable[DataFile], *, rows: int) -> Iterator[list[DataFile]]:
    group: list[DataFile] = []
    for each in data_files:
        if group and sum(member.rows for member in group) + each.rows > rows:
            yield group
            group = []
        group.append(each)
    if group:
        yield group


@contextmanager
def _decided(folder: Path, data_files: Sequence[DataFile], *, rows: int) -> Iterator[pl.LazyFrame]:
    """The winning version (Id and order) of each record that stands in more than one place, while the block lasts.

    They are decided once, one window of Ids after another, and kept in files meanwhile: an activity may have moved from
    one prospect to another, so that its versions lie far apart in the order that compaction follows.
    """
    held: list[Path] = []
    try:
        for number, frame in enumerate(_winners(folder, data_files, rows=rows)):
            # A crash leaves it among the orphans.
            path = folder / data_files[0].object / f"contests-{number:06d}.unfinished"
            frame.write_parquet(path)
            held.append(path)
        empty = pl.LazyFrame(schema={name: versions.SCHEMA[name] for name in ("Id", *versions.ORDER)})
        yield pl.concat([empty, *(pl.scan_parquet(path) for path in held)])
    finally:
        for path in held:
            processes.remove(path)


def _winners(folder: Path, data_files: Sequence[DataFile], *, rows: int) -> Iterator[pl.DataFrame]:
    sampled = [sort_order.samples(sort_order.read(folder, each, sort_order.BY_ID), rows=rows) for each in data_files]
    for low, high in sort_order.windows(sampled, rows=rows):
        near = [each for each in data_files if each.rows and each.id_max > low and each.id_min <= high]
        there = scan(folder, near).filter(pl.col("Id") > low, pl.col("Id") <= high)
        ids = there.select("Id").collect()["Id"]
        twice = ids.filter(ids.is_duplicated())
        if len(twice):
            found = there.select("Id", *versions.ORDER).filter(pl.col("Id").is_in(twice.implode()))
            yield versions.winners(found.collect())
