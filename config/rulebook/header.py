"""rulebook.yaml: what holds for the whole rulebook."""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import available_timezones

from config.guesses import nearest
from config.rulebook.reading import Problems, choice, entries, scalar, text, whole
from config.trees import Node, Scalar
from engine.rulebooks import Approver, Policy

FILE = "rulebook.yaml"
_KEYS = ("name", "description", "scope", "time zone", "default profile", "order", "approval", "change limit")


@dataclass(frozen=True, slots=True)
class Header:
    """What rulebook.yaml says by itself; scope, order and the default profile need the other files to be read."""

    name: str
    zone: str | None
    policy: Policy
    scope: Node | None
    default_profile: Node | None
    order: Mapping[str, Node]


def read_header(node: Node | None, problems: Problems, *, place: str) -> Header:
    parts: dict[str, Node] = {}
    if node is None:
        problems.add("RB-122", place, name="name", of=FILE)
    else:
        parts = {key: value for key, (_, value) in entries(node, _KEYS, problems, of=FILE).items()}
        if "name" not in parts:
            problems.add("RB-122", node, name="name", of=FILE)
    order = entries(parts["order"], ("personas", "automation"), problems, of="order") if "order" in parts else {}
    return Header(
        name=(text(parts["name"], problems) or "") if "name" in parts else "",
        zone=_zone(parts["time zone"], problems) if "time zone" in parts else None,
        policy=_policy(parts, problems),
        scope=parts.get("scope"),
        default_profile=parts.get("default profile"),
        order={key: value for key, (_, value) in order.items()},
    )


def _zone(node: Node, problems: Problems) -> str | None:
    given = scalar(node, problems)
    if given is None:
        return None
    if given.text not in available_timezones():
        problems.add("RB-142", given, given=given.text, meant=nearest(given.text, available_timezones()))
        return None
    return given.text


def _policy(parts: Mapping[str, Node], problems: Problems) -> Policy:
    standard = Policy()
    approval = _part(parts, "approval", ("fields", "owners"), problems)
    limit = _part(parts, "change limit", ("percent", "min", "max"), problems)
    fields, owners = (_approver(approval.get(name), problems) for name in ("fields", "owners"))
    percent = whole(limit["percent"][1], problems, most=100) if "percent" in limit else None
    least = whole(limit["min"][1], problems) if "min" in limit else None
    most = whole(limit["max"][1], problems) if "max" in limit else None
    policy = Policy(
        fields=fields or standard.fields,
        owners=owners or standard.owners,
        changes_percent=standard.changes_percent if percent is None else percent,
        changes_min=standard.changes_min if least is None else least,
        changes_max=standard.changes_max if most is None else most,
    )
    if policy.changes_min > policy.changes_max:
        problems.add("RB-143", parts["change limit"], least=policy.changes_min, most=policy.changes_max)
    return policy


def _part(
    parts: Mapping[str, Node], name: str, keys: tuple[str, ...], problems: Problems
) -> Mapping[str, tuple[Scalar, Node]]:
    return entries(parts[name], keys, problems, of=name) if name in parts else {}


def _approver(entry: tuple[Scalar, Node] | None, problems: Problems) -> Approver | None:
    found = choice(entry[1], tuple(Approver), problems) if entry else None
    return Approver(found) if found else None
