"""Where the rulebook says the values that have defaults, for whoever shows them side by side."""

from collections.abc import Mapping
from pathlib import Path

from config.files.yaml_tree import Node, Scalar, Table, tree
from config.rulebook.folder import texts_of

# Each default's place: the file and the keys from its top.
_PLACES = {
    "change_limit_percent": ("rulebook.yaml", "change limit", "percent"),
    "change_limit_min": ("rulebook.yaml", "change limit", "min"),
    "change_limit_max": ("rulebook.yaml", "change limit", "max"),
    "owner_limit_percent": ("rulebook.yaml", "owner limit", "percent"),
    "owner_limit_min": ("rulebook.yaml", "owner limit", "min"),
    "leaver_limit_percent": ("rulebook.yaml", "owner limit", "leavers"),
    "ping_pong_moves": ("rulebook.yaml", "ping-pong", "moves"),
    "ping_pong_days": ("rulebook.yaml", "ping-pong", "days"),
    "plan_expiry_days": ("rulebook.yaml", "plan expiry", "working days"),
    "score_step": ("scoring.yaml", "score step"),
}


def said_in(folder: Path) -> Mapping[str, Scalar]:
    """What the rulebook says of them, by the default's name, as its author typed it. RulebookError without one."""
    texts = texts_of(folder)
    found: dict[str, Scalar] = {}
    for name, (file, *keys) in _PLACES.items():
        node: Node | None = tree(texts.get(file, ""), file=f"{folder.name}/{file}", area="rulebook")[0]
        for key in keys:
            node = {said.text: held for said, held in node.entries}.get(key) if isinstance(node, Table) else None
        if isinstance(node, Scalar) and not node.is_nothing:
            found[name] = node
    return found
