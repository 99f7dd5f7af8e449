"""Condition operators. To add one, write a function here and decorate it; its table in the tests must have a yes, a no
and an unknown.

A function gets the field, the operand and the moment and returns one nullable boolean expression: empty in, unknown
out. `config` checks kinds and operands from the same registry, so that an operator is described in one place.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TypeAlias, cast

import narwhals as nw

from engine.conditions.conditions import Operand
from engine.conditions.fields import Field, Kind
from engine.moments import Moment


class OperandShape(StrEnum):
    """What stands after the operator. VALUE, VALUES and SPAN hold values of the field's own kind, FACET and FACETS of the
    operator's facet (a rank: int, the higher the more senior; a function: text):

    text, picklist, id: the key (for persona, profile and buyer role the name as the rulebook writes it) · integer: int
    · decimal: int or float · boolean: bool · grade: rank 0 to 12 · date, datetime: ISO date "2026-11-21" · tags: the tag.
    """

    VALUE = "value"
    VALUES = "values"  # a tuple, at least one
    SPAN = "span"  # a tuple of two: lowest and highest, both counted in
    DAYS = "days"  # int: whole days back from 0:00 of the org's day
    YES = "yes"  # bool: `is empty: yes`
    FACET = "facet"
    FACETS = "facets"  # a tuple, at least one


Build: TypeAlias = Callable[[Field, Operand, Moment], nw.Expr]


@dataclass(frozen=True, slots=True)
class Operator:
    """`kinds` are the kinds of field it accepts; with a `facet`, only fields that have that facet.

    `of_parts`: it is asked of parts of a text, so that its operand is a fragment and names nothing. `picks`: True, it holds
    for the very values named and for no other; False, for all others; None, it asks something else. `is_short`: it is
    meant where a rule gives a value and no operator.
    """

    name: str
    kinds: frozenset[Kind]
    operand: OperandShape
    build: Build
    facet: str | None = None
    of_parts: bool = False
    picks: bool | None = None
    is_short: bool = False

    def accepts(self, field: Field) -> bool:
        """Whether a rule may put this operator on the field."""
        if field.is_several and self.picks is None and self.operand is not OperandShape.YES:
            return False
        return field.kind in self.kinds and (self.facet is None or self.facet in field.facets)

    @property
    def compares(self) -> bool:
        """Whether its operand holds values of the field's own kind."""
        return self.operand in {OperandShape.VALUE, OperandShape.VALUES, OperandShape.SPAN}

    @property
    def names_whole(self) -> bool:
        """Whether its operand names values as they are: no part of one, and no limit."""
        return self.operand in {OperandShape.VALUE, OperandShape.VALUES} and not self.of_parts


OPERATORS: dict[str, Operator] = {}

_WORDS = frozenset({Kind.TEXT, Kind.PICKLIST})
_NAMES = _WORDS | {Kind.ID}
_NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.GRADE})
_DAYS = frozenset({Kind.DATE, Kind.DATETIME})
# A decimal is compared with a threshold only: equality of fractions is an accident.
_EXACT = _NAMES | {Kind.INTEGER, Kind.BOOLEAN, Kind.GRADE, Kind.DATE}
_LISTED = _NAMES | {Kind.INTEGER, Kind.GRADE, Kind.DATE}
_TAGS = frozenset({Kind.TAGS})
_ANY = frozenset(Kind) - _TAGS  # tags are never empty text to a rule: name the tag


def operator(
    name: str,
    *,
    kinds: frozenset[Kind],
    operand: OperandShape = OperandShape.VALUE,
    facet: str | None = None,
    of_parts: bool = False,
    picks: bool | None = None,
    is_short: bool = False,
) -> Callable[[Build], Build]:
    """Register an operator under the words a rule file uses for it."""

    def register(build: Build) -> Build:
        OPERATORS[name] = Operator(name, kinds, operand, build, facet, of_parts, picks, is_short)
        return build

    return register


def operators_for(field: Field) -> tuple[str, ...]:
    """The names of the operators a rule may put on the field, in the order they are written here."""
    return tuple(name for name, found in OPERATORS.items() if found.accepts(field))


def short_operator(field: Field) -> Operator:
    """What `field: value` means; where the field accepts none of those, the one that is to be refused by name."""
    short = [found for found in OPERATORS.values() if found.is_short]
    return next((found for found in short if found.accepts(field)), short[0])


# --- the same or not


@operator("is", kinds=_EXACT, picks=True, is_short=True)
def _is(field: Field, operand: Operand, _: Moment) -> nw.Expr:
    return nw.col(field.column) == _value(field, operand)


@operator("is not", kinds=_EXACT, picks=False)
def _is_not(field: Field, operand: Operand, moment: Moment) -> nw.Expr:
    return ~_is(field, operand, moment)


@operator("is one of", kinds=_LISTED, operand=OperandShape.VALUES, picks=True)
def _is_one_of(field: Field, operand: Operand, _: Moment) -> nw.Expr:
    return nw.col(field.column).is_in(_values(field, operand))


@operator("is none of", kinds=_LISTED, operand=OperandShape.VALUES, picks=False)
def _is_none_of(field: Field, operand: Operand, moment: Moment) -> nw.Expr:
    return ~_is_one_of(field, operand, moment)


# --- inside a text


@operator("contains", kinds=_WORDS, of_parts=True)
def _contains(field: Field, operand: Operand, _: Moment) -> nw.Expr:
    return nw.col(field.column).str.contains(_text(operand), literal=True)


@operator("does not contain", kinds=_WORDS, of_parts=True)
def _does_not_contain(field: Field, operand: Operand, moment: Moment) -> nw.Expr:
    return ~_contains(field, operand, moment)


@operator("starts with", kinds=_WORDS, of_parts=True)
def _starts_with(field: Field, operand: Operand, _: Moment) -> nw.Expr:
    return nw.col(field.column).str.starts_with(_text(operand))


@operator("starts with one of", kinds=_WORDS, operand=OperandShape.VALUES, of_parts=True)
def _starts_with_one_of(field: Field, operand: Operand, moment: Moment) -> nw.Expr:
    starts = (_starts_with(field, one, moment) for one in cast("tuple[str, ...]", operand))
    return nw.any_horizontal(*starts, ignore_nulls=False)


@operator("ends with", kinds=_WORDS, of_parts=True)
def _ends_with(field: Field, operand: Operand, _: Moment) -> nw.Expr:
    return nw.col(field.column).str.ends_with(_text(operand))


# --- there at all: always yes or no


@operator("is empty", kinds=_ANY, operand=OperandShape.YES)
def _is_empty(field: Field, operand: Operand, _: Moment) -> nw.Expr:
    empty = nw.col(field.column).is_null()
    return empty if operand else ~empty


@operator("is not empty", kinds=_ANY, operand=OperandShape.YES)
def _is_not_empty(field: Field, operand: Operand, moment: Moment) -> nw.Expr:
    return ~_is_empty(field, operand, moment)


# --- how much


@operator("at least", kinds=_NUMBERS)
def _at_least(field: Field, operand: Operand, _: Moment) -> nw.Expr:
    return nw.col(field.column) >= _value(field, operand)


@operator("at most", kinds=_NUMBERS)
def _at_most(field: Field, operand: Operand, _: Moment) -> nw.Expr:
    return nw.col(field.column) <= _value(field, operand)


@operator("more than", kinds=_NUMBERS)
def _more_than(field: Field, operand: Operand, _: Moment) -> nw.Expr:
    return nw.col(field.column) > _value(field, operand)


@operator("less than", kinds=_NUMBERS)
def _less_than(field: Field, operand: Operand, _: Moment) -> nw.Expr:
    return nw.col(field.column) < _value(field, operand)


@operator("between", kinds=_NUMBERS | _DAYS, operand=OperandShape.SPAN)
def _between(field: Field, operand: Operand, moment: Moment) -> nw.Expr:
    lowest, highest = cast("tuple[str, str] | tuple[int, int]", operand)
    if field.kind is Kind.DATETIME:
        return ~_before(field, lowest, moment) & ~_after(field, highest, moment)
    return (nw.col(field.column) >= _value(field, lowest)) & (nw.col(field.column) <= _value(field, highest))


# --- when: days are the org's, from 0:00


@operator("within", kinds=_DAYS, operand=OperandShape.DAYS)
def _within(field: Field, operand: Operand, moment: Moment) -> nw.Expr:
    """Not in the future: a date to come is not within the last 14 days."""
    days, column = cast("int", operand), nw.col(field.column)
    if field.kind is Kind.DATE:
        return (column >= moment.today - timedelta(days=days)) & (column <= moment.today)
    return (column >= moment.day_start(days)) & (column <= moment.at)


@operator("before", kinds=_DAYS)
def _before(field: Field, operand: Operand, moment: Moment) -> nw.Expr:
    day = _day(operand)
    return nw.col(field.column) < (day if field.kind is Kind.DATE else _start(day, moment))


@operator("after", kinds=_DAYS)
def _after(field: Field, operand: Operand, moment: Moment) -> nw.Expr:
    """From the day after: the named day itself does not count."""
    following = _day(operand) + timedelta(days=1)
    return nw.col(field.column) >= (following if field.kind is Kind.DATE else _start(following, moment))


# --- tags


@operator("include", kinds=_TAGS, is_short=True)
def _include(field: Field, operand: Operand, _: Moment) -> nw.Expr:
    return nw.col(field.column).str.contains(f";{_text(operand)};", literal=True)


@operator("does not include", kinds=_TAGS)
def _does_not_include(field: Field, operand: Operand, moment: Moment) -> nw.Expr:
    return ~_include(field, operand, moment)


# --- facets the map derives


@operator("rank at least", kinds=_WORDS, operand=OperandShape.FACET, facet="rank")
def _rank_at_least(field: Field, operand: Operand, _: Moment) -> nw.Expr:
    return nw.col(field.facet("rank")) >= cast("int", operand)


@operator("rank at most", kinds=_WORDS, operand=OperandShape.FACET, facet="rank")
def _rank_at_most(field: Field, operand: Operand, _: Moment) -> nw.Expr:
    return nw.col(field.facet("rank")) <= cast("int", operand)


@operator("function is", kinds=_WORDS, operand=OperandShape.FACET, facet="function")
def _function_is(field: Field, operand: Operand, _: Moment) -> nw.Expr:
    return nw.col(field.facet("function")) == _text(operand)


@operator("function is one of", kinds=_WORDS, operand=OperandShape.FACETS, facet="function")
def _function_is_one_of(field: Field, operand: Operand, _: Moment) -> nw.Expr:
    return nw.col(field.facet("function")).is_in(cast("tuple[str, ...]", operand))


# --- operands: `config` has checked their shape


def _text(operand: Operand) -> str:
    return cast("str", operand)


def _value(field: Field, operand: Operand) -> str | int | float | bool | date:
    return _day(operand) if field.kind is Kind.DATE else cast("str | int | float | bool", operand)


def _values(field: Field, operand: Operand) -> list[str | int | float | bool | date]:
    return [_value(field, one) for one in cast("tuple[str, ...] | tuple[int, ...]", operand)]


def _day(operand: Operand) -> date:
    return date.fromisoformat(_text(operand))


def _start(day: date, moment: Moment) -> datetime:
    return moment.day_start((moment.today - day).days)
