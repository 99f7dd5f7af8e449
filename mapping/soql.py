"""SOQL as text: keyset queries over versions of records, and records by their ids."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)*", re.ASCII)
_ESCAPES = str.maketrans(
    {"\\": "\\\\", "'": "\\'", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
)


def select(
    object_name: str,
    fields: Sequence[str],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    after: tuple[datetime, str] | None = None,
    where: Mapping[str, str] | None = None,
) -> str:
    """Versions with `since` <= SystemModstamp < `until`, in the order of (SystemModstamp, Id).

    `after` is the last (SystemModstamp, Id) that was read: a query cut short goes on behind it. `where` are texts that
    fields must equal.
    """
    conditions = [f"{_name(name)} = {literal(value)}" for name, value in (where or {}).items()]
    if since:
        conditions.append(f"SystemModstamp >= {moment(since)}")
    if until:
        conditions.append(f"SystemModstamp < {moment(until)}")
    if after:
        stamp, last = moment(after[0]), literal(after[1])
        conditions.append(f"(SystemModstamp > {stamp} OR (SystemModstamp = {stamp} AND Id > {last}))")
    return _query(object_name, fields, conditions, "SystemModstamp, Id")


def by_ids(object_name: str, fields: Sequence[str], ids: Iterable[str]) -> str:
    """Records by their ids, in the order of Id. ValueError for no ids at all."""
    wanted = sorted(set(ids))
    if not wanted:
        raise ValueError("no ids")
    return _query(object_name, fields, [f"Id IN ({', '.join(map(literal, wanted))})"], "Id")


def literal(text: str) -> str:
    """A quoted text, whatever it holds."""
    return f"'{text.translate(_ESCAPES)}'"


def moment(at: datetime) -> str:
    """A datetime literal in UTC; SOQL stands without quotes here."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def _query(object_name: str, fields: Sequence[str], conditions: Sequence[str], order: str) -> str:
    parts = [f"SELECT {', '.join(map(_name, fields))}", f"FROM {_name(object_name)}"]
    if conditions:
        parts.append(f"WHERE {' AND '.join(conditions)}")
    return " ".join([*parts, f"ORDER BY {order}"])


def _name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(name)
    return name
