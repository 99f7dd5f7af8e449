"""Collections that worlds share: a change costs what it touches, and the world before stays as it was.

Two plain dicts, one large and left alone, one small and copied, are quick and keep the order of creation; the persistent
map of a library has no order but that of its hashes, by which one seed would not be one org.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence, ValuesView
from itertools import islice
from typing import TYPE_CHECKING, Generic, TypeVar, overload

if TYPE_CHECKING:
    from sync.sandbox.worlds import Record

T = TypeVar("T")
_OVER_MIN = 2_000  # changes that are laid over before they are folded in
_OVER_SHARE = 256  # or this part of the table, when that is more
_INDEXED_MIN = 2_000
_MOVED_SHARE = 16  # what an index does not know yet may be this part of the table


class Layers(Mapping[str, "Record"]):
    """A table: `base` is never changed, `over` holds what came since (None: dropped) and belongs to one draft at a time."""

    __slots__ = ("_moved", "_orders", "base", "over")

    def __init__(
        self,
        base: "dict[str, Record]",
        over: "dict[str, Record | None]",
        orders: dict[str, tuple[list[str], list[str]]] | None = None,
        moved: frozenset[str] = frozenset(),
    ) -> None:
        self.base = base
        self.over = over
        # Values of a field in their order with their keys, made when first asked for, and the keys that changed since.
        self._orders = {} if orders is None else orders
        self._moved = moved

    @classmethod
    def of(cls, table: "Mapping[str, Record]") -> "Layers":
        return table if isinstance(table, Layers) else cls(dict(table), {})

    def opened(self) -> "Layers":
        """The same table with a layer of its own to write into."""
        if len(self.over) <= max(_OVER_MIN, len(self.base) // _OVER_SHARE):
            return Layers(self.base, dict(self.over), self._orders, self._moved)
        folded = dict(self.base)
        for key, record in self.over.items():
            if record is None:
                folded.pop(key, None)
            else:
                folded[key] = record
        moved = self._moved | self.over.keys() if self._orders else frozenset()
        if len(moved) > len(folded) // _MOVED_SHARE:
            return Layers(folded, {})
        return Layers(folded, {}, dict(self._orders), moved)

    def since(self, field: str, bound: str) -> "Iterator[Record] | None":
        """Records whose `field` is at least `bound`, and perhaps a few more; None when looking at all is as good."""
        if len(self.base) < _INDEXED_MIN:
            return None
        values, keys = self._order(field)
        start = bisect_left(values, bound)
        if start < len(values) // 2:
            return None
        recent = sorted({*islice(keys, start, None), *self._moved, *self.over})
        return (record for record in map(self.get, recent) if record is not None)

    def _order(self, field: str) -> tuple[list[str], list[str]]:
        if field not in self._orders:
            keys = list(self.base)
            values = [str(record.get(field, "")) for record in self.base.values()]
            places = sorted(range(len(keys)), key=values.__getitem__)
            self._orders[field] = [values[place] for place in places], [keys[place] for place in places]
        return self._orders[field]

    def __getitem__(self, key: str) -> "Record":
        record = self.over[key] if key in self.over else self.base[key]
        if record is None:
            raise KeyError(key)
        return record

    def __contains__(self, key: object) -> bool:
        return self.over[key] is not None if key in self.over else key in self.base

    def __len__(self) -> int:
        return len(self.base) + sum((record is not None) - (key in self.base) for key, record in self.over.items())

    def __iter__(self) -> Iterator[str]:
        if not self.over:
            return iter(self.base)
        return self._keys()

    def _keys(self) -> Iterator[str]:
        over, base = self.over, self.base
        yield from (key for key in base if key not in over or over[key] is not None)
        yield from (key for key, record in over.items() if record is not None and key not in base)

    def values(self) -> "ValuesView[Record]":
        return _Values(self)


def changed(before: "Mapping[str, Record]", after: "Mapping[str, Record]") -> "Iterator[tuple[str, Record | None]]":
    """What differs between two states of a table; None for what is gone."""
    if isinstance(before, Layers) and isinstance(after, Layers) and before.base is after.base:
        old = before.over
        yield from ((key, record) for key, record in after.over.items() if key not in old or old[key] is not record)
        return
    yield from ((key, None) for key in before if key not in after)
    yield from ((key, record) for key, record in after.items() if before.get(key) is not record)


class _Values(ValuesView["Record"]):
    def __init__(self, table: Layers) -> None:
        super().__init__(table)
        self._table = table

    def __iter__(self) -> "Iterator[Record]":
        over, base = self._table.over, self._table.base
        if not over:
            yield from base.values()
            return
        for key, record in base.items():
            last = over.get(key, record)
            if last is not None:
                yield last
        yield from (record for key, record in over.items() if record is not None and key not in base)


class Trail(Sequence[T], Generic[T]):
    """A sequence that only grows: all its states share one list, each knowing how far it goes."""

    __slots__ = ("_length", "_shared")

    def __init__(self, shared: list[T], length: int) -> None:
        self._shared = shared
        self._length = length

    @classmethod
    def of(cls, items: Sequence[T]) -> "Trail[T]":
        if isinstance(items, Trail):
            return items
        return cls(list(items), len(items))

    def with_(self, item: T) -> "Trail[T]":
        """One longer. When another has already grown from here, the list is copied."""
        shared = self._shared if len(self._shared) == self._length else self._shared[: self._length]
        shared.append(item)
        return Trail(shared, len(shared))

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        if isinstance(index, slice):
            return tuple(self._shared[place] for place in range(*index.indices(self._length)))
        return self._shared[range(self._length)[index]]

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[T]:
        return islice(self._shared, self._length)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))
