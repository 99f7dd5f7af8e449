"""rulebook.yaml: what holds for the whole rulebook. How changes are approved, limited, paced and timed is in `policy.py`."""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import available_timezones

from config.files.problems import nearest
from config.files.yaml_tree import Node
from config.rulebook.policy import KEYS as POLICY_KEYS
from config.rulebook.policy import read_policy
from config.rulebook.typed import Problems, choice, entries, line, scalar
from engine.rulebook.policy import Policy
from engine.rulebook.rulebook import Operation

FILE = "rulebook.yaml"
_KEYS = ("name", "description", "mode", "scope", "time zone", "default profile", "order", *POLICY_KEYS)


@dataclass(frozen=True, slots=True)
class RulebookHead:
    """What rulebook.yaml says by itself; scope, order and the default profile need the other files to be read."""

    name: str
    zone: str | None
    operation: Operation
    policy: Policy
    scope: Node | None
    default_profile: Node | None
    order: Mapping[str, Node]


def read_head(node: Node | None, problems: Problems, *, place: str) -> RulebookHead:
    parts: dict[str, Node] = {}
    if node is None:
        problems.add("RB-122", place, name="name", of=FILE)  # {of!r} needs {name!r}
    else:
        parts = {key: value for key, (_, value) in entries(node, _KEYS, problems, of=FILE).items()}
        if "name" not in parts:
            problems.add("RB-122", node, name="name", of=FILE)  # {of!r} needs {name!r}
    order = entries(parts["order"], ("personas", "automation"), problems, of="order") if "order" in parts else {}
    return RulebookHead(
        name=(line(parts["name"], problems) or "") if "name" in parts else "",
        zone=_zone(parts["time zone"], problems) if "time zone" in parts else None,
        operation=_operation(parts.get("mode"), problems),
        policy=read_policy(parts, problems),
        scope=parts.get("scope"),
        default_profile=parts.get("default profile"),
        order={key: value for key, (_, value) in order.items()},
    )


def _operation(node: Node | None, problems: Problems) -> Operation:
    found = choice(node, tuple(Operation), problems) if node else None
    return Operation(found) if found else Operation.LIVE


def _zone(node: Node, problems: Problems) -> str | None:
    given = scalar(node, problems)
    if given is None:
        return None
    if given.text not in available_timezones():
        # no time zone is called {given!r}
        problems.add("RB-142", given, given=given.text, meant=nearest(given.text, available_timezones()))
        return None
    return given.text
