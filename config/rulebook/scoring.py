"""scoring.yaml: what each activity is worth."""

from config.rulebook.conditions import activity_kind
from config.rulebook.operands import Known
from config.rulebook.reading import Problems, distinct, entries, number, yes_no
from config.trees import Node, Table
from engine.rulebooks import Points

_KEYS = ("points", "description")


def read_scoring(node: Node | None, known: Known, problems: Problems) -> tuple[Points, ...]:
    """`points:` holds `kind: 50`, or `kind: {points: 50, first only: yes}` for what counts once per prospect."""
    if node is None:
        return ()
    parts = entries(node, _KEYS, problems, of="scoring.yaml")
    if "points" not in parts:
        problems.add("RB-122", node, name="points", of="scoring.yaml")
        return ()
    table = parts["points"][1]
    if not isinstance(table, Table):
        problems.shape("RB-121", table)
        return ()
    found = []
    for key, value in distinct(table, problems):
        kind = activity_kind(key, known, problems)
        thousandths, first_only = _points(value, problems)
        if kind is not None and thousandths is not None:
            found.append(Points(kind, thousandths, first_only))
    return tuple(found)


def _points(node: Node, problems: Problems) -> tuple[int | None, bool]:
    if not isinstance(node, Table):
        return _thousandths(node, problems), False
    parts = entries(node, ("points", "first only"), problems, of="points")
    if "points" not in parts:
        problems.add("RB-122", node, name="points", of="points")
        return None, False
    first_only = yes_no(parts["first only"][1], problems) if "first only" in parts else False
    return _thousandths(parts["points"][1], problems), bool(first_only)


def _thousandths(node: Node, problems: Problems) -> int | None:
    found = number(node, problems)
    if found is None:
        return None
    thousandths = found * 1000
    if thousandths != thousandths.to_integral_value() or abs(found) > 1_000_000:
        problems.add("RB-150", node, given=str(found))
        return None
    return int(thousandths)
