"""The notation of migrations: what tables are made of, in short. Unlike `sync.store.columns` it never changes after a release.

A column that must hold something, one that may be empty, or a part of the key; several of one kind in one call.
"""

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import sqlalchemy as sa
from alembic import op

Columns: TypeAlias = list[sa.Column[Any]]
Kind: TypeAlias = sa.types.TypeEngine[Any]


def identifier(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


ID, CHANGE, RUN, BATCH, DIGEST, NAME = (identifier(length) for length in (18, 32, 40, 60, 64, 255))
INSTANT, OBJECT, TEXT, FLAG, COUNT, BIG = (
    sa.String(27), sa.String(80), sa.Text(), sa.Boolean(), sa.Integer(), sa.BigInteger(),
)  # fmt: skip


def table(name: str, *columns: Columns) -> None:
    """Keys, indexes and constraints are named by the convention of `sync.store.tables`."""
    op.create_table(name, *(column for some in columns for column in some))


def key(kind: Kind, *names: str, to: str | None = None, index: bool = False, words: Sequence[str] = ()) -> Columns:
    return _columns(kind, names, to=to, index=index, words=words, primary_key=True, autoincrement=False)


def must(
    kind: Kind, *names: str, to: str | None = None, index: bool = False, unique: bool = False, words: Sequence[str] = ()
) -> Columns:
    return _columns(kind, names, to=to, index=index, unique=unique, words=words, nullable=False)


def may(kind: Kind, *names: str, to: str | None = None, words: Sequence[str] = ()) -> Columns:
    return _columns(kind, names, to=to, words=words)


def holder() -> Columns:
    """A process."""
    return [*must(TEXT, "host", "boot"), *must(COUNT, "pid"), *must(TEXT, "process_started")]


def _columns(kind: Kind, names: Sequence[str], *, to: str | None, words: Sequence[str], **settings: Any) -> Columns:
    listed = ", ".join(f"'{word}'" for word in words)

    def rules(name: str) -> Iterator[sa.ForeignKey | sa.CheckConstraint]:
        if to:
            yield sa.ForeignKey(to)
        if words:
            yield sa.CheckConstraint(f"{name} IN ({listed})", name=name)

    return [sa.Column(name, kind, *rules(name), **settings) for name in names]
