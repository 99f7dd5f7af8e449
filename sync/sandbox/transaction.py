"""The world while one request is answered: what it touches is laid over what was there, so the world before stays as it was."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sync.sandbox.faults import next_lock, next_poison
from sync.sandbox.ids import record_id
from sync.sandbox.row_versions import Layers, Trail
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
        self.tests: dict[tuple[str, str], Callable[[Record], bool]] = {}  # of validation rules and flows
        self._own: dict[str, dict[str, Record | None]] = {}  # layers that this draft may write into

    def put(self, record: Record) -> None:
        """Add or replace a record."""
        key = str(record["Id"])
        self._layer(key)[key] = record

    def drop(self, record: Record) -> None:
        """Take a record out for good."""
        key = str(record["Id"])
        self._layer(key)[key] = None

    def mark(self) -> World:
        """The world to roll back to."""
        self._own.clear()
        return self.world

    def roll_back(self, marked: World) -> None:
        """Undo all since the mark, but for locks used up."""
        self._own.clear()
        self.world = replace(marked, faults=self.world.faults)

    def log(self, write: Write) -> None:
        self.world = replace(self.world, writes=Trail.of(self.world.writes).with_(write))

    def _layer(self, key: str) -> dict[str, Record | None]:
        fact = object_of(key)
        name = fact.name if fact else ""
        if name not in self._own:
            table = Layers.of(self.world.tables.get(name, {})).opened()
            self.world = replace(self.world, tables={**self.world.tables, name: table})
            self._own[name] = table.over
        return self._own[name]

    def new_id(self, name: str) -> str:
        self.world = replace(self.world, serial=self.world.serial + 1)
        return record_id(schema()[name].prefix, self.world.serial)

    def commit_late(self) -> None:
        """Let those transactions commit whose time has come."""
        due = [late for late in self.world.late if late.commits_at <= self.now]
        for late in due:
            for record in late.records:
                self.put(record)
            for write in late.writes:
                self.log(write)
        if due:
            self.world = replace(self.world, late=tuple(late for late in self.world.late if late not in due))

    def is_locked(self, key: str) -> bool:
        """Whether an open transaction or the fault plan locks this row now; asking uses the plan's lock up."""
        if any(record["Id"] == key for late in self.world.late for record in late.records):
            return True
        lock, left = next_lock(self.world.faults, key)
        if lock:
            self.world = replace(self.world, faults=left)
        return lock is not None

    def is_poisoned(self, keys: Collection[str]) -> bool:
        """Whether the fault plan spoils all rows that are saved together; asking uses the fault up."""
        poison, left = next_poison(self.world.faults, keys)
        if poison:
            self.world = replace(self.world, faults=left)
        return poison is not None
