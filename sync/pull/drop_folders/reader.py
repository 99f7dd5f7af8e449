"""Read what was left in drop folders since the last run: each content once, into data files the pull lists as its own.

A file that somebody may still be writing is left for next time: one that was touched less than a minute ago, or while it
was read. What is read of a file is known by what it says (`mapping/frames/dropped_rows.py`), so overlapping exports count nothing twice.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import file_digest
from pathlib import Path
from zoneinfo import ZoneInfo

from engine.errors import MapError
from mapping.field_map.field_map import ActivitySource, DropFolder
from mapping.frames.dropped_rows import Again, FileReading, headers_of_drop
from sync.pull.drop_folders import sheets
from sync.pull.staging import MirrorWriter
from sync.store import data_files, dropped_files
from sync.store.data_files import DataFile, Watermark
from sync.store.database import Store, Transaction
from sync.store.dropped_files import DroppedFile
from sync.store.figures import BrokenFile, DroppedFiles, EmptyRow

QUIET_SECONDS = 60
# Rows that say nothing are counted all and listed up to so many, by number and code: what they hold is nobody's business.
LISTED_MAX = 20


@dataclass
class Intake:
    """What drop folders brought: the pull lists `data_files` and `marks`, and calls `keep`, in its transaction.

    `came` tells what became of each folder, by its pattern.
    """

    data_files: list[DataFile] = field(default_factory=list)
    marks: list[Watermark] = field(default_factory=list)
    files: dict[str, list[DroppedFile]] = field(default_factory=dict)  # by source, all that are there
    came: dict[str, DroppedFiles] = field(default_factory=dict)

    def keep(self, tx: Transaction) -> None:
        for source, files in self.files.items():
            dropped_files.keep(tx, source, files)


@dataclass(frozen=True, slots=True)
class Drops:
    """Where files are left, and where what they say goes. `now` is the host's time, which files are dated in; `zone` the
    org's, for those whose folder names none.
    """

    folder: Path
    store: Store
    writer: MirrorWriter
    now: Callable[[], datetime]
    zone: str


def read_dropped(drops: Drops, sources: Iterable[ActivitySource]) -> Intake:
    """All that is new. Needs the lease of the pull."""
    intake = Intake()
    for source in sources:
        if source.files:
            _Folder(drops, source, source.files, intake).read()
    return intake


@dataclass
class _Folder:
    drops: Drops
    source: ActivitySource
    drop: DropFolder
    intake: Intake
    newest: datetime | None = None
    came: DroppedFiles = field(default_factory=DroppedFiles)

    def read(self) -> None:
        with self.drops.store.read() as tx:
            known = dropped_files.of_source(tx, self.source.api_name)
            mark = data_files.watermark(tx, self.source.api_name)
        self.newest = mark.stamp if mark else None
        contents = {file.digest for file in known.values() if not file.code}
        there: list[DroppedFile] = []
        for path in self._paths():
            name = path.relative_to(self.drops.folder).as_posix()
            held = known.get(name)
            try:
                file = held if held and _is_as(held, path) else self._file(path, name, contents)
            except OSError:
                file = None  # taken away, or locked by the program that writes it
            if file is None:
                self.came = replace(self.came, left=self.came.left + 1)
            there += [one for one in (file or held,) if one]
            if file and file.code:
                self.came = replace(self.came, broken=(*self.came.broken, BrokenFile(name, file.code)))
        self.intake.files[self.source.api_name] = there
        if self.newest and (mark is None or self.newest > mark.stamp):
            self.intake.marks.append(Watermark(self.source.api_name, self.newest, self.source.api_name))
        self.intake.came[self.source.label] = replace(self.came, newest=self.newest)

    def _paths(self) -> Iterator[Path]:
        found = self.drops.folder.glob(self.drop.pattern)
        return (path for path in sorted(found) if path.is_file() and not path.name.startswith((".", "~")))

    def _file(self, path: Path, name: str, contents: set[str]) -> DroppedFile | None:
        """The file as it is now, read unless its content was; None when it is left for next time."""
        before = path.stat()
        age = self.drops.now() - datetime.fromtimestamp(before.st_mtime, UTC)
        if 0 <= age.total_seconds() < QUIET_SECONDS:
            return None
        with path.open("rb") as opened:
            digest = file_digest(opened, "sha256").hexdigest()
        written: list[DataFile] = []
        listed: list[EmptyRow] = []
        with marks() as again:
            reading = FileReading(self.drop, ZoneInfo(self.drop.zone or self.drops.zone), again)
            code = "" if digest in contents else self._rows(path, name, reading, written, listed)
        after = path.stat()
        if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
            return None
        if code == "":
            self.intake.data_files += written
            came = self.came
            self.came = replace(
                came,
                files=came.files + (digest not in contents),
                rows=came.rows + reading.rows,
                refused=came.refused + reading.refused,
                listed=(*came.listed, *listed)[:LISTED_MAX],
            )
            self.newest = max((one for one in (self.newest, reading.newest) if one), default=None)
            contents.add(digest)
        return DroppedFile(
            name, digest, before.st_size, before.st_mtime_ns, rows=reading.rows, refused=reading.refused, code=code
        )

    def _rows(
        self, path: Path, name: str, reading: FileReading, written: list[DataFile], listed: list[EmptyRow]
    ) -> str:
        """Write what the file says; the code of what is wrong with all of it, "" when nothing is."""
        try:
            for page in sheets.pages(path, headers_of_drop(self.drop)):
                frame, refused = reading.frame(page)
                listed += [EmptyRow(name, one.row, one.code) for one in refused]
                del listed[LISTED_MAX:]
                data_file = self.drops.writer.write(self.source.api_name, frame)
                written += [data_file] if data_file else []
        except MapError as error:
            return error.problems[0].code
        return ""


def _is_as(held: DroppedFile, path: Path) -> bool:
    found = path.stat()
    return held.is_as(found.st_size, found.st_mtime_ns)


_CACHE_KILOBYTES = 32_000


@contextmanager
def marks() -> Iterator[Again]:
    """How often each row stood in a file before, on disk: one of ten million rows takes no more memory than a short one.

    For one file, from its first page to its last. What is noted is gone at the end, and with the process.
    """
    # No name: a file of SQLite's own that nobody else can open, written once its pages fill the cache.
    with closing(sqlite3.connect("", isolation_level=None)) as noted:
        noted.execute(f"PRAGMA cache_size = -{_CACHE_KILOBYTES}")
        noted.execute("PRAGMA journal_mode = OFF")
        for table in ("known", "page"):
            noted.execute(f"CREATE TABLE {table} (mark BLOB PRIMARY KEY, times INTEGER NOT NULL) WITHOUT ROWID")
        noted.execute("BEGIN")

        def again(marks: Sequence[bytes]) -> list[int]:
            noted.execute("DELETE FROM page")
            # In order, for the sake of the pages of the file that each of them falls on.
            noted.executemany("INSERT INTO page VALUES (?, ?)", sorted(Counter(marks).items()))
            before = Counter(dict(noted.execute("SELECT mark, known.times FROM page JOIN known USING (mark)")))
            noted.execute(
                "INSERT INTO known SELECT mark, times FROM page WHERE true "
                "ON CONFLICT (mark) DO UPDATE SET times = times + excluded.times"
            )
            return [_next(before, mark) for mark in marks]

        yield again


def _next(counted: Counter[bytes], mark: bytes) -> int:
    counted[mark] += 1
    return counted[mark] - 1
