"""Contests: which version of a record is the latest when it stands in several places of an object that is compacted.

They are decided once, one window of Ids after another, and kept in files meanwhile: an activity may have moved from
one prospect to another, so that its versions lie far apart in the order that compaction follows.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from sync.host import processes
from sync.mirror import sort_order, versions
from sync.mirror.versions import scan
from sync.store.data_files import DataFile


@contextmanager
def decided(folder: Path, data_files: Sequence[DataFile], *, rows: int) -> Iterator[pl.LazyFrame]:
    """The winning version (Id and order) of each record that stands in more than one place, while the block lasts."""
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
