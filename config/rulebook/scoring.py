"""scoring.yaml: what each activity is worth, how that fades, and which bands of interest scores fall into.

points:
  page view: 1
  webinar attended: {points: 20, first only: yes, decay: {half life: 30 days}}
  campaign response: [5, {points: 20, when: {campaign type: Webinar}}]      # each that holds adds
  contract signed: {points: 100, decay: no}
decay: {linear: 90 days}            # or step, or half life; of every kind that does not say otherwise
bands: {4: 0, 3: 25, 2: 50, 1: 100}
score step: 5                       # a score is written when its band changes or it moved so far
"""

from dataclasses import dataclass

from config.files.yaml_tree import Node, Scalar, Table, YamlList
from config.rulebook.conditions import activity_kind, read_where
from config.rulebook.operands import Known, days
from config.rulebook.typed import Problems, distinct, entries, number, text, whole, yes_no
from engine.rulebook.rulebook import DEFAULT_SCORE_STEP, Band, Decay, Fading, Points

_KEYS = ("points", "decay", "bands", "score step", "description")
_OF_POINTS = ("points", "first only", "decay", "when")
# A table of days is made of each; a step needs none.
_DAYS_MAX = {Fading.LINEAR: 730, Fading.HALF_LIFE: 730, Fading.STEP: 3650}
_POINTS_MAX = 1_000_000
# A priority is a letter and the band's name, and the org's field holds four characters.
_NAME_MAX = 3


@dataclass(frozen=True, slots=True)
class Scoring:
    points: tuple[Points, ...] = ()
    bands: tuple[Band, ...] = ()
    score_step: int = DEFAULT_SCORE_STEP


def read_scoring(node: Node | None, known: Known, problems: Problems) -> Scoring:
    if node is None:
        return Scoring()
    parts = {key: value for key, (_, value) in entries(node, _KEYS, problems, of="scoring.yaml").items()}
    if "points" not in parts:
        problems.add("RB-122", node, name="points", of="scoring.yaml")  # {of!r} needs {name!r}
    step = whole(parts["score step"], problems, least=1, most=_POINTS_MAX) if "score step" in parts else None
    decay = _decay(parts["decay"], problems) if "decay" in parts else None
    return Scoring(
        points=_worths(parts["points"], decay, known, problems) if "points" in parts else (),
        bands=read_bands(node, problems),
        score_step=step or DEFAULT_SCORE_STEP,
    )


def read_bands(node: Node | None, problems: Problems) -> tuple[Band, ...]:
    """The bands that the file says, from the lowest up."""
    table = (
        next((value for key, value in node.entries if key.text == "bands"), None) if isinstance(node, Table) else None
    )
    if table is None:
        return ()
    if not isinstance(table, Table):
        problems.shape("RB-121", table)  # lines such as 'name: value' belong here
        return ()
    found: dict[int, str] = {}
    for key, value in distinct(table, problems):
        name = text(key, problems)
        least = whole(value, problems, least=-_POINTS_MAX, most=_POINTS_MAX)
        if name is None or least is None:
            continue
        if len(name) > _NAME_MAX:
            problems.add("RB-171", key, given=name, most=_NAME_MAX)  # {given!r} is too long for a band: a priority is…
        if least in found:
            problems.add("RB-172", value, first=found[least], second=name, points=least)  # the bands {first!r} and…
        found.setdefault(least, name)
    return tuple(Band(name, least) for least, name in sorted(found.items()))


def _worths(table: Node, decay: Decay | None, known: Known, problems: Problems) -> tuple[Points, ...]:
    """`kind: 50`, or `kind: {points: 50, first only: yes, decay: ..., when: ...}`, or a list of these."""
    if not isinstance(table, Table):
        problems.shape("RB-121", table)  # lines such as 'name: value' belong here
        return ()
    found = []
    for key, value in distinct(table, problems):
        kind = activity_kind(key, known, problems)
        several = value.items if isinstance(value, YamlList) else (value,)
        if not several:
            problems.add("RB-108", value)  # the value is missing
        for each in several:
            points = _points(kind or "", each, decay, known, problems)
            if kind is not None and points is not None:
                found.append(points)
    return tuple(found)


def _points(kind: str, node: Node, decay: Decay | None, known: Known, problems: Problems) -> Points | None:
    if not isinstance(node, Table):
        alone = _thousandths(node, problems)
        return None if alone is None else Points(kind, alone, decay=decay)
    parts = {key: value for key, (_, value) in entries(node, _OF_POINTS, problems, of="points").items()}
    if "decay" in parts:
        decay = _decay(parts["decay"], problems)
    if "points" not in parts:
        problems.add("RB-122", node, name="points", of="points")  # {of!r} needs {name!r}
        return None
    first_only = yes_no(parts["first only"], problems) if "first only" in parts else False
    thousandths = _thousandths(parts["points"], problems)
    where = read_where(parts["when"], known, problems) if "when" in parts else None
    return None if thousandths is None else Points(kind, thousandths, bool(first_only), decay, where)


def _decay(node: Node, problems: Problems) -> Decay | None:
    """`{linear: 90 days}`, or `no`: nothing fades."""
    if isinstance(node, Scalar) and not node.is_nothing:
        if yes_no(node, problems):
            problems.add("RB-170", node)  # this does not say how points fade
        return None
    parts = entries(node, tuple(Fading), problems, of="decay")
    if len(parts) != 1:
        if isinstance(node, Table) and len(node.entries) == len(parts):
            problems.add("RB-170", node)  # this does not say how points fade
        return None
    fading, value = next((Fading(key), value) for key, (_, value) in parts.items())
    number_of_days = days(value, problems)
    if number_of_days is None:
        return None
    if not 1 <= number_of_days <= _DAYS_MAX[fading]:
        # {given} is not a whole number from {least} to {most}
        problems.add("RB-117", value, given=str(number_of_days), least=1, most=f"{_DAYS_MAX[fading]:,}")
        return None
    return Decay(fading, number_of_days)


def _thousandths(node: Node, problems: Problems) -> int | None:
    found = number(node, problems)
    if found is None:
        return None
    thousandths = found * 1000
    if thousandths != thousandths.to_integral_value() or abs(found) > _POINTS_MAX:
        problems.add("RB-150", node, given=str(found))  # {given} points cannot be counted exactly
        return None
    return int(thousandths)
