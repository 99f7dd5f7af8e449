"""What stands after an operator, as the engine compares it: text as its key, a grade as its rank, a date as ISO text.

The shape an operator asks for decides (`engine/conditions/operators.py`), and within it the kind of the field.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import cast

from config.files.yaml_tree import Node, Scalar, YamlList
from config.rulebook.fields import Readable
from config.rulebook.named_items import Names
from config.rulebook.typed import Problems, items, number, scalar, whole, yes_no
from config.rulebook.values import Values
from engine.assignment.directory import OWNER_KINDS
from engine.conditions.conditions import Operand
from engine.conditions.fields import Kind
from engine.conditions.operators import OperandShape, Operator
from engine.names import folded, plain, unshown
from engine.rulebook.rulebook import Rulebook
from engine.verdicts.grade import LADDER
from engine.verdicts.registry import VERDICT_OF
from mapping.field_map.standard_fields import PROSPECT_OBJECTS
from mapping.ids import id18, is_id
from mapping.text.keys import facet_of, fragment_of, key_of

One = str | int | float | bool
# One rulebook may serve an org that has mapped contacts and one that has not.
_OF_OWNER = frozenset({"owner_role", "owner_manager"})
_DAYS = re.compile(r"(\d+)\s*(?:days?|日間?)?", re.ASCII)
_DATE = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})", re.ASCII)
_LEAST = -(10**15)


@dataclass(frozen=True, slots=True)
class Known:
    """What conditions may name: fields, kinds of activity, items by kind, and what verdicts may come to.

    `details` are the fields of activities; None within a condition on activities, whose `fields` they are. `said` is the
    rulebook as far as a first look tells what verdicts may say, `unsaid` the outputs whose file cannot be read whole.
    """

    fields: Mapping[str, Readable]
    activities: frozenset[str]
    names: Mapping[str, Names]
    said: Rulebook = field(default_factory=lambda: Rulebook("", ""))
    unsaid: frozenset[str] = frozenset()
    values: Values = field(default_factory=Values)
    details: Mapping[str, Readable] | None = field(default_factory=dict)
    objects: tuple[str, ...] = ()


def operand(operator: Operator, readable: Readable, node: Node, known: Known, problems: Problems) -> Operand:
    """None when it does not fit, which has then been noted."""
    match operator.operand:
        case OperandShape.VALUE:
            return _one(operator, readable, node, known, problems)
        case OperandShape.VALUES | OperandShape.SPAN:
            found = [_one(operator, readable, one, known, problems) for one in _several(node, problems)]
            if not found or None in found:
                return None
            if operator.operand is OperandShape.SPAN and not _is_span(found):
                problems.add("RB-129", node)  # these are not a lower and an upper bound
                return None
            return cast("tuple[str, ...] | tuple[int, ...]", tuple(found))  # a field has one kind
        case OperandShape.DAYS:
            return days(node, problems)
        case OperandShape.YES:
            return yes_no(node, problems)
        case OperandShape.FACET:
            return _facet(operator, readable, node, problems)
        case OperandShape.FACETS:
            facets = [_facet(operator, readable, one, problems) for one in _several(node, problems)]
            return None if not facets or None in facets else cast("tuple[str, ...]", tuple(facets))


def value_of(readable: Readable, node: Node, known: Known, problems: Problems) -> One | None:
    """One value of a field's kind as rules compare it."""
    return _VALUES[readable.field.kind](readable, node, known, problems)


def days(node: Node, problems: Problems) -> int | None:
    """`14 days`, `14日` or `14`."""
    given = scalar(node, problems)
    if given is None:
        return None
    found = _DAYS.fullmatch(plain(given.text).strip().casefold())
    if not found or int(found[1]) > 36_500:
        problems.add("RB-148", given, given=given.text)  # {given!r} is not a number of days
        return None
    return int(found[1])


def _one(operator: Operator, readable: Readable, node: Node, known: Known, problems: Problems) -> One | None:
    if operator.of_parts:
        given = scalar(node, problems)
        if given is None:
            return None
        found = fragment_of(readable.key, given.text) if readable.key else _plain(readable, given.text)
        if found is None:
            problems.add("RB-130", given, given=given.text, field=readable.name)  # {given!r} counts as empty for…
        return found
    return value_of(readable, node, known, problems)


def _several(node: Node, problems: Problems) -> tuple[Node, ...]:
    """The items of a list that must not be empty."""
    found = items(node, problems)
    if isinstance(node, YamlList) and not found:
        problems.add("RB-108", node)  # the value is missing
    return found


def _is_span(found: list[One | None]) -> bool:
    if len(found) != 2:
        return False
    lowest, highest = found
    return lowest <= highest  # type: ignore[operator]  # two values of one kind


def _facet(operator: Operator, readable: Readable, node: Node, problems: Problems) -> str | int | None:
    given = scalar(node, problems)
    if given is None:
        return None
    found = facet_of(readable.key or "", operator.facet or "", given.text)
    if found is None:
        problems.add("RB-131", given, given=given.text, operator=operator.name)  # {operator!r} does not know {given!r}
    return found


def _text(readable: Readable, node: Node, known: Known, problems: Problems) -> One | None:
    kind_of_item = readable.name if readable.key is None else ""
    if kind_of_item in known.names:
        item = known.names[kind_of_item].find(node, problems)
        return item.name if item else None
    given = scalar(node, problems)
    if given is None:
        return None
    if readable.key is None:
        words = _words(readable.name, known)
        if words is not None and given.text not in words:
            problems.unknown("RB-118", given, words)  # {given!r} cannot be used here
            return None
        return _plain(readable, given.text)
    found = key_of(readable.key, known.values.value_of(readable, given))
    if found is None:
        problems.add("RB-130", given, given=given.text, field=readable.name)  # {given!r} counts as empty for {field!r}
    return found


def _plain(readable: Readable, text: str) -> str:
    """A text without a key, as its column has it."""
    return folded(text) if readable.name in _OF_OWNER else text


def _words(name: str, known: Known) -> tuple[str, ...] | None:
    """What a field may hold that leadsync decides; None while the file that says it cannot be read whole."""
    if verdict := VERDICT_OF.get(name):
        is_said = known.unsaid.isdisjoint({name, *verdict.made_of(known.said)})
        return verdict.words(known.said)[name] if is_said else None
    match name:
        case "object":
            return (*known.objects, *PROSPECT_OBJECTS)
        case "owner_role" | "owner_manager":
            return None  # the org says which there are
        case "owner_kind":
            return OWNER_KINDS
        case _:
            raise KeyError(name)


def _integer(_: Readable, node: Node, __: Known, problems: Problems) -> One | None:
    return whole(node, problems, least=_LEAST)


def _decimal(_: Readable, node: Node, __: Known, problems: Problems) -> One | None:
    found = number(node, problems)
    return None if found is None else float(found)


def _boolean(_: Readable, node: Node, __: Known, problems: Problems) -> One | None:
    return yes_no(node, problems)


def _grade(readable: Readable, node: Node, _: Known, problems: Problems) -> One | None:
    given = scalar(node, problems)
    if given is None:
        return None
    letter = plain(given.text).strip().upper()
    if letter not in LADDER:
        return _refused(readable, given, problems)
    return LADDER.index(letter)


def _date(readable: Readable, node: Node, _: Known, problems: Problems) -> One | None:
    given = scalar(node, problems)
    if given is None:
        return None
    found = _DATE.fullmatch(plain(given.text).strip())
    try:
        return (
            date(*(int(part) for part in found.groups())).isoformat() if found else _refused(readable, given, problems)
        )
    except ValueError:
        return _refused(readable, given, problems)


def _refused(readable: Readable, given: Scalar, problems: Problems) -> One | None:
    # {given!r} does not fit {field!r}, which is {kind}
    problems.add("RB-128", given, given=given.text, field=readable.name, kind=readable.field.kind)
    return None


def _id(readable: Readable, node: Node, _: Known, problems: Problems) -> One | None:
    given = scalar(node, problems)
    if given is None:
        return None
    return id18(given.text) if is_id(given.text) else _refused(readable, given, problems)


def tag(node: Node, problems: Problems) -> str | None:
    """A tag: NFKC, without the `;` that parts tags where they are kept."""
    given = scalar(node, problems)
    if given is None:
        return None
    found = plain(given.text).strip()
    if not found or ";" in found or unshown(found):
        problems.add("RB-146", given, given=given.text)  # {given!r} cannot be a tag
        return None
    return found


def _tags(_: Readable, node: Node, __: Known, problems: Problems) -> One | None:
    return tag(node, problems)


_VALUES: Mapping[Kind, Callable[[Readable, Node, Known, Problems], One | None]] = {
    Kind.TEXT: _text,
    Kind.PICKLIST: _text,
    Kind.INTEGER: _integer,
    Kind.DECIMAL: _decimal,
    Kind.BOOLEAN: _boolean,
    Kind.DATE: _date,
    Kind.DATETIME: _date,
    Kind.ID: _id,
    Kind.GRADE: _grade,
    Kind.TAGS: _tags,
}
