"""The world while one request is answered: tables are copied when first touched, so the world before stays as it was."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import cast

from sync.sandbox.faults import next_lock
from sync.sandbox.ids import record_id
from sync.sandbox.schema import object_of, schema
from sync.sandbox.worlds import Record, World, Write


@dataclass(frozen=True, slots=True)
class Author:
    """Who writes, and how.

    `assigns`: assignment rules run. `is_trusted`: may set what the API may not, as the connector and the org itself do.
    """

    user_id: str
    headers: Mapping[str, str] = field(default_factory=dict)
    request: int = 0
    assigns: bool = False
    is_trusted: bool = False


class Draft:
    """A world being changed. `now` is the org's time. Forget the draft and nothing has happened."""

    def __init__(self, world: World, now: datetime) -> None:
        self.world = world
        self.now = now
        self._own: set[str] = set()  # tables that this draft has copied

    def put(self, record: Record) -> None:
        """Add or replace a record."""
        key = str(record["Id"])
        fact = object_of(key)
        name = fact.name if fact else ""
        if name not in self._own:
            copied = dict(self.world.tables.get(name, {}))
            self.world = replace(self.world, tables={**self.world.tables, name: copied})
            self._own.add(name)
        cast("dict[str, Record]", self.world.tables[name])[key] = record

    def drop(self, record: Record) -> None:
        """Remove a record that is there."""
        self.put(record)
        fact = object_of(str(record["Id"]))
        del cast("dict[str, Record]", self.world.tables[fact.name if fact else ""])[str(record["Id"])]

    def mark(self) -> World:
        """The world to roll back to."""
        self._own.clear()
        return self.world

    def roll_back(self, marked: World) -> None:
        """Undo all since the mark, but for locks used up."""
        self._own.clear()
        self.world = replace(marked, faults=self.world.faults)

    def log(self, write: Write) -> None:
        # A list for the length of the draft would save copies; logs of a test org are short.
        self.world = replace(self.world, writes=(*self.world.writes, write))

    def new_id(self, name: str) -> str:
        self.world = replace(self.world, serial=self.world.serial + 1)
        return record_id(schema()[name].prefix, self.world.serial)

    def is_locked(self, key: str) -> bool:
        """Whether the fault plan locks this row now; asking uses the lock up."""
        lock, left = next_lock(self.world.faults, key)
        if lock:
            self.world = replace(self.world, faults=left)
        return lock is not None
