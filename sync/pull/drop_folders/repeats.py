"""How often each row stood in a file before, on disk: a file of ten million rows takes no more memory than a short one."""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

from mapping.frames.dropped_rows import Again

_CACHE_KILOBYTES = 32_000


@contextmanager
def marks() -> Iterator[Again]:
    """For one file, from its first page to its last. What is noted is gone at the end, and with the process."""
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
