"""A saved world: a gzipped checkpoint and a journal of what changed since, so that kill -9 loses nothing.

The journal holds what each request (or other people's work) changed, not the requests: reading it back needs no rules.
Bulk jobs are kept with what they were given. Sessions, query locators and fault plans are not kept; a client logs in again.
"""

import gzip
import io
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

from engine.errors import StoreError
from sync.sandbox.csv_lines import (
    counters,
    entry_of,
    entry_of_job,
    entry_of_late,
    job_of,
    late_of,
    lines_of,
    with_rows,
    world_of,
    write_of,
)
from sync.sandbox.row_versions import Layers, Trail, changed
from sync.sandbox.schema import object_of
from sync.sandbox.worlds import Record, World

_LINE_RECORDS_MAX = 1_000
_JOURNAL_BYTES_MAX = 16_000_000  # a longer one is folded into the checkpoint when the world is loaded


class SavedWorld:
    """The files of one world in a folder."""

    def __init__(self, folder: Path) -> None:
        self._checkpoint = folder / "world.json.gz"
        self._journal = folder / "journal.jsonl"

    @property
    def exists(self) -> bool:
        return self._checkpoint.exists()

    def save(self, world: World) -> "Journal":
        """Write a checkpoint, and give an empty journal to go on with."""
        self._checkpoint.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        number = self._number() + 1 if self.exists else 1
        fresh = self._checkpoint.with_suffix(".new")
        with fresh.open("wb") as file:
            with (
                gzip.GzipFile(fileobj=file, mode="wb", compresslevel=1, mtime=0) as packed,
                io.TextIOWrapper(packed, encoding="utf-8", newline="\n") as text,
            ):
                text.write(f"{number}\n")
                text.writelines(f"{line}\n" for line in lines_of(world))
            file.flush()
            os.fsync(file.fileno())
        fresh.chmod(0o600)
        fresh.replace(self._checkpoint)
        # A crash here leaves the old journal, which names the checkpoint it follows and so is not read again.
        self._journal.unlink(missing_ok=True)
        return Journal(self._journal, follows=number)

    def load(self) -> "tuple[World, Journal]":
        """The world as it was when the last answer left, and the journal to go on with."""
        try:
            with self._opened() as checkpoint:
                number = int(next(checkpoint))
                world = world_of(checkpoint)
            world, read = self._replayed(world, number)
        except (OSError, EOFError, StopIteration, ValueError, KeyError, TypeError) as error:
            raise StoreError.of("SB-101", str(self._checkpoint)) from error
        world = with_rows(world)
        if not read.is_whole or read.bytes > _JOURNAL_BYTES_MAX:
            return world, self.save(world)
        return world, Journal(self._journal)

    def _replayed(self, world: World, number: int) -> "tuple[World, _Read]":
        """The world after its journal; what a crash tore off at the end never happened."""
        if not self._journal.exists():
            return world, _Read(is_whole=False)
        growing, size, waiting = _Growing(world), 0, list[dict[str, Any]]()
        with self._journal.open("rb") as journal:
            first = next(journal, b"{}")
            if not first.endswith(b"\n") or json.loads(first)["follows"] != number:
                return world, _Read(is_whole=False)
            for line in journal:
                if not line.endswith(b"\n"):
                    return growing.world(), _Read(is_whole=False)
                size += len(line)
                waiting.append(json.loads(line))
                if "more" not in waiting[-1]:
                    growing.add(waiting)
                    waiting.clear()
        return growing.world(), _Read(is_whole=not waiting, bytes=size)

    def _opened(self) -> io.TextIOWrapper:
        return io.TextIOWrapper(gzip.GzipFile(self._checkpoint), encoding="utf-8", newline="\n")

    def _number(self) -> int:
        """Which checkpoint this is; 0 when it cannot be read."""
        try:
            with self._opened() as checkpoint:
                return int(next(checkpoint))
        except (OSError, EOFError, StopIteration, ValueError):
            return 0


class Journal:
    """An append-only file of changes, on disk before `append` returns."""

    def __init__(self, path: Path, *, follows: int | None = None) -> None:
        self._path = path
        if follows is not None:
            self._write([{"follows": follows}])

    def append(self, before: World, after: World) -> None:
        """Keep what `after` changed."""
        entries = _entries(before, after)
        if first := next(entries, None):
            self._write(chain([first], entries))

    def _write(self, entries: Iterable[Mapping[str, object]]) -> None:
        # Opened for each time: the journal then needs nobody to close it, and the flush to disk costs far more.
        with self._path.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries)
            file.flush()
            os.fsync(file.fileno())
        self._path.chmod(0o600)


def _entries(before: World, after: World) -> Iterator[dict[str, object]]:
    """What `after` changed, in lines that count together: all but the last say that there are more.

    Nothing when it is not worth a line, as what reading changes (sessions, the count of calls).
    """
    records = list(_changed(before, after))
    writes = after.writes[len(before.writes) :]
    jobs = [
        entry_of_job(job, before.jobs.get(key)) for key, job in after.jobs.items() if before.jobs.get(key) is not job
    ]
    gone = [key for key in before.jobs if key not in after.jobs]
    last: dict[str, object] = {"jobs": jobs, "gone": gone, **counters(after)}
    if before.late is not after.late:
        last["late"] = [entry_of_late(late) for late in after.late]
    if not (records or writes or jobs or gone or "late" in last) and before.ahead_seconds == after.ahead_seconds:
        return
    for start in range(0, max(len(records), len(writes), 1), _LINE_RECORDS_MAX):
        stop = start + _LINE_RECORDS_MAX
        line = {"records": [_kept(*pair) for pair in records[start:stop]],
                "writes": [entry_of(write) for write in writes[start:stop]]}  # fmt: skip
        yield line | (last if stop >= max(len(records), len(writes)) else {"more": True})


def _changed(before: World, after: World) -> Iterator[tuple[str, Record | None]]:
    for name, table in after.tables.items():
        old = before.tables.get(name, {})
        if old is not table:
            yield from changed(old, table)


def _kept(key: str, record: Record | None) -> Mapping[str, object]:
    """A record as it is; of what is gone for good, the id alone."""
    return {"Id": key} if record is None else dict(record)


@dataclass(frozen=True, slots=True)
class _Read:
    """Whether a journal was read to its end, and how much there was of it."""

    is_whole: bool
    bytes: int = 0


class _Growing:
    """A world to which a journal's entries are added."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._tables: dict[str, dict[str, Record]] = {}
        self._writes = list(world.writes)

    def add(self, entries: Sequence[dict[str, Any]]) -> None:
        for entry in entries:
            self._writes.extend(write_of(write) for write in entry["writes"])
            for record in entry["records"]:
                self._put(record)
        last, jobs = entries[-1], dict(self._world.jobs)
        jobs |= {job["id"]: job_of(job, jobs.get(job["id"])) for job in last["jobs"]}
        for key in last["gone"]:
            jobs.pop(key, None)
        late = tuple(map(late_of, last["late"])) if "late" in last else self._world.late
        self._world = replace(self._world, jobs=jobs, late=late, **{name: last[name] for name in counters(self._world)})

    def world(self) -> World:
        tables = {name: Layers(table, {}) for name, table in self._tables.items()}
        return replace(self._world, tables={**self._world.tables, **tables}, writes=Trail.of(self._writes))

    def _put(self, record: dict[str, Any]) -> None:
        fact = object_of(record["Id"])
        name = fact.name if fact else ""
        if name not in self._tables:
            self._tables[name] = dict(self._world.tables[name])
        if len(record) > 1:
            self._tables[name][record["Id"]] = record
        else:
            self._tables[name].pop(record["Id"], None)
