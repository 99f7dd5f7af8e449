"""A saved world: a gzipped checkpoint and a journal of what changed since, so that kill -9 loses nothing.

The journal holds what each request (or other people's work) changed, not the requests: reading it back needs no rules.
Sessions, query locators and fault plans are not kept; a client logs in again.
"""

import gzip
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from engine.errors import StoreError
from sync.sandbox.schema import object_of
from sync.sandbox.worlds import App, AssignmentRule, Record, Switches, ValidationRule, World, Write

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
        fresh = self._checkpoint.with_suffix(".new")
        with fresh.open("wb") as file:
            file.write(gzip.compress(json.dumps(_whole(world), ensure_ascii=False).encode(), compresslevel=1))
            file.flush()
            os.fsync(file.fileno())
        fresh.chmod(0o600)
        fresh.replace(self._checkpoint)
        # A crash here leaves the old journal, which names the number of writes it follows and so is not read again.
        self._journal.unlink(missing_ok=True)
        return Journal(self._journal, follows=len(world.writes))

    def load(self) -> "tuple[World, Journal]":
        """The world as it was when the last answer left, and the journal to go on with."""
        try:
            world = _world(json.loads(gzip.decompress(self._checkpoint.read_bytes())))
            content = self._journal.read_bytes() if self._journal.exists() else b""
            *lines, torn = content.split(b"\n")
            entries = [json.loads(line) for line in lines]
        except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
            raise StoreError.of("SB-101", str(self._checkpoint)) from error
        if not entries or entries[0]["follows"] != len(world.writes):
            return world, self.save(world)
        world = _replayed(world, entries[1:])
        if torn or len(content) > _JOURNAL_BYTES_MAX:
            return world, self.save(world)
        return world, Journal(self._journal)


class Journal:
    """An append-only file of changes, on disk before `append` returns."""

    def __init__(self, path: Path, *, follows: int | None = None) -> None:
        self._path = path
        if follows is not None:
            self._line({"follows": follows})

    def append(self, before: World, after: World) -> None:
        """Keep what `after` changed. What reading changes (sessions, the count of calls) is not worth a line."""
        records = list(_changed(before, after))
        if not records and before.writes is after.writes and before.ahead_seconds == after.ahead_seconds:
            return
        writes = [_entry(write) for write in after.writes[len(before.writes) :]]
        self._line({"records": records, "writes": writes, **_counters(after)})

    def _line(self, entry: Mapping[str, object]) -> None:
        # Opened for each line: the journal then needs nobody to close it, and the flush to disk costs far more.
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self._path.chmod(0o600)


def _changed(before: World, after: World) -> Iterator[Record]:
    for name, table in after.tables.items():
        old = before.tables.get(name, {})
        if old is not table:
            yield from (dict(record) for key, record in table.items() if old.get(key) is not record)


def _replayed(world: World, entries: list[dict[str, Any]]) -> World:
    tables: dict[str, dict[str, Record]] = {name: dict(table) for name, table in world.tables.items()}
    writes = list(world.writes)
    counters: dict[str, Any] = {}
    for entry in entries:
        counters = {name: entry[name] for name in _counters(world)}
        writes.extend(_written(write) for write in entry["writes"])
        for record in entry["records"]:
            fact = object_of(record["Id"])
            tables[fact.name if fact else ""][record["Id"]] = record
    return replace(world, tables=tables, writes=tuple(writes), **counters)


def _counters(world: World) -> dict[str, Any]:
    return {name: getattr(world, name) for name in ("api_calls", "requests", "serial", "ahead_seconds")}


def _whole(world: World) -> dict[str, object]:
    switches = {name: sorted(v) if isinstance(v, frozenset) else v for name, v in asdict(world.switches).items()}
    return {
        "org_id": world.org_id,
        "app": asdict(world.app),
        "assignment_rule": asdict(world.assignment_rule) if world.assignment_rule else None,
        "validation_rules": [asdict(rule) for rule in world.validation_rules],
        "switches": switches,
        "schema_changed_at": world.schema_changed_at.isoformat(),
        **_counters(world),
        "tables": {name: [dict(record) for record in table.values()] for name, table in world.tables.items()},
        "writes": [_entry(write) for write in world.writes],
    }


def _world(kept: dict[str, Any]) -> World:
    rule, switches = kept.pop("assignment_rule"), kept.pop("switches")
    hidden, read_only = frozenset(switches.pop("hidden")), frozenset(switches.pop("read_only"))
    app = kept.pop("app")
    return World(
        app=App(**{**app, "audiences": tuple(app["audiences"])}),
        assignment_rule=AssignmentRule(**rule) if rule else None,
        validation_rules=tuple(ValidationRule(**given) for given in kept.pop("validation_rules")),
        switches=Switches(**switches, hidden=hidden, read_only=read_only),
        schema_changed_at=datetime.fromisoformat(kept.pop("schema_changed_at")),
        tables={name: {record["Id"]: record for record in table} for name, table in kept.pop("tables").items()},
        writes=tuple(_written(write) for write in kept.pop("writes")),
        **kept,
    )


def _entry(write: Write) -> dict[str, object]:
    return {**asdict(replace(write, before={}, after={}, headers={})), "at": write.at.isoformat(),
            "before": dict(write.before), "after": dict(write.after), "headers": dict(write.headers)}  # fmt: skip


def _written(entry: dict[str, Any]) -> Write:
    return Write(**{**entry, "at": datetime.fromisoformat(entry["at"])})
