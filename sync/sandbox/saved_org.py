"""A saved world: its database in a file, and in it what else must outlive the process, so that kill -9 loses nothing.

Sessions, query locators and fault plans are not kept; a client logs in again. What query jobs found is asked for anew.
"""

import sqlite3
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

from engine.errors import StoreError
from sync.sandbox.database import Database
from sync.sandbox.worlds import Job, World

# What every request changes is worth no write to disk by itself.
_COUNTERS = ("api_calls", "requests", "serial")
_KEPT = ("org_id", "app", "assigned_to", "validation_rules", "duplicate_rules", "flows", "switches", "late",
         "ahead_seconds", "schema_changed_at", *_COUNTERS)  # fmt: skip
_JOB = "job "  # before the id of one


class SavedWorld:
    """The file of one world in a folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "world.sqlite"

    @property
    def exists(self) -> bool:
        return self._path.exists()

    def save(self, world: World) -> World:
        """Write a world to its file; the same world, which is kept there from now on."""
        if world.db.path != self._path:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._path.touch(mode=0o600)
            world = replace(world, db=world.db.copy_to(Database(self._path)), results={})
        with world.db.savepoint():
            keep(world)
        return world

    def load(self) -> World:
        """The world as it was when the last answer left. SB-101 when it cannot be read."""
        try:
            db = Database(self._path)
            found = {str(name): str(value) for name, value in db.run("SELECT name, value FROM state ORDER BY rowid")}
            given: dict[str, Any] = {name: _adapter(name).validate_json(found[name]) for name in _KEPT}
            texts = [value for name, value in found.items() if name.startswith(_JOB)]
            jobs: list[Job] = [_adapter(_JOB).validate_json(text) for text in texts]
        except (OSError, sqlite3.Error, ValidationError, KeyError) as error:
            raise StoreError.of("SB-101", str(self._path)) from error  # the sandbox org's saved world cannot be read
        world = World(**given, jobs={job.id: job for job in jobs}, db=db)
        db.saved = _state(world)
        return world


def keep(world: World) -> None:
    """Put into a world's file what is not there yet: nothing when only reading has changed it."""
    db = world.db
    if db.path is None:
        return
    now = _state(world)
    fresh = {name: value for name, value in now.items() if name not in db.saved or db.saved[name] != value}
    gone = [name for name in db.saved if name not in now]
    if not gone and db.sqlite.total_changes == db.changes_saved and not fresh.keys() - {*_COUNTERS}:
        return
    rows = [(name, _adapter(name).dump_json(value).decode()) for name, value in fresh.items()]
    db.run_many("INSERT INTO state VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", rows)
    for name in gone:
        db.run("DELETE FROM state WHERE name = ?", name)
        db.run("DELETE FROM bulk_row WHERE job_id = ?", name.removeprefix(_JOB))
    db.saved, db.changes_saved = now, db.sqlite.total_changes


def _state(world: World) -> dict[str, object]:
    return {name: getattr(world, name) for name in _KEPT} | {_JOB + key: job for key, job in world.jobs.items()}


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    """To JSON and back, as the types of the world's fields say."""
    return TypeAdapter(Job if name.startswith(_JOB) else get_type_hints(World)[name])
