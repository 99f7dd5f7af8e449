"""Parquet files on disk: written whole or not at all, readable by their owner only."""

import hashlib
import os
from pathlib import Path

import polars as pl


def write(frame: pl.DataFrame, folder: Path, prefix: str) -> Path:
    """Write and fsync the file and its folder; the name holds the digest of the bytes, so one name is one content."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = folder / f"{prefix}.unfinished"
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        frame.write_parquet(file)
        file.flush()
        os.fsync(file.fileno())
    finished = folder / f"{prefix}-{sha256(unfinished)[:16]}.parquet"
    unfinished.replace(finished)
    for parent in (folder, folder.parent):
        _fsync_folder(parent)
    return finished


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fsync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
