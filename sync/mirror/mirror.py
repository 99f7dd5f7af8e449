"""The mirror: what was pulled, version by version, and the latest of each record as of any pull.

A file counts from the moment the store lists it. Write it first, then list it together with the watermark
(`sync.store.segments.add_pull`): a pull happened or it did not, and what a crash leaves behind is discarded.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from engine.errors import Problem, StoreError
from sync.mirror import files, versions
from sync.store import runs, segments
from sync.store.database import Store
from sync.store.segments import Segment

RANGE_ROWS = 250_000


@dataclass(frozen=True, slots=True)
class Mirror:
    """`folder` holds one folder per object; readers need no lease, writers hold the pull's."""

    folder: Path
    store: Store

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
    ) -> Segment | None:
        """Put the rows that are news on disk; None when there are none. The caller lists the segment.

        `raw` has Id and the mapped columns under their API names, typed; `_read_at` row by row, or `read_at` for all.
        `pull` is the sequence of the run (`runs.sequence_of`). The first frame of an object, or one with new columns,
        is written even when it is empty, so that readers know the columns.
        """
        known = self.latest(object_name)
        frame = versions.stamped(raw, pull=pull, read_at=read_at)
        known_columns = set(known.collect_schema().names())
        adds_columns = not known_columns.issuperset(frame.columns) or not self._listed(object_name)
        frame = versions.news(frame, known)
        if frame.is_empty() and not adds_columns:
            return None
        path = files.write(frame, self.folder / object_name, f"{pull:08d}")
        ids = frame["Id"]
        return Segment(
            path=path.relative_to(self.folder).as_posix(),
            object=object_name,
            pull=pull,
            run_id=run,
            sha256=files.sha256(path),
            rows=frame.height,
            bytes=path.stat().st_size,
            id_min="" if frame.is_empty() else ids[0],
            id_max="" if frame.is_empty() else ids[-1],
            map_digest=map_digest,
            keys_version=keys_version,
        )

    def latest(self, object_name: str, *, as_of: str | None = None) -> pl.LazyFrame:
        """The latest version of each record, tombstones (`IsDeleted`) included, ordered by Id.

        `as_of` is the id of a run: what was known after its pull. An object never pulled has no rows and only the
        mirror's own columns.
        """
        return versions.latest(self._versions(self._listed(object_name, as_of)))

    def ranges(self, object_name: str, *, as_of: str | None = None, rows: int = RANGE_ROWS) -> Iterator[pl.DataFrame]:
        """The same as `latest`, at most so many records at a time, so that memory is bounded by one range."""
        listed = self._listed(object_name, as_of)
        ids = self._versions(listed).select(pl.col("Id").unique().sort()).collect()["Id"]
        for start in range(0, len(ids), rows):
            first, last = ids[start], ids[min(start + rows, len(ids)) - 1]
            touching = [segment for segment in listed if segment.id_min <= last and segment.id_max >= first]
            in_range = self._versions(touching).filter(pl.col("Id").is_between(pl.lit(first), pl.lit(last)))
            yield versions.latest(in_range).collect()

    def tombstones(self, object_name: str, seen: Iterable[str]) -> pl.DataFrame:
        """The latest versions of records that are not among `seen` and not deleted yet, marked deleted.

        For objects that are read whole each time, and for the sweep that finds hard deletes: write them like any rows.
        """
        gone = self.latest(object_name).filter(
            ~pl.col("IsDeleted") & ~pl.col("Id").is_in(pl.Series(list(seen), dtype=pl.String).implode())
        )
        return gone.with_columns(pl.lit(True).alias("IsDeleted")).drop("_content", "_pull", "_read_at").collect()

    def discard_orphans(self) -> int:
        """Remove files that no listed segment names (a crash between file and transaction); how many. Needs the lease."""
        with self.store.read() as tx:
            listed = {self.folder / segment.path for segment in segments.listed(tx)}
        orphans = [path for path in self.folder.glob("*/*") if path.is_file() and path not in listed]
        for orphan in orphans:
            orphan.unlink()
        return len(orphans)

    def verify(self) -> tuple[Problem, ...]:
        """Compare every file with its digest in the store."""
        with self.store.read() as tx:
            listed = segments.listed(tx)
        return tuple(problem for segment in listed for problem in self._problems(segment))

    def _problems(self, segment: Segment) -> Iterator[Problem]:
        try:
            found = files.sha256(self.folder / segment.path)
        except OSError as error:
            yield Problem("SR-109", segment.path, {"reason": error.strerror})
            return
        if found != segment.sha256:
            yield Problem("SR-110", segment.path, {"found": found, "known": segment.sha256})

    def _listed(self, object_name: str, as_of: str | None = None) -> tuple[Segment, ...]:
        with self.store.read() as tx:
            pull = None if as_of is None else runs.sequence_of(as_of)
            return segments.listed(tx, object_name, as_of=pull)

    def _versions(self, listed: Iterable[Segment]) -> pl.LazyFrame:
        paths = [self.folder / segment.path for segment in listed]
        if missing := [path for path in paths if not path.exists()]:
            problems = (Problem("SR-109", str(path), {"reason": "not found"}) for path in missing)
            raise StoreError(*problems)
        if not paths:
            return pl.LazyFrame(schema=versions.SCHEMA)
        return pl.concat([pl.scan_parquet(path) for path in paths], how="diagonal_relaxed")
