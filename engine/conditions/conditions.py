"""Conditions as values: leaves and all/any/none groups to any depth. `expressions.py` turns them into expressions."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeAlias

from engine.conditions.fields import Field

# A text operand is already a key (the map's normalisation), a grade is its rank, a date an ISO string "2026-11-21",
# a period of days an int.
Operand: TypeAlias = str | int | float | bool | tuple[str, ...] | tuple[int, ...] | tuple[float, ...] | None


class Join(StrEnum):
    """How a group joins its conditions. `none` of an unknown is unknown (Kleene)."""

    ALL = "all"
    ANY = "any"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Leaf:
    """One comparison. `shown` is the operand as the author wrote it; `empty_counts_as` the only coalesce."""

    field: Field
    operator: str
    operand: Operand
    shown: str = ""
    empty_counts_as: bool | None = None


@dataclass(frozen=True, slots=True)
class ActivityCount:
    """How many activities of some kinds, within whole days back from 0:00 of the org's day. Never unknown.

    `where` asks the activity's own fields (a campaign's type, an amount); one it is unknown of does not count.
    """

    kinds: tuple[str, ...] = ()  # none: any kind
    asset: str | None = None
    within_days: int | None = None
    at_least: int = 1
    at_most: int | None = None
    campaign: str | None = None
    where: "Condition | None" = None


@dataclass(frozen=True, slots=True)
class Group:
    join: Join
    of: tuple["Condition", ...]
    empty_counts_as: bool | None = None


Condition: TypeAlias = "Leaf | ActivityCount | Group"
ALWAYS = Group(Join.ALL, ())
NEVER = Group(Join.ANY, ())


def leaves(condition: Condition) -> tuple[Leaf | ActivityCount, ...]:
    """Every leaf, in reading order. What a count asks of activities is no leaf of the prospect's."""
    if isinstance(condition, Group):
        return tuple(leaf for part in condition.of for leaf in leaves(part))
    return (condition,)


def reads(condition: Condition) -> frozenset[str]:
    """Names of the fields a condition reads; `activity` stands for the activity ledger."""
    return frozenset(leaf.field.name if isinstance(leaf, Leaf) else "activity" for leaf in leaves(condition))


def instead(condition: Condition, position: int, other: Condition) -> Condition:
    """The condition with another one in place of its leaf at `position` (in reading order, from 0)."""
    if not isinstance(condition, Group):
        return other
    parts: list[Condition] = []
    for part in condition.of:
        size = len(leaves(part))
        parts.append(instead(part, position, other) if 0 <= position < size else part)
        position -= size
    return replace(condition, of=tuple(parts))
