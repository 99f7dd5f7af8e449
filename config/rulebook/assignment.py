"""assignment.yaml: pools of people who take turns, the intake queues, and the pool for everybody else."""

from collections.abc import Mapping

from config.files.yaml_tree import Node, Scalar
from config.rulebook.named_items import Item, Names
from config.rulebook.typed import Problems, choice, entries, items, text
from engine.names import folded
from engine.rulebook.rulebook import Assignment, Pool, Reference

POOL_KEYS = ("members", "turn", "nobody free")
_KEYS = ("intake", "default pool", "pools", "description")

Parts = Mapping[str, tuple[Scalar, Node]]


def parts_of(node: Node | None, problems: Problems) -> Parts:
    return entries(node, _KEYS, problems, of="assignment.yaml") if node else {}


def read_assignment(parts: Parts, pools: tuple[Item, ...], names: Names, problems: Problems) -> Assignment:
    default = names.find(parts["default pool"][1], problems) if "default pool" in parts else None
    return Assignment(
        pools=tuple(_pool(item, problems) for item in pools),
        intake=_references(parts["intake"][1], problems) if "intake" in parts else (),
        default_pool=default.id if default else None,
    )


def _pool(item: Item, problems: Problems) -> Pool:
    node = item.needs("members", problems, of="pool")
    members = _references(node, problems) if node else ()
    if node and not members:
        problems.add("RB-108", node)  # the value is missing
    for key, word in (("turn", "least recent"), ("nobody free", "hold")):
        if part := item.part(key):
            choice(part, (word,), problems)
    return Pool(id=item.id, name=item.name, members=members, where=item.where)


def _references(node: Node, problems: Problems) -> tuple[Reference, ...]:
    """Usernames or DeveloperNames; nobody is listed twice."""
    found: dict[str, Reference] = {}
    for one in items(node, problems):
        name = text(one, problems)
        if name is None:
            continue
        if folded(name) in found:
            problems.add("RB-152", one, name=name)  # {name!r} is listed twice
        else:
            found[folded(name)] = Reference(name, one.where)
    return tuple(found.values())
