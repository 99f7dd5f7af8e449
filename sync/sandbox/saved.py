"""A saved world: a gzipped checkpoint and a journal of what changed since, so that kill -9 loses nothing.

The journal holds what each request (or other people's work) changed, not the requests: reading it back needs no rules.
Bulk jobs are kept with what they were given. Sessions, query locators and fault plans are not kept; a client logs in again.
"""

import gzip
import io
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.errors import StoreError
from sync.sandbox.layers import Layers, Trail, changed
from sync.sandbox.lines import (
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
from sync.sandbox.schema import object_of
from sync.sandbox.worlds import Record, World

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
            content = self._journal.read_bytes() if self._journal.exists() else b""
            *lines, torn = content.split(b"\n")
            entries = [json.loads(line) for line in lines]
        except (OSError, EOFError, StopIteration, ValueError, KeyError, TypeError) as error:
            raise StoreError.of("SB-101", str(self._checkpoint)) from error
        if not entries or entries[0]["follows"] != number:
            world = with_rows(world)
            return world, self.save(world)
        world = with_rows(_replayed(world, entries[1:]))
        if torn or len(content) > _JOURNAL_BYTES_MAX:
            return world, self.save(world)
        return world, Journal(self._journal)

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
            self._line({"follows": follows})

    def append(self, before: World, after: World) -> None:
        """Keep what `after` changed."""
        if entry := _entry(before, after):
            self._line(entry)

    def _line(self, entry: Mapping[str, object]) -> None:
        # Opened for each line: the journal then needs nobody to close it, and the flush to disk costs far more.
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self._path.chmod(0o600)


def _entry(before: World, after: World) -> dict[str, object] | None:
    """What `after` changed; None when it is not worth a line, as what reading changes (sessions, the count of calls)."""
    records = list(_changed(before, after))
    writes = [entry_of(write) for write in after.writes[len(before.writes) :]]
    jobs = [
        entry_of_job(job, before.jobs.get(key)) for key, job in after.jobs.items() if before.jobs.get(key) is not job
    ]
    gone = [key for key in before.jobs if key not in after.jobs]
    entry: dict[str, object] = {"records": records, "writes": writes, "jobs": jobs, "gone": gone}
    if before.late is not after.late:
        entry["late"] = [entry_of_late(late) for late in after.late]
    if not (records or writes or jobs or gone or "late" in entry) and before.ahead_seconds == after.ahead_seconds:
        return None
    return entry | counters(after)


def _changed(before: World, after: World) -> Iterator[Record]:
    for name, table in after.tables.items():
        old = before.tables.get(name, {})
        if old is not table:
            # What is gone for good is kept as an id alone.
            yield from (dict(record) if record else {"Id": key} for key, record in changed(old, table))


def _replayed(world: World, entries: list[dict[str, Any]]) -> World:
    if not entries:
        return world
    tables = {name: dict(table) for name, table in world.tables.items()}
    writes, jobs, late = list(world.writes), dict(world.jobs), world.late
    for entry in entries:
        writes.extend(write_of(write) for write in entry["writes"])
        jobs |= {job["id"]: job_of(job, jobs.get(job["id"])) for job in entry["jobs"]}
        for key in entry["gone"]:
            jobs.pop(key, None)
        late = tuple(map(late_of, entry["late"])) if "late" in entry else late
        for record in entry["records"]:
            fact = object_of(record["Id"])
            table = tables[fact.name if fact else ""]
            if len(record) > 1:
                table[record["Id"]] = record
            else:
                table.pop(record["Id"], None)
    last = {name: entries[-1][name] for name in counters(world)}
    laid = {name: Layers(table, {}) for name, table in tables.items()}
    return replace(world, tables=laid, writes=Trail.of(writes), jobs=jobs, late=late, **last)
