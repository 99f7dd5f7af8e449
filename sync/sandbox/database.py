"""The org's rows in one SQLite database, in memory or in a file: what is undone, lost in a crash or indexed is its affair.

Each object is a table, each field a column of no type of its own; rows keep the order in which they were made.
"""

import sqlite3
from collections.abc import Callable, ItemsView, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import RLock
from typing import Any, TypeAlias

from pydantic import TypeAdapter

from sync.sandbox.schema import ObjectFact, schema

Value: TypeAlias = str | int | float | bool | None
# API name -> value; a field that is not there is null. Datetimes are text as REST writes them, so they compare as text.
Record: TypeAlias = Mapping[str, Value]
_TABLES = """
CREATE TABLE IF NOT EXISTS state (name PRIMARY KEY, value);
CREATE TABLE IF NOT EXISTS write (kind, record_id, entry);
CREATE TABLE IF NOT EXISTS bulk_row (job_id, n, cells, record_id, error, PRIMARY KEY (job_id, n));
"""


@dataclass(frozen=True, slots=True)
class Write:
    """One accepted write in the org's own log. `before` and `after` hold the fields that were sent or set by a rule."""

    at: datetime
    kind: str  # create, update, delete, undelete, hard delete, flow
    user_id: str
    object: str
    record_id: str
    before: Record
    after: Record
    headers: Mapping[str, str] = field(default_factory=dict)  # as they counted for this write, lower case
    request: int = 0  # World.requests at the time; 0 for other people's work


class Database:
    """`lock` keeps whoever reads from seeing half of a request; `saved` is what of the world's state is in the file."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.lock = RLock()
        self.saved: dict[str, object] = {}
        self.changes_saved = -1
        name = path or ":memory:"
        self.sqlite = sqlite3.connect(name, isolation_level=None, check_same_thread=False, factory=_Connection)
        self.sqlite.create_function("fold", 1, fold, deterministic=True)
        self.tables: dict[str, Table] = {name: Table(self, fact) for name, fact in schema().items()}
        self.open()

    def open(self) -> None:
        """Make the tables that are not there. A file is written so that what is committed survives whatever comes."""
        if self.path:
            self.sqlite.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")
            self.path.chmod(0o600)
        with self.savepoint():
            for statement in _TABLES.strip().split("\n"):
                self.run(statement)
            for table in self.tables.values():
                table.make()

    def run(self, sql: str, *given: Value) -> list[tuple[Value, ...]]:
        with self.lock:
            return self.sqlite.execute(sql, given).fetchall()

    def run_many(self, sql: str, rows: Iterable[Iterable[Value]]) -> None:
        with self.lock:
            self.sqlite.executemany(sql, rows)  # type: ignore[arg-type]  # typeshed wants sequences

    @contextmanager
    def savepoint(self) -> Iterator[Callable[[], object]]:
        """What is done within, or nothing of it when that raises; calling what it gives undoes all so far."""
        with self.lock:
            self.run("SAVEPOINT one")
            try:
                yield lambda: self.run("ROLLBACK TO one")
            except BaseException:
                self.run("ROLLBACK TO one")
                raise
            finally:
                self.run("RELEASE one")

    def copy_to(self, other: "Database") -> "Database":
        """All of it in another database, at once or not at all."""
        with self.lock:
            self.sqlite.backup(other.sqlite)
        other.open()
        return other

    def log(self, write: Write) -> None:
        self.run("INSERT INTO write VALUES (?, ?, ?)", write.kind, write.record_id, _WRITE.dump_json(write).decode())

    def writes(self, *, after: int = 0) -> tuple[Write, ...]:
        """The log, behind its first `after` entries."""
        rows = self.run("SELECT entry FROM write ORDER BY rowid LIMIT -1 OFFSET ?", after)
        return tuple(_WRITE.validate_json(str(entry)) for (entry,) in rows)


_WRITE = TypeAdapter(Write)


class KeptRows(Sequence[tuple[Value, ...]]):
    """What a query finds now, kept on disk as long as the process lives: there may be a million rows."""

    def __init__(self, db: Database, name: str, sql: str, given: Sequence[Value]) -> None:
        self._db, self._name = db, f'temp."{name}"'
        db.run(f"CREATE TABLE {self._name} AS {sql}", *given)
        self._length = int(str(db.run(f"SELECT COUNT(*) FROM {self._name}")[0][0]))  # noqa: S608  # a job's id

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, place: Any) -> Any:  # a slice; the parent's overloads would say no more
        start, stop, _ = place.indices(self._length)
        return self._db.run(f"SELECT * FROM {self._name} LIMIT ? OFFSET ?", stop - start, start)  # noqa: S608


class Table(Mapping[str, Record]):
    """The rows of an object by their 18-character ids, in the order of creation."""

    def __init__(self, db: Database, fact: ObjectFact) -> None:
        self._db = db
        self.name = f'"{fact.name}"'
        self._names = [each.name for each in fact.fields.values() if not each.calculated]
        self._booleans = [name for name in self._names if fact.fields[name].type == "boolean"]
        columns = ", ".join(f'"{name}"' for name in self._names)
        fresh = ", ".join(f'"{name}" = excluded."{name}"' for name in self._names[1:])
        self._select = f"SELECT {columns} FROM {self.name}"  # noqa: S608  # names are the schema's
        self._insert = (
            f"INSERT INTO {self.name} ({columns}) VALUES ({', '.join('?' * len(self._names))}) "  # noqa: S608
            f'ON CONFLICT ("Id") DO UPDATE SET {fresh}'
        )

    def make(self) -> None:
        """Also the columns that a newer schema has and an older file has not."""
        run = self._db.run
        others = ", ".join(f'"{name}"' for name in self._names[1:])
        run(f'CREATE TABLE IF NOT EXISTS {self.name} ("Id" TEXT PRIMARY KEY, {others})')
        known = {row[1] for row in run(f"PRAGMA table_info({self.name})")} if self._db.path else {*self._names}
        for name in self._names:
            if name not in known:
                run(f'ALTER TABLE {self.name} ADD COLUMN "{name}"')
        if "SystemModstamp" in self._names:
            run(f'CREATE INDEX IF NOT EXISTS "at {self.name[1:]} ON {self.name} ("SystemModstamp")')

    def put(self, *records: Record) -> None:
        """Add or replace; who is there keeps the place."""
        self._db.run_many(self._insert, ([record.get(name) for name in self._names] for record in records))

    def drop(self, key: str) -> None:
        self._db.run(f'DELETE FROM {self.name} WHERE "Id" = ?', key)  # noqa: S608

    def rows(self, **where: Value) -> list[Record]:
        """Those with these values, deleted ones too."""
        wanted = " AND ".join(f'"{name}" = ?' for name in where) or "1"
        found = self._db.run(f"{self._select} WHERE {wanted} ORDER BY rowid", *where.values())
        return [self._record(row) for row in found]

    def living(self, **where: Value) -> list[Record]:
        return [record for record in self.rows(**where) if not record.get("IsDeleted")]

    def _record(self, row: tuple[Value, ...]) -> Record:
        record = {name: value for name, value in zip(self._names, row, strict=True) if value is not None}
        for name in self._booleans:
            if name in record:
                record[name] = record[name] == 1
        return record

    def __getitem__(self, key: str) -> Record:
        for row in self._db.run(f'{self._select} WHERE "Id" = ?', key):
            return self._record(row)
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return iter([str(row[0]) for row in self._db.run(f"SELECT Id FROM {self.name} ORDER BY rowid")])  # noqa: S608

    def __len__(self) -> int:
        return int(str(self._db.run(f"SELECT COUNT(*) FROM {self.name}")[0][0]))  # noqa: S608

    def items(self) -> ItemsView[str, Record]:
        return {str(record["Id"]): record for record in self.rows()}.items()


class _Connection(sqlite3.Connection):
    """Closes itself when nobody has it any more: many a world is made and forgotten."""

    def __del__(self) -> None:
        self.close()


def fold(value: Value) -> Value:
    """Text compares without case."""
    return value.lower() if isinstance(value, str) else value
