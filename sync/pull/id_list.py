"""A list of an object's ids, on disk while it is compared with the mirror: a part at a time, never whole in memory."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from sync.mirror import versions

# Records of one part: their ids and stamps, of both sides, are in memory together.
PART_RECORDS = 1_000_000
# A folder of the mirror's, so that what a crash leaves is removed like any other orphan.
_FOLDER = "listing"
_COLUMNS = ("Id", "SystemModstamp", "IsDeleted")


@dataclass(frozen=True, slots=True)
class Differing:
    """Ids of one part where the mirror is not like the org, and how many living records the mirror has in it.

    `missing`: alive there, not here. `stale`: alive on both sides with another stamp. `deleted` there and alive here.
    `unlisted`: alive here, and the org knows nothing of it.
    """

    known: int
    missing: list[str]
    stale: list[str]
    deleted: list[str]
    unlisted: list[str]


class IdList:
    """Frames of Id, SystemModstamp and IsDeleted, as the org brings them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: list[Path] = []
        self.rows = 0

    @classmethod
    def of(cls, folder: Path, files: Sequence[tuple[str, int]]) -> "IdList":
        """What lies there already, path and rows each."""
        made = cls(folder)
        made._files = [folder / path for path, _ in files]
        made.rows = sum(rows for _, rows in files)
        return made

    def put(self, frame: pl.DataFrame) -> None:
        path = self._folder / f"{len(self._files):06d}.parquet"
        frame.write_parquet(path)
        self._files.append(path)
        self.rows += frame.height

    def compare(
        self, stamps: pl.LazyFrame, *, until: datetime | None = None, records: int = PART_RECORDS
    ) -> Iterator[Differing]:
        """With what the mirror says of every version (`Mirror.stamps`). What moved after `until` differs in nothing: the
        mirror was read before, and the next pull sees it.
        """
        scans = [pl.scan_parquet(path).select(_COLUMNS) for path in self._files]
        listed = pl.concat(scans) if scans else None
        total = max(self.rows, stamps.select(pl.len()).collect().item())
        parts = -(-total // records) or 1
        for part in range(parts):
            here = versions.latest(_part(stamps, part, parts)).collect()
            there = _part(listed, part, parts).collect().unique("Id") if listed is not None else here.clear()
            yield _differing(here.filter(~pl.col("IsDeleted")), there, until)


@contextmanager
def id_list(folder: Path) -> Iterator[IdList]:
    """An empty list, on disk below that folder until the end."""
    own = folder / _FOLDER
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir(mode=0o700, parents=True)
    try:
        yield IdList(own)
    finally:
        shutil.rmtree(own, ignore_errors=True)


def _part(frame: pl.LazyFrame, part: int, parts: int) -> pl.LazyFrame:
    return frame if parts == 1 else frame.filter(pl.col("Id").hash(seed=0) % parts == part)


def _differing(here: pl.DataFrame, there: pl.DataFrame, until: datetime | None) -> Differing:
    """`here` are living records only."""
    ours = here.select("Id", pl.col("SystemModstamp").alias("stamp"), pl.lit(value=True).alias("is_here"))
    both = ours.join(there, on="Id", how="full", coalesce=True)
    is_here, is_there = pl.col("is_here").is_not_null(), pl.col("IsDeleted").is_not_null()
    lives_there = is_there & ~pl.col("IsDeleted")
    is_settled = pl.lit(value=True) if until is None else (pl.col("SystemModstamp") <= until).fill_null(value=True)

    def ids(condition: pl.Expr) -> list[str]:
        return both.filter(condition)["Id"].sort().to_list()

    return Differing(
        known=here.height,
        missing=ids(is_settled & lives_there & ~is_here),
        stale=ids(is_settled & lives_there & is_here & (pl.col("stamp") != pl.col("SystemModstamp"))),
        deleted=ids(is_settled & is_here & is_there & ~lives_there),
        unlisted=ids(is_here & ~is_there),
    )
