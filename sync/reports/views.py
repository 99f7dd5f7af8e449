"""What the page shows, counted and put in order: moves first, then loads, then fields. Values in, plain values out."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.fields import TARGETS
from engine.messages import Message
from engine.states import State
from sync.reports.report import FieldChange, Load, Owner, OwnerKind, Row, RunReport

ATTENTION = (State.HELD, State.UNKNOWN, State.CONFLICT, State.BLOCKED, State.REFUSED, State.GONE)
_OWNER_REASONS = "reason.owner."
# The grade's number changes with its letter, and people read the letter.
_TWINS = frozenset({"grade_rank"})
_EXAMPLES_MAX = 3


@dataclass(frozen=True, slots=True)
class Flow:
    """All that leaves one owner, to whom (most first), and why: the first reason of each row."""

    before: Owner
    count: int
    to: tuple[tuple[Owner, int], ...]
    why: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Receiver:
    """One new owner and the rows that come in."""

    owner: Owner
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


def flows(rows: Iterable[Row]) -> tuple[Flow, ...]:
    """Who gives most first."""
    grouped: dict[Owner, list[tuple[Owner, Row]]] = {}
    for row in rows:
        if row.move:
            grouped.setdefault(row.move.before, []).append((row.move.after, row))
    found = [
        Flow(
            before,
            len(members),
            to=tuple(Counter(after for after, _ in sorted(members, key=_receiver)).most_common()),
            why=tuple(message for _, row in members for message in owner_reasons(row)[:1]),
        )
        for before, members in grouped.items()
    ]
    return tuple(sorted(found, key=lambda flow: (-flow.count, flow.before.name)))


def receivers(rows: Iterable[Row]) -> tuple[Receiver, ...]:
    """Who receives most first; within one, best grade (by score) first, then by company and name."""
    grouped: dict[Owner, list[Row]] = {}
    for row in rows:
        if row.move:
            grouped.setdefault(row.move.after, []).append(row)
    found = [Receiver(owner, tuple(sorted(members, key=_interest))) for owner, members in grouped.items()]
    return tuple(sorted(found, key=lambda receiver: (-len(receiver.rows), receiver.owner.name)))


def owner_reasons(row: Row) -> tuple[Message, ...]:
    """Why the owner changes; everything that was said when no reason is about the owner."""
    return tuple(message for message in row.because if message.key.startswith(_OWNER_REASONS)) or row.because


def field_reasons(row: Row) -> tuple[Message, ...]:
    return tuple(message for message in row.because if not message.key.startswith(_OWNER_REASONS))


def shown_fields(row: Row) -> tuple[FieldChange, ...]:
    return tuple(field for field in row.fields if field.name not in _TWINS)


def updated(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Rows that get values or tags, whether or not their owner changes too."""
    return tuple(row for row in rows if shown_fields(row) or row.tags_added or row.tags_removed)


def summaries(rows: Sequence[Row]) -> tuple[FieldSummary, ...]:
    """One for each field that changes: decided ones in their own order, then what rules set."""
    changed: dict[str, list[tuple[FieldChange, FieldChange]]] = {}
    for row in rows:
        ranks = {field.name: field for field in row.fields}
        for field in shown_fields(row):
            twin = ranks.get("grade_rank", field) if field.name == "grade" else field
            changed.setdefault(field.name, []).append((field, twin))
    return tuple(_summary(name, changed[name]) for name in sorted(changed, key=_place))


def attention(rows: Iterable[Row]) -> tuple[Row, ...]:
    """What could not be done as planned, in the order of `ATTENTION`."""
    return tuple(sorted((row for row in rows if row.state in ATTENTION), key=lambda row: ATTENTION.index(row.state)))


def busiest(loads: Sequence[Load]) -> tuple[int, int] | None:
    """The largest load of an active person before and after; None without people."""
    people = [load for load in loads if load.owner.kind is OwnerKind.USER]
    return (max(load.before for load in people), max(load.after for load in people)) if people else None


def rescued(loads: Sequence[Load]) -> int:
    """How many records leave queues and people who are no longer active."""
    return sum(load.before - load.after for load in loads if load.owner.kind is not OwnerKind.USER)


def waiting(report: RunReport) -> int:
    return sum(count for state, count in report.states.items() if state in {State.PLANNED, State.HELD})


def _place(name: str) -> tuple[int, str]:
    return (TARGETS.index(name) if name in TARGETS else len(TARGETS), name)


def _receiver(member: tuple[Owner, Row]) -> tuple[str, str]:
    return member[0].name, member[0].id


def _interest(row: Row) -> tuple[int, str, str, str]:
    return (-(row.score or 0), row.company, row.name, row.record_id)


def _summary(name: str, pairs: Sequence[tuple[FieldChange, FieldChange]]) -> FieldSummary:
    """`pairs` hold the field and what its direction is read from (a grade's rank)."""
    numeric = [(twin.before, twin.after) for _, twin in pairs]
    appears = sum(before is None for before, _ in numeric)
    clears = sum(after is None for _, after in numeric)
    if all(_is_number(before) and _is_number(after) for before, after in numeric):
        both = [(float(before), float(after)) for before, after in numeric if before is not None and after is not None]
        rises = sum(after > before for before, after in both)
        examples = _examples(pairs) if name == "grade" else ()
        return FieldSummary(name, len(pairs), rises, len(both) - rises, appears, clears, examples)
    return FieldSummary(name, len(pairs), examples=_examples(pairs))


def _is_number(held: object) -> bool:
    return held is None or (isinstance(held, int | float) and not isinstance(held, bool))


def _examples(pairs: Sequence[tuple[FieldChange, FieldChange]]) -> tuple[tuple[FieldChange, int], ...]:
    return tuple(Counter(field for field, _ in pairs).most_common(_EXAMPLES_MAX))
