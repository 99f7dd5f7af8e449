"""Are the files of the mirror as they were written? Whole for `doctor`, and at a glance for every run.

A glance looks at every file's size and times and hashes those that changed or were never hashed, and besides a share
of the others in turn, so that a bit that fell over by itself is found within days and a run costs moments.
"""

import json
import os
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from engine.errors import Problem
from sync.host import processes
from sync.mirror import files
from sync.store.data_files import DataFile

# How much is hashed anew at each glance though nothing shows that it changed.
SHARE_BYTES = 64_000_000
# What was hashed and found well, the longest ago first: path -> size and times as they were then. Lost: all is hashed.
_NOTES = "verified.json"
_Marks = list[int]


def compare(folder: Path, data_files: Iterable[DataFile]) -> Iterator[Problem]:
    """Hash every file."""
    for data_file in data_files:
        yield from _problems(folder, data_file)


def glance(folder: Path, data_files: Collection[DataFile], *, share_bytes: int = SHARE_BYTES) -> Iterator[Problem]:
    """Hash what is new or looks changed, and some of the rest."""
    known = _read(folder)
    marks = {data_file.path: _marks(folder / data_file.path) for data_file in data_files}
    doubtful = {path for path, mark in marks.items() if mark is None or known.get(path) != mark}
    by_path = {data_file.path: data_file for data_file in data_files}
    left = share_bytes
    for path in known:
        if path in by_path and path not in doubtful and by_path[path].bytes <= left:
            doubtful.add(path)
            left -= by_path[path].bytes
    well = {path: mark for path, mark in known.items() if path in by_path and path not in doubtful}
    for path in sorted(doubtful):
        problems = list(_problems(folder, by_path[path]))
        yield from problems
        mark = marks[path]
        if mark is not None and not problems:
            well[path] = mark
    if list(well.items()) != list(known.items()):
        _write(folder, well)


def _problems(folder: Path, data_file: DataFile) -> Iterator[Problem]:
    try:
        found = files.sha256(folder / data_file.path)
    except OSError as error:
        yield Problem("SR-109", data_file.path, {"reason": error.strerror})  # a file of the mirror is missing or…
        return
    if found != data_file.sha256:
        yield Problem("SR-110", data_file.path, {"found": found, "known": data_file.sha256})  # a file of the mirror…


def _marks(path: Path) -> _Marks | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]


def _read(folder: Path) -> dict[str, _Marks]:
    try:
        notes: dict[str, _Marks] = json.loads((folder / _NOTES).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return notes


def _write(folder: Path, well: dict[str, _Marks]) -> None:
    # Only a saving: whoever may read the mirror and not write to it hashes all of it each time.
    with suppress(OSError):
        unfinished = folder / f"{_NOTES}.{os.getpid()}"
        with processes.open_private(unfinished) as file:
            file.write(json.dumps(well).encode())
        unfinished.replace(folder / _NOTES)
