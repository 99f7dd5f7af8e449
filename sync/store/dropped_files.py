"""Files of drop folders that were read: each content once, and what became of it."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from sqlalchemy import delete, insert, select

from sync.store.database import Transaction
from sync.store.tables import dropped_files


@dataclass(frozen=True, slots=True)
class DroppedFile:
    """`path` as people know it, below the folder; `code` says why nothing of it could be read, "" when it was.

    `bytes` and `modified` (nanoseconds) are what the file system told of it.
    """

    path: str
    digest: str
    bytes: int
    modified: int
    rows: int = 0
    refused: int = 0
    code: str = ""

    def is_as(self, size: int, modified: int) -> bool:
        """Whether a file that looks like that is still this one."""
        return (self.bytes, self.modified) == (size, modified)


def keep(tx: Transaction, source: str, files: Iterable[DroppedFile]) -> None:
    """All files of a source that are there. One that comes back later is read again, and says nothing new."""
    tx.execute(delete(dropped_files).where(dropped_files.c.source == source))
    tx.execute(insert(dropped_files).values(source=source, files=[asdict(file) for file in files]))


def of_source(tx: Transaction, source: str) -> dict[str, DroppedFile]:
    """By path."""
    found = tx.execute(select(dropped_files.c.files).where(dropped_files.c.source == source)).scalar_one_or_none()
    return {file["path"]: DroppedFile(**file) for file in found or ()}
