"""What a drop folder brings, as raw columns of our naming: whose, when, what, with what; one row per activity.

A row is known by what it says. The same row in two overlapping exports is one activity; a row that stands twice in one
file is two, so the Id carries how often the same row stood before it in its file.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from hashlib import blake2b
from typing import TypeAlias
from zoneinfo import ZoneInfo

import polars as pl

from engine.digests import digest
from engine.names import plain
from mapping.field_map.field_map import DropFolder
from mapping.field_map.types import MOMENT, TEXT, YES_NO
from mapping.ids import id18
from mapping.text.keys import key_of

SUFFIXES = (".csv", ".tsv", ".parquet")
SCHEMA = {
    "Id": TEXT,
    "SystemModstamp": MOMENT,
    "IsDeleted": YES_NO,
    "Prospect": TEXT,
    "At": MOMENT,
    "Kind": TEXT,
    "Asset": TEXT,
    "Campaign": TEXT,
}
# 2026/11/20 9:05, 2026-11-20T09:05:30.5+09:00, 2026年11月20日 9時5分, 2026-11-20
_TIME = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
    r"(?:[T ]\s*(\d{1,2})[:時](\d{1,2})(?:[:分](?:(\d{1,2})(?:\.(\d{1,6})\d*)?秒?)?)?)?"
    r"\s*(Z|[+-]\d{2}:?\d{2})?",
    re.ASCII,
)


_MARK_BYTES = 9  # 18 hexadecimal characters, the room an Id has
# Of rows by their marks, in turn: how often each stood in its file before.
Again: TypeAlias = Callable[[Sequence[bytes]], Sequence[int]]


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that says nothing: its number in the file, counted from 1 below the header, and the code of why."""

    row: int
    code: str


@dataclass(frozen=True, slots=True)
class Columns:
    """Under which names the columns of a drop folder stand in the mirror; None for what its files do not tell."""

    prospect: str = "Prospect"
    at: str = "At"
    kind: str | None = "Kind"
    asset: str | None = None
    campaign: str | None = None


@dataclass
class FileReading:
    """One file while it is read, some rows at a time. `zone` is that of times that say none; `again` keeps count of rows,
    which may be more than memory holds.
    """

    drop: DropFolder
    zone: ZoneInfo
    again: Again
    rows: int = 0
    refused: int = 0
    newest: datetime | None = None

    def frame(self, rows: Iterable[Mapping[str, object]]) -> tuple[pl.DataFrame, tuple[Refused, ...]]:
        """These rows as raw columns, and those that say nothing."""
        kept: list[dict[str, object]] = []
        said: list[bytes] = []
        refused: list[Refused] = []
        for row in rows:
            self.rows += 1
            read = self._read(row)
            if isinstance(read, str):
                refused.append(Refused(self.rows, read))
            else:
                kept.append(read)
                said.append(_said(read))
        for one, text, before in zip(kept, said, self.again([_mark(text) for text in said]), strict=True):
            one["Id"] = _mark(text + b"\x1f" + str(before).encode() if before else text).hex()
        self.refused += len(refused)
        times = [at for one in kept if isinstance(at := one["At"], datetime)]
        self.newest = max(times if self.newest is None else [*times, self.newest], default=None)
        return pl.DataFrame(kept, schema=SCHEMA), tuple(refused)

    def _read(self, row: Mapping[str, object]) -> dict[str, object] | str:
        drop = self.drop
        prospect = _email(row.get(drop.prospect)) if drop.by_email else _id(row.get(drop.prospect))
        if prospect is None:
            return "MP-312" if drop.by_email else "MP-311"  # {file}, row {row}: no e-mail address / {file}, row…
        at = moment_of(row.get(drop.at), self.zone, drop.at_format)
        if at is None:
            return "MP-313"  # {file}, row {row}: no time
        headers = {"Kind": drop.kind, "Asset": drop.asset, "Campaign": drop.campaign}
        said = {name: _text(row.get(header)) if header else None for name, header in headers.items()}
        if drop.kind and said["Kind"] is None:
            return "MP-314"  # {file}, row {row}: the kind is empty
        return {"SystemModstamp": at, "IsDeleted": False, "Prospect": prospect, "At": at, **said}


def _said(row: Mapping[str, object]) -> bytes:
    """What a row says, as one text."""
    at = row["At"]
    told = (
        row["Prospect"],
        at.isoformat() if isinstance(at, datetime) else "",
        row["Kind"],
        row["Asset"],
        row["Campaign"],
    )
    return "\x1f".join(str(value or "") for value in told).encode()


def _mark(text: bytes) -> bytes:
    return blake2b(text, digest_size=_MARK_BYTES).digest()


def columns_of_drop(drop: DropFolder) -> Columns:
    return Columns(
        kind="Kind" if drop.kind else None,
        asset="Asset" if drop.asset else None,
        campaign="Campaign" if drop.campaign else None,
    )


def object_of_drop(drop: DropFolder) -> str:
    """What it is called in the mirror. Other columns make another object: its files are then read anew."""
    said = [drop.pattern, drop.prospect, drop.at, drop.at_format, drop.kind, drop.asset, drop.campaign]
    return f"drop-{digest([*said, drop.by_email, drop.zone])[:16]}"


def headers_of_drop(drop: DropFolder) -> tuple[str, ...]:
    """The headers its files must have."""
    wanted = (drop.prospect, drop.at, drop.kind, drop.asset, drop.campaign)
    return tuple(dict.fromkeys(header for header in wanted if header))


def moment_of(value: object, zone: ZoneInfo, spelling: str | None = None) -> datetime | None:
    """A time as files write it; a date alone is its first moment. None for what is none."""
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if isinstance(value, str):
        value = _spelled(value, spelling) if spelling else _written(value)
    if not isinstance(value, datetime):
        return None
    try:
        return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError:
        return None


def _spelled(text: str, spelling: str) -> datetime | None:
    try:
        return datetime.strptime(text.strip(), spelling)  # noqa: DTZ007 - the zone is the caller's
    except ValueError:
        return None


def _written(text: str) -> datetime | None:
    found = _TIME.fullmatch(plain(text).strip())
    if found is None:
        return None
    year, month, number, hour, minute, second, fraction, offset = found.groups()
    try:
        day = date(int(year), int(month), int(number))
        hours = time(int(hour or 0), int(minute or 0), int(second or 0), int((fraction or "0").ljust(6, "0")))
        told = datetime.combine(day, hours)
        return datetime.fromisoformat(told.isoformat() + offset) if offset else told
    except ValueError:
        return None


def _id(value: object) -> str | None:
    try:
        return id18(str(value).strip()) if value is not None else None
    except ValueError:
        return None


def _email(value: object) -> str | None:
    text = _text(value)
    return key_of("email", text) if text else None


def _text(value: object) -> str | None:
    return None if value is None else str(value).strip() or None
