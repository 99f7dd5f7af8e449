"""Items of rule files: what personas, profiles, rules and pools have in common, and how others name them.

An item is remembered by its id: `id`, or the name it had (`was`), or its name.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from config.files.yaml_tree import Node, Scalar, YamlList
from config.rulebook.typed import Problems, entries, line, scalar, text, texts, yes_no
from engine.names import folded, plain

_SHARED_KEYS = ("name", "id", "was", "description", "tags", "folder", "active")


@dataclass(frozen=True, slots=True)
class Item:
    """One item, its own keys still unread in `parts`. An item that is not active is checked and then left out."""

    id: str
    name: str
    where: str
    node: Node
    parts: Mapping[str, tuple[Scalar, Node]]
    is_active: bool = True

    def part(self, key: str) -> Node | None:
        return self.parts[key][1] if key in self.parts else None

    def needs(self, key: str, problems: Problems, *, of: str) -> Node | None:
        """A key that must be there."""
        found = self.part(key)
        if found is None:
            problems.add("RB-122", self.where, name=key, of=of)  # {of!r} needs {name!r}
        return found


@dataclass(frozen=True, slots=True)
class Names:
    """The items of one kind by what a rule may call them: name or id, width and case aside.

    While a file of theirs cannot be read they are not complete, and one that is not found is not blamed.
    """

    kind: str
    by_name: Mapping[str, Item]
    is_complete: bool = True

    def find(self, node: Node, problems: Problems) -> Item | None:
        """The item a rule names. One that does not exist or is not active is noted."""
        given = scalar(node, problems)
        if given is None:
            return None
        found = self.by_name.get(folded(given.text))
        if found is None and self.is_complete:
            # there is no {kind} {given!r}
            problems.unknown("RB-124", given, {item.name for item in self.by_name.values()}, kind=self.kind)
        elif found and not found.is_active:
            problems.add("RB-125", given, kind=self.kind, name=found.name, there=found.where)  # the {kind} {name!r} is…
        else:
            return found
        return None


def read_items(nodes: Sequence[Node], keys: Collection[str], problems: Problems, *, kind: str) -> tuple[Item, ...]:
    """The items of some lists in order. `keys` are those an item of this kind has besides the shared ones."""
    found = []
    for node in nodes:
        if isinstance(node, YamlList):
            found += [item for one in node.items if (item := _item(one, keys, problems, kind=kind))]
        else:
            problems.shape("RB-120", node)  # a list belongs here
    return tuple(found)


def names_of(items: Sequence[Item], problems: Problems, *, kind: str, is_complete: bool) -> Names:
    """How the items may be called. Two that share an id or a name are noted."""
    by_name: dict[str, Item] = {}
    for item in items:
        called = {folded(item.name), folded(item.id)}
        if first := next((by_name[name] for name in called if name in by_name), None):
            problems.add("RB-123", item.where, kind=kind, name=item.name, first=first.where)  # two items of kind {kind…
        by_name |= {name: item for name in called if name not in by_name}
    return Names(kind, by_name, is_complete)


def ordered(items: Sequence[Item], order: Node | None, names: Names, problems: Problems) -> tuple[Item, ...]:
    """Those that `order` lists, in its order; then the rest by file name and position."""
    first: dict[str, Item] = {}
    if order is not None:
        listed = order.items if isinstance(order, YamlList) else ()
        if not isinstance(order, YamlList):
            problems.shape("RB-120", order)  # a list belongs here
        first = {item.id: item for node in listed if (item := names.find(node, problems))}
    return (*first.values(), *(item for item in items if item.id not in first))


def _item(node: Node, keys: Collection[str], problems: Problems, *, kind: str) -> Item | None:
    parts = entries(node, (*_SHARED_KEYS, *keys), problems, of=kind)
    if not parts:
        return None
    values = {key: line(parts[key][1], problems) for key in ("name", "id", "was", "folder") if key in parts}
    if "description" in parts:
        text(parts["description"][1], problems)
    if "tags" in parts:
        texts(parts["tags"][1], problems)
    active = yes_no(parts["active"][1], problems) if "active" in parts else True
    if "name" not in parts:
        problems.add("RB-122", node, name="name", of=kind)  # {of!r} needs {name!r}
    if "id" in parts and "was" in parts:
        problems.add("RB-145", parts["was"][0])  # 'id' and 'was' cannot both be given
    name = values.get("name")
    if name is None:
        return None
    remembered = values.get("id") or values.get("was") or name
    if ";" in remembered:
        problems.add("RB-155", node, given=remembered)  # a name or id may not hold ';': {given!r}
    return Item(plain(remembered), name, node.where, node, parts, is_active=active is not False)
