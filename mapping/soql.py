"""SOQL as text: keyset queries over versions of records, and records by their ids."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from mapping.field_map.filters import Filter

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)*", re.ASCII)
_ESCAPES = str.maketrans(
    {"\\": "\\\\", "'": "\\'", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
)


BY_STAMP = "SystemModstamp, Id"
# Of objects whose stamp the org cannot filter by.
BY_ID = "Id"


def select(
    object_name: str,
    fields: Sequence[str],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    after: tuple[datetime, str] | None = None,
    where: Mapping[str, str] | None = None,
    filters: Sequence[Filter] = (),
    order: str = BY_STAMP,
) -> str:
    """Versions with `since` <= SystemModstamp < `until`, in the order of (SystemModstamp, Id).

    `after` is the last (SystemModstamp, Id) that was read: a query cut short goes on behind it, by Id where that is the
    order. `where` are texts that
    fields must equal; of `filters` one must hold, when there are any. Without an `order` the org may bring rows as it
    finds them, which is what a bulk query is fastest with.
    """
    conditions = [f"{_name(name)} = {literal(value)}" for name, value in (where or {}).items()]
    if filters:
        conditions.append(_any(filters))
    if since:
        conditions.append(f"SystemModstamp >= {moment(since)}")
    if until:
        conditions.append(f"SystemModstamp < {moment(until)}")
    if after and order == BY_ID:
        conditions.append(f"Id > {literal(after[1])}")
    elif after:
        stamp, last = moment(after[0]), literal(after[1])
        conditions.append(f"(SystemModstamp > {stamp} OR (SystemModstamp = {stamp} AND Id > {last}))")
    return _query(object_name, fields, conditions, order)


def by_ids(object_name: str, fields: Sequence[str], ids: Iterable[str]) -> str:
    """Records by their ids, in the order of Id. ValueError for no ids at all."""
    wanted = sorted(set(ids))
    if not wanted:
        raise ValueError("no ids")
    return _query(object_name, fields, [f"Id IN ({', '.join(map(literal, wanted))})"], BY_ID)


def _any(filters: Sequence[Filter]) -> str:
    parts = [" AND ".join(_one_of(name, values) for name, values in one.items()) for one in filters]
    return parts[0] if len(parts) == 1 else f"({' OR '.join(f'({part})' for part in parts)})"


def _one_of(name: str, values: Sequence[str | bool]) -> str:
    """Booleans stand without quotes."""
    said = [str(value).lower() if isinstance(value, bool) else literal(value) for value in values]
    return f"{_name(name)} = {said[0]}" if len(said) == 1 else f"{_name(name)} IN ({', '.join(said)})"


def between(object_name: str, fields: Sequence[str], *, first: str, last: str, since: datetime) -> str:
    """Records of a range of ids, both included, with a version since then, in the order of Id."""
    conditions = [f"Id >= {literal(first)}", f"Id <= {literal(last)}", f"SystemModstamp >= {moment(since)}"]
    return _query(object_name, fields, conditions, BY_ID)


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
    return " ".join([*parts, f"ORDER BY {order}"] if order else parts)


def count(object_name: str, *, filters: Sequence[Filter] = ()) -> str:
    """How many there are, deleted ones too where they are asked for."""
    parts = ["SELECT COUNT() FROM", _name(object_name), *(["WHERE", _any(filters)] if filters else [])]
    return " ".join(parts)


def _name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(name)
    return name
