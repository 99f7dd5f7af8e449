"""Column types that mean the same on SQLite and PostgreSQL, and columns of them, several of one kind in one call."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeAlias

from sqlalchemy import CheckConstraint, Column, Dialect, ForeignKey, String, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

from engine.digests import canonical

# What a JSON column may hold.
Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"
Kind: TypeAlias = TypeEngine[Any] | type[TypeEngine[Any]]
Columns: TypeAlias = list[Column[Any]]
Words: TypeAlias = type[StrEnum] | None


class Instant(TypeDecorator[datetime]):
    """A moment as fixed-width ISO text in UTC: exact to the microsecond, sorted as text, readable in any tool."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else instant_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else datetime.fromisoformat(value)


class JsonText(TypeDecorator[Json]):
    """Canonical JSON as text: the databases' own JSON types reorder keys and reformat numbers."""

    impl = Text()
    cache_ok = True

    def process_bind_param(self, value: Json, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else canonical(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Json:  # noqa: ARG002
        decoded: Json = None if value is None else json.loads(value)
        return decoded


def identifier(length: int) -> TypeEngine[str]:
    """Text compared and sorted byte by byte: Salesforce ids are case-sensitive and PostgreSQL collations are not."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


def key(kind: Kind, *names: str, to: str | None = None, index: bool = False, words: Words = None) -> Columns:
    """Parts of a table's key. `to` is the key of another table, `words` are all that a column may hold."""
    return _columns(kind, names, to=to, index=index, words=words, primary_key=True, autoincrement=False)


def must(
    kind: Kind, *names: str, to: str | None = None, index: bool = False, unique: bool = False, words: Words = None
) -> Columns:
    """Columns that hold something in every row."""
    return _columns(kind, names, to=to, index=index, unique=unique, words=words, nullable=False)


def may(kind: Kind, *names: str, to: str | None = None, words: Words = None) -> Columns:
    """Columns that may be empty."""
    return _columns(kind, names, to=to, words=words)


def _columns(kind: Kind, names: Iterable[str], *, to: str | None, words: Words, **settings: Any) -> Columns:
    def rules(name: str) -> Iterator[ForeignKey | CheckConstraint]:
        if to:
            yield ForeignKey(to)
        if words:
            listed = ", ".join(f"'{word}'" for word in words)
            yield CheckConstraint(f"{name} IN ({listed})", name=name)

    return [Column(name, kind, *rules(name), **settings) for name in names]


def instant_text(value: datetime) -> str:
    """An aware datetime as `2026-11-21T09:30:00.000000Z`. ValueError for a naive one."""
    if value.tzinfo is None:
        raise ValueError(f"a moment without a time zone: {value!r}")
    return value.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"
