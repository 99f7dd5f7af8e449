"""Data files on disk: Parquet files written whole or not at all, readable by their owner only."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from sync.host import processes
from sync.mirror import sort_order
from sync.store.data_files import DataFile
from sync.store.vocabulary import DataFileKind

# Small enough that a reader who wants a few records skips most of a sorted file.
_GROUP_ROWS = 32_768


def write_data_file(
    frame: pl.DataFrame,
    folder: Path,
    object_name: str,
    *,
    kind: DataFileKind,
    run: str,
    pull: int,
    key: Sequence[str] = (),
    map_digest: str = "",
    keys_version: str = "",
) -> DataFile:
    """Write the frame, which a base data file has sorted by its key already."""
    # The kind is part of the name: the same rows may be a delta first and a base later.
    prefix = f"{pull:08d}" if not key else f"{pull:08d}-{kind}"
    path = write(frame, folder / object_name, prefix)
    is_base = kind is DataFileKind.BASE
    ends = frame.select(place=sort_order.place_of(key))["place"] if is_base else pl.Series([""])
    return DataFile(
        path=path.relative_to(folder).as_posix(),
        object=object_name,
        pull=pull,
        run_id=run,
        sha256=sha256(path),
        rows=frame.height,
        bytes=path.stat().st_size,
        id_min=str(frame["Id"].min() or ""),
        id_max=str(frame["Id"].max() or ""),
        map_digest=map_digest,
        keys_version=keys_version,
        kind=kind,
        key=",".join(key) if is_base else "",
        key_min=ends[0],
        key_max=ends[-1],
    )


def write(frame: pl.DataFrame, folder: Path, prefix: str) -> Path:
    """Write and fsync the file and its folder; the name holds the digest of the bytes, so one name is one content."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = folder / f"{prefix}.unfinished"
    with processes.open_private(unfinished) as file:
        frame.write_parquet(file, row_group_size=_GROUP_ROWS)
        file.flush()
        os.fsync(file.fileno())
    finished = folder / f"{prefix}-{sha256(unfinished)[:16]}.parquet"
    unfinished.replace(finished)
    for parent in (folder, folder.parent):
        processes.keep_names(parent)
    return finished


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
