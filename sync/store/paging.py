"""Walks over many rows or values, some thousands at a time.

Each page of rows begins behind the place where the last one ended, so a row is neither passed over nor met twice when
others come and go meanwhile.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Row, Select

from sync.store.database import Store, Transaction

R = TypeVar("R")
P = TypeVar("P")

# One transaction that writes so many is half a second of work: others need not wait for long.
PAGE_ROWS = 5_000


def pages(
    read: Callable[[P, int], Sequence[R]], place: Callable[[R], P], *, after: P, most: int = PAGE_ROWS
) -> Iterator[Sequence[R]]:
    """`read` gives the next rows behind a place, at most so many; a page that is not full is the last."""
    while page := read(after, most):
        yield page
        if len(page) < most:
            return
        after = place(page[-1])


def pages_of(
    store: Store,
    read: Callable[[Transaction, P, int], Sequence[R]],
    place: Callable[[R], P],
    *,
    after: P,
    most: int = PAGE_ROWS,
) -> Iterator[Sequence[R]]:
    """The same, each page in a view of its own: a long walk keeps nothing open while its rows are worked on."""

    def behind(after: P, most: int) -> Sequence[R]:
        with store.read() as tx:
            return read(tx, after, most)

    return pages(behind, place, after=after, most=most)


def among(
    tx: Transaction, query: Select[Any], column: ColumnElement[Any], values: Iterable[object]
) -> Iterator[Row[Any]]:
    """The rows of a query in which a column holds one of these values, however many they are."""
    for chunk in chunks(values):
        yield from tx.execute(query.where(column.in_(chunk)))


def chunks(values: Iterable[R], size: int = 500) -> Iterator[list[R]]:
    """Lists of at most `size`: an IN list has a limit, and it differs by database."""
    chunk: list[R] = []
    for value in values:
        chunk.append(value)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
