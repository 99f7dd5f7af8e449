"""An overview of many rows, gathered one by one: what it keeps stays small however many changes a plan has."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import nsmallest

from engine.changes import Scalar
from engine.fields import TARGETS
from engine.messages import Message
from engine.states import State
from sync.reports.rows import FieldChange, Owner, Row

ATTENTION = (State.HELD, State.UNKNOWN, State.CONFLICT, State.BLOCKED, State.REFUSED, State.GONE)
# More rows than this make a page nobody scrolls; all of them are in the table, and the page says so.
MOVES_SHOWN_MAX, UPDATES_SHOWN_MAX = 1000, 300
_OWNER_REASONS = "reason.owner."
# The grade's number changes with its letter, and people read the letter.
_TWINS = frozenset({"grade_rank"})
_EXAMPLES_MAX = 3

Why = tuple[tuple[Message, int], ...]


@dataclass(frozen=True, slots=True)
class Flow:
    """All that leaves one owner, to whom (most first), and why: the first reason of each row, and how often it is one."""

    before: Owner
    count: int
    to: tuple[tuple[Owner, int], ...]
    why: Why


@dataclass(frozen=True, slots=True)
class Receiver:
    """One new owner, how many rows come in, and the first of them: best score first, then by company and name."""

    owner: Owner
    count: int
    rows: tuple[Row, ...]


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
    """What stands is counted in flows and fields; `states`, `attention` and `total` are of all rows."""

    total: int
    states: dict[State, int]
    moved: int
    flows: tuple[Flow, ...]
    receivers: tuple[Receiver, ...]
    updated: int
    updates: tuple[Row, ...]  # the first
    summaries: tuple[FieldSummary, ...]
    look: int
    attention: tuple[Row, ...]  # the first, in the order of ATTENTION
    shift: dict[Owner, int]  # records won, less those lost

    @property
    def waiting(self) -> int:
        return self.states.get(State.PLANNED, 0) + self.states.get(State.HELD, 0)


def overview(rows: Iterable[Row]) -> Overview:
    """Go through the rows once. Rows that come ordered by record id keep that order where nothing else orders them."""
    gathering = _Gathering()
    for row in rows:
        gathering.add(row)
    return gathering.overview()


def owner_reasons(row: Row) -> tuple[Message, ...]:
    """Why the owner changes; everything that was said when no reason is about the owner."""
    return tuple(message for message in row.because if message.key.startswith(_OWNER_REASONS)) or row.because


def shown_fields(row: Row) -> tuple[FieldChange, ...]:
    return tuple(field for field in row.fields if field.name not in _TWINS)


class _Gathering:
    def __init__(self) -> None:
        self.states: Counter[State] = Counter()
        self.flows: dict[Owner, _FlowCount] = {}
        self.receivers: dict[Owner, _Best] = {}
        self.shift: Counter[Owner] = Counter()
        self.updates: list[Row] = []
        self.updated = 0
        self.fields: dict[str, _FieldCount] = {}
        self.attention: dict[State, list[Row]] = {state: [] for state in ATTENTION}

    def add(self, row: Row) -> None:
        self.states[row.state] += 1
        if row.state in self.attention and len(self.attention[row.state]) < UPDATES_SHOWN_MAX:
            self.attention[row.state].append(row)
        if not row.stands:
            return
        if row.move:
            self.flows.setdefault(row.move.before, _FlowCount()).add(row, row.move.after)
            self.receivers.setdefault(row.move.after, _Best()).add(row)
            self.shift[row.move.before] -= 1
            self.shift[row.move.after] += 1
        if shown_fields(row) or row.tags_added or row.tags_removed:
            self.updated += 1
            if len(self.updates) < UPDATES_SHOWN_MAX:
                self.updates.append(row)
            self._add_fields(row)

    def _add_fields(self, row: Row) -> None:
        rank = next((field for field in row.fields if field.name == "grade_rank"), None)
        for field in shown_fields(row):
            twin = rank if field.name == "grade" and rank else field
            self.fields.setdefault(field.name, _FieldCount()).add(field, twin)

    def overview(self) -> Overview:
        flows = [
            Flow(before, one.count, tuple(sorted(one.to.items(), key=_most)), tuple(one.why.values()))
            for before, one in self.flows.items()
        ]
        receivers = [Receiver(owner, best.count, best.rows) for owner, best in self.receivers.items()]
        looked_at = [row for state in ATTENTION for row in self.attention[state]]
        return Overview(
            total=self.states.total(),
            states={state: self.states[state] for state in State if self.states[state]},
            moved=sum(flow.count for flow in flows),
            flows=tuple(sorted(flows, key=lambda flow: (-flow.count, flow.before.name, flow.before.id))),
            receivers=tuple(sorted(receivers, key=lambda one: (-one.count, one.owner.name, one.owner.id))),
            updated=self.updated,
            updates=tuple(self.updates),
            summaries=tuple(self.fields[name].summary(name) for name in sorted(self.fields, key=_place)),
            look=sum(self.states[state] for state in ATTENTION),
            attention=tuple(looked_at[:UPDATES_SHOWN_MAX]),
            shift=dict(self.shift),
        )


class _FlowCount:
    def __init__(self) -> None:
        self.count = 0
        self.to: Counter[Owner] = Counter()
        self.why: dict[tuple[object, ...], tuple[Message, int]] = {}

    def add(self, row: Row, after: Owner) -> None:
        self.count += 1
        self.to[after] += 1
        for message in owner_reasons(row)[:1]:
            key = (message.key, *sorted(message.params.items()))
            self.why[key] = (message, self.why[key][1] + 1 if key in self.why else 1)


class _Best:
    """The rows people want to see first of all that one owner gets."""

    def __init__(self) -> None:
        self.count = 0
        self._rows: list[Row] = []

    def add(self, row: Row) -> None:
        self.count += 1
        self._rows.append(row)
        if len(self._rows) > 2 * MOVES_SHOWN_MAX:
            self._rows = nsmallest(MOVES_SHOWN_MAX, self._rows, key=_interest)

    @property
    def rows(self) -> tuple[Row, ...]:
        return tuple(nsmallest(MOVES_SHOWN_MAX, self._rows, key=_interest))


class _FieldCount:
    def __init__(self) -> None:
        self.count = self.rises = self.falls = self.appears = self.clears = 0
        self.is_numeric = True
        self.examples: Counter[FieldChange] = Counter()

    def add(self, field: FieldChange, twin: FieldChange) -> None:
        """`twin` is what the direction is read from: a grade's rank."""
        self.count += 1
        self.examples[field] += 1
        self.appears += twin.before is None
        self.clears += twin.after is None
        before, after = twin.before, twin.after
        if _is_number(before) and _is_number(after):
            if before is not None and after is not None:
                self.rises += float(after) > float(before)
                self.falls += float(after) < float(before)
        else:
            self.is_numeric = False

    def summary(self, name: str) -> FieldSummary:
        examples = tuple(self.examples.most_common(_EXAMPLES_MAX))
        if not self.is_numeric:
            return FieldSummary(name, self.count, examples=examples)
        shown = examples if name == "grade" else ()
        return FieldSummary(name, self.count, self.rises, self.falls, self.appears, self.clears, shown)


def _is_number(held: Scalar) -> bool:
    return held is None or (isinstance(held, int | float) and not isinstance(held, bool))


def _place(name: str) -> tuple[int, str]:
    return (TARGETS.index(name) if name in TARGETS else len(TARGETS), name)


def _most(counted: tuple[Owner, int]) -> tuple[int, str, str]:
    return (-counted[1], counted[0].name, counted[0].id)


def _interest(row: Row) -> tuple[int, str, str, str]:
    return (-(row.score or 0), row.company, row.name, row.record_id)
