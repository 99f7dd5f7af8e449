"""Conditions as rule files write them: `field: {operator: value}`, `field: value`, `activity: {...}`, and all / any / none.

Several keys side by side must all hold, so `employees: {at least: 100, less than: 300}` reads as it is meant, and so does
`activity: {kind: campaign response, campaign type: Webinar, count at least: 2}`.
"""

from dataclasses import replace

from config.files.yaml_tree import Node, Scalar, Table, YamlList
from config.rulebook.fields import Readable
from config.rulebook.operands import Known, days, operand
from config.rulebook.typed import Problems, choice, distinct, items, scalar, text, whole, yes_no
from engine.conditions.conditions import ALWAYS, ActivityCount, Condition, Group, Join, Leaf
from engine.conditions.operators import OPERATORS, Operator, operators_for, short_operator
from engine.names import folded
from mapping.ids import id18, is_id
from mapping.text.keys import TEXT_KEYS, facets_of

EVERYONE = "everyone"
_JOINS = frozenset(Join)
_EMPTY = "empty counts as"
_ACTIVITY_KEYS = ("kind", "asset", "campaign", "within", "count at least", "count at most")


def read_condition(node: Node, known: Known, problems: Problems) -> Condition:
    """The condition at a node; where it cannot be read the problem is noted and something that holds stands in."""
    match node:
        case Scalar() if folded(node.text) == EVERYONE:
            return ALWAYS
        case YamlList():
            problems.add("RB-132", node)  # a list of conditions does not say how many of them must hold
            return ALWAYS
        case Table():
            return _all_of(node, known, problems)
    problems.shape("RB-121", node)  # lines such as 'name: value' belong here
    return ALWAYS


def _all_of(node: Table, known: Known, problems: Problems) -> Condition:
    """Every entry of a mapping; one alone is no group."""
    parts: list[Condition] = []
    empty: bool | None = None
    for key, value in distinct(node, problems):
        if key.text == _EMPTY:
            empty = yes_no(value, problems)
        elif key.text in _JOINS:
            parts.append(_group(Join(key.text), value, known, problems))
        elif key.text == "activity" and known.details is not None:
            parts.append(_activity(value, known, problems))
        elif readable := known.fields.get(key.text):
            parts.append(_field(readable, value, known, problems))
        else:
            problems.unknown("RB-106", key, known.fields, also=(*_JOINS, "activity", _EMPTY))  # the field map has no…
    if not any(key.text != _EMPTY for key, _ in node.entries):
        problems.add("RB-108", node)  # the value is missing
    if len(parts) != 1:
        return Group(Join.ALL, tuple(parts), empty)
    only = parts[0]
    if empty is None:
        return only
    if isinstance(only, Group) and only.empty_counts_as is None:
        return Group(only.join, only.of, empty)
    return Group(Join.ALL, (only,), empty)


def _group(join: Join, node: Node, known: Known, problems: Problems) -> Condition:
    of = items(node, problems)
    if isinstance(node, YamlList) and not of:
        problems.add("RB-108", node)  # the value is missing
    return Group(join, tuple(read_condition(one, known, problems) for one in of))


def _field(readable: Readable, node: Node, known: Known, problems: Problems) -> Condition:
    """`field: {operator: value, ...}` or, for `is`, `field: value`."""
    if isinstance(node, Table):
        pairs = distinct(node, problems)
        empty = next((yes_no(value, problems) for key, value in pairs if key.text == _EMPTY), None)
        found = [
            _leaf(readable, key, value, known, problems, empty=empty) for key, value in pairs if key.text != _EMPTY
        ]
        if not found:
            problems.add("RB-108", node)  # the value is missing
        leaves = tuple(leaf for leaf in found if leaf)
        return leaves[0] if len(leaves) == 1 else Group(Join.ALL, leaves)
    if isinstance(node, YamlList):
        problems.add("RB-133", node, field=readable.name)  # a list after {field!r} needs an operator
        return ALWAYS
    short = short_operator(readable.field)
    return _leaf(readable, Scalar(short.name, node.where), node, known, problems, empty=None) or ALWAYS


def _leaf(
    readable: Readable, key: Scalar, node: Node, known: Known, problems: Problems, *, empty: bool | None
) -> Leaf | None:
    operator = OPERATORS.get(folded(key.text))
    if operator is None:
        problems.unknown("RB-104", key, operators_for(readable.field), field=readable.name)  # no operator is called…
        return None
    if not operator.accepts(readable.field):
        _refuse(operator, readable, key, problems)
        return None
    value = operand(operator, readable, node, known, problems)
    return None if value is None else Leaf(readable.field, operator.name, value, _shown(node), empty)


def _refuse(operator: Operator, readable: Readable, key: Scalar, problems: Problems) -> None:
    usable = ", ".join(operators_for(readable.field))
    if operator.facet and readable.field.kind in operator.kinds:
        text_key = next((key for key in TEXT_KEYS if operator.facet in facets_of(key)), operator.facet)
        # {operator!r} needs a field that the field map reads as {key!r}; {field!r} is not
        problems.add("RB-134", key, operator=operator.name, field=readable.name, key=text_key)
    else:
        # {operator!r} cannot compare {field!r}, which is {kind}
        problems.add("RB-105", key, operator=operator.name, field=readable.name, kind=readable.field.kind, known=usable)


def _shown(node: Node) -> str:
    """The operand as its author wrote it."""
    match node:
        case Scalar():
            return node.text
        case YamlList():
            return ", ".join(_shown(one) for one in node.items)
        case Table():
            return ""


def _activity(node: Node, known: Known, problems: Problems) -> Condition:
    parts, asked = _parted(node, known, problems)
    kinds: tuple[str, ...] = ()
    if "kind" in parts:
        named = parts["kind"].items if isinstance(parts["kind"], YamlList) else (parts["kind"],)
        kinds = tuple(kind for one in named if (kind := activity_kind(one, known, problems)))
    at_least = whole(parts["count at least"], problems) if "count at least" in parts else None
    at_most = whole(parts["count at most"], problems) if "count at most" in parts else None
    if at_least is None:
        # "at most 3" alone includes nobody having done it at all.
        at_least = 0 if at_most is not None else 1
    if at_most is not None and at_least > at_most:
        problems.add("RB-129", parts["count at most"])  # these are not a lower and an upper bound
    campaign = text(parts["campaign"], problems) if "campaign" in parts else None
    return ActivityCount(
        kinds=kinds,
        asset=text(parts["asset"], problems) if "asset" in parts else None,
        campaign=id18(campaign) if campaign and is_id(campaign) else campaign,
        within_days=days(parts["within"], problems) if "within" in parts else None,
        at_least=at_least,
        at_most=at_most,
        where=read_where(asked, known, problems) if asked else None,
    )


def _parted(node: Node, known: Known, problems: Problems) -> tuple[dict[str, Node], Table | None]:
    """What is counted, and what is asked of the activities' own fields besides."""
    if not isinstance(node, Table):
        problems.shape("RB-121", node)  # lines such as 'name: value' belong here
        return {}, None
    parts: dict[str, Node] = {}
    asked: list[tuple[Scalar, Node]] = []
    details = known.details or {}
    for key, value in distinct(node, problems):
        if key.text in _ACTIVITY_KEYS:
            parts[key.text] = value
        elif key.text in details or key.text in _JOINS or key.text == _EMPTY:
            asked.append((key, value))
        else:
            problems.unknown("RB-103", key, (*_ACTIVITY_KEYS, *details), of="activity")  # {of!r} has no key {given!r}
    return parts, Table(tuple(asked), node.where) if asked else None


def read_where(node: Node, known: Known, problems: Problems) -> Condition:
    """A condition on the fields of activities (`map.yaml` says which they are)."""
    return read_condition(node, replace(known, fields=known.details or {}, details=None), problems)


def activity_kind(node: Node, known: Known, problems: Problems) -> str | None:
    """A kind of activity that the field map can bring."""
    given = scalar(node, problems)
    if given is None:
        return None
    if given.text not in known.activities:
        problems.unknown("RB-135", given, known.activities)  # the field map has no activity of kind {given!r}
        return None
    return given.text


def read_empty(node: Node, problems: Problems) -> bool | None:
    """`empty counts as` of a criterion: `not match`, or `unknown`, which is the default."""
    return False if choice(node, ("unknown", "not match"), problems) == "not match" else None
