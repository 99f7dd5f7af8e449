"""An overview of many changes, counted one by one: what it keeps stays small however many a plan has.

It is counted of rows with everything a reader sees, or of what the store says of each change (`ChangeCounts`), which is cheaper.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from engine.changes.states import OPEN, WAITING, State
from engine.messages import Message
from engine.values import Scalar
from engine.verdicts.registry import OUTPUTS, TARGETS
from sync.views.rows import FieldChange, Owner, Row

# What puts another output in order changes with it, as the grade's number does with its letter; people read the other.
_TWINS = {output.ranks: output.name for output in OUTPUTS.values() if output.ranks}
_HIDDEN = frozenset({"owner", *_TWINS.values()})
_EXAMPLES_MAX = 3
# Of a field with endlessly many values so many kinds of change are counted at once; rare ones are forgotten.
_KINDS_MAX = 5_000

Why = tuple[tuple[Message, int], ...]
Who = TypeVar("Who", bound=Hashable)
_Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Flow:
    """All that leaves one owner, to whom (most first), and why: the first reason of each row, and how often it is one."""

    before: Owner
    count: int
    to: tuple[tuple[Owner, int], ...]
    why: Why


@dataclass(frozen=True, slots=True)
class FieldSummary:
    """One field over all rows. Numbers and grades are told by direction, texts by their most frequent changes."""

    name: str
    count: int
    rises: int = 0
    falls: int = 0
    appears: int = 0
    clears: int = 0
    examples: tuple[tuple[FieldChange, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Overview:
    """What stands is counted in flows and summaries. `fields` are all that any change changes, `to_decide` those of
    changes that wait for a person, the write-back targets first.
    """

    moved: int
    flows: tuple[Flow, ...]
    updated: int
    summaries: tuple[FieldSummary, ...]
    shift: Mapping[Owner, int]  # records won, less those lost
    fields: tuple[str, ...]
    to_decide: tuple[str, ...]


def overview(rows: Iterable[Row]) -> Overview:
    """Of rows as readers see them."""
    counts = ChangeCounts[Owner]()
    for row in rows:
        counts.add_row(row)
    return counts.overview(owner_of=lambda owner: owner)


def owner_reasons(row: Row) -> tuple[Message, ...]:
    """Why the owner changes; everything that was said when no reason is about the owner."""
    return row.owner_because or row.because


def shown_fields(row: Row) -> tuple[FieldChange, ...]:
    return tuple(field for field in row.fields if field.name not in _HIDDEN)


class ChangeCounts(Generic[Who]):
    """Counts change by change. Whoever owns a record is known by anything that can be counted: an id will do."""

    def __init__(self) -> None:
        self.updated = 0
        self._flows: dict[Who, _FlowCount[Who]] = {}
        self._shift: Counter[Who] = Counter()
        self._counts: dict[str, _FieldCount] = {}
        self._fields: dict[str, None] = {}
        self._to_decide: dict[str, None] = {}

    def add_row(self: "ChangeCounts[Owner]", row: Row) -> None:
        self.add(
            row.state,
            before={field.name: field.before for field in row.fields},
            after={field.name: field.after for field in row.fields},
            move=(row.move.before, row.move.after) if row.move else None,
            why=next(iter(owner_reasons(row)), None) if row.move else None,
            has_tags=bool(row.tags_added or row.tags_removed),
        )

    def add(
        self,
        state: State,
        *,
        before: Mapping[str, Scalar],
        after: Mapping[str, Scalar],
        move: tuple[Who, Who] | None,
        why: Message | None,
        has_tags: bool,
    ) -> None:
        self._fields.update(dict.fromkeys(after))
        if state in WAITING:
            self._to_decide.update(dict.fromkeys(after))
        if state not in OPEN and state is not State.APPLIED:
            return
        if move:
            giver, taker = move
            self._flows.setdefault(giver, _FlowCount()).add(taker, why)
            self._shift[giver] -= 1
            self._shift[taker] += 1
        shown = [name for name in after if name not in _HIDDEN]
        self.updated += bool(shown or has_tags)
        for name in shown:
            # What the direction is read from: a grade's rank.
            twin = _TWINS.get(name, "")
            ranked = twin if twin in after else name
            count = self._counts.setdefault(name, _FieldCount())
            count.add(before.get(name), after[name], before.get(ranked), after[ranked])

    def overview(
        self, *, owner_of: Callable[[Who], Owner], told: Callable[[Message], Message] = lambda it: it
    ) -> Overview:
        """`owner_of` says who is behind what was counted, `told` puts names into a reason."""
        flows = [
            Flow(
                owner_of(giver),
                one.count,
                tuple(sorted(((owner_of(taker), count) for taker, count in one.to.items()), key=_most)),
                tuple((told(message), count) for message, count in one.why.values()),
            )
            for giver, one in self._flows.items()
        ]
        return Overview(
            moved=sum(flow.count for flow in flows),
            flows=tuple(sorted(flows, key=lambda flow: (-flow.count, flow.before.name, flow.before.id))),
            updated=self.updated,
            summaries=tuple(self._counts[name].summary(name) for name in sorted(self._counts, key=place)),
            shift={owner_of(who): count for who, count in self._shift.items()},
            fields=tuple(sorted(self._fields.keys() - {"owner"}, key=place)),
            to_decide=tuple(sorted(self._to_decide.keys() - {"owner"}, key=place)),
        )


class _FlowCount(Generic[Who]):
    def __init__(self) -> None:
        self.count = 0
        self.to: Counter[Who] = Counter()
        self.why: dict[_Key, tuple[Message, int]] = {}

    def add(self, taker: Who, why: Message | None) -> None:
        self.count += 1
        self.to[taker] += 1
        if why is not None:
            key = (why.key, *sorted(why.params.items()))
            self.why[key] = (why, self.why[key][1] + 1 if key in self.why else 1)


class _FieldCount:
    def __init__(self) -> None:
        self.count = self.rises = self.falls = self.appears = self.clears = 0
        self.is_numeric = True
        self.kinds: Counter[tuple[Scalar, Scalar]] = Counter()

    def add(self, before: Scalar, after: Scalar, low: Scalar, high: Scalar) -> None:
        """`low` and `high` are the same before and after as numbers, where they have a direction."""
        self.count += 1
        self.kinds[before, after] += 1
        if len(self.kinds) > _KINDS_MAX:
            self.kinds = Counter(dict(self.kinds.most_common(_KINDS_MAX // 2)))
        self.appears += low is None
        self.clears += high is None
        if _is_number(low) and _is_number(high):
            if low is not None and high is not None:
                self.rises += float(high) > float(low)
                self.falls += float(high) < float(low)
        else:
            self.is_numeric = False

    def summary(self, name: str) -> FieldSummary:
        examples = tuple(
            (FieldChange(name, before, after), count)
            for (before, after), count in self.kinds.most_common(_EXAMPLES_MAX)
        )
        if not self.is_numeric:
            return FieldSummary(name, self.count, examples=examples)
        shown = examples if name in _TWINS else ()
        return FieldSummary(name, self.count, self.rises, self.falls, self.appears, self.clears, shown)


def place(name: str) -> tuple[int, str]:
    """Write-back targets in their own order, then the rest by name."""
    return (TARGETS.index(name) if name in TARGETS else len(TARGETS), name)


def _is_number(held: Scalar) -> bool:
    return held is None or (isinstance(held, int | float) and not isinstance(held, bool))


def _most(counted: tuple[Owner, int]) -> tuple[int, str, str]:
    return (-counted[1], counted[0].name, counted[0].id)
