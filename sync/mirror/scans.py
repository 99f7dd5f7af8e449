"""Scans: several data files as one lazy frame, whichever columns each of them has."""

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from engine.errors import Problem, StoreError
from sync.mirror import versions
from sync.store.data_files import DataFile


def scan(folder: Path, data_files: Iterable[DataFile], *, schema: pl.Schema | None = None) -> pl.LazyFrame:
    """All versions in these data files; StoreError when a file is missing. `schema` adds columns that none of them has."""
    paths = [folder / data_file.path for data_file in data_files]
    if missing := [path for path in paths if not path.exists()]:
        raise StoreError(*(Problem("SR-109", str(path), {"reason": "not found"}) for path in missing))
    parts = [pl.scan_parquet(path) for path in paths]
    if schema is not None or not parts:
        parts = [pl.LazyFrame(schema=schema or versions.SCHEMA), *parts]
    return pl.concat(parts, how="diagonal_relaxed")
