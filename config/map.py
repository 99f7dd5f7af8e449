"""Read map.yaml: which objects and fields are read, what rules call them, and where decisions are written.

    prospects:
      Lead:
        fields:
          company: Company                                                     # a standard field: kind and key are known
          department: {field: Department__c, kind: text, key: department}
        write back: {grade: My_Grade__c}                                       # only what differs from the defaults
    activities:
      - {object: Task, prospect: WhoId, at: CreatedDate, kind: task}
      - {object: Web_Activity__c, prospect: Lead__c, at: Occurred_At__c, kind: {field: Type__c, values: {Form: form submission}}}

Every problem of the file is reported at once. Whether the org has all of it is `mapping/check.py`'s question.
"""

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from config.guesses import folded, nearest
from config.texts import read_text
from config.trees import Listing, Node, Scalar, Table, tree
from engine.digests import digest
from engine.errors import MapError, Parameter, Problem
from engine.fields import DERIVED_FIELDS, IDENTITY_COLUMNS, LATER, RIDERS, TARGETS, Kind
from mapping.maps import ActivitySource, FieldMap, MappedField, ObjectMap
from mapping.standards import STANDARD_FIELDS, Standard
from mapping.targets import WRITE_BACK
from mapping.text import TEXT_KEYS, default_key, facets_of

FILE = "map.yaml"

_API_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_NAME = re.compile(r"[^\W\d]\w*(?: \w+)*")
_WIDE = re.compile("[：　]")
_TIGHT_COLON = re.compile(r"\w:\S")
# Words that a condition or a column already uses for something else.
_TAKEN = frozenset({*IDENTITY_COLUMNS, *TARGETS, *RIDERS, *LATER, *(field.name for field in DERIVED_FIELDS)}) | {
    "owner", "activity", "all", "any", "none", "empty counts as", "firings",
}  # fmt: skip
_KEYED = frozenset({Kind.TEXT, Kind.PICKLIST})


def load_map(path: Path) -> FieldMap:
    """The field map of a file. MapError with every problem, each at file:line:column."""
    if not path.is_file():
        raise MapError.of("MP-104", path.name)
    return map_from_text(read_text(path, file=path.name, error=MapError, code="MP-105"), file=path.name)


def map_from_text(text: str, *, file: str = FILE) -> FieldMap:
    """The field map a text says; FieldMap.text gives it back."""
    root, problems = tree(text, file=file, area="map")
    if problems:
        raise MapError(*problems)
    if root is None:
        raise MapError.of("MP-106", file)
    reader = _Reader()
    top = reader.entries(root, {"prospects", "activities"})
    if "prospects" not in top:
        reader.add("MP-120", root, name="prospects")
    objects = tuple(reader.objects(top["prospects"])) if "prospects" in top else ()
    activities = tuple(reader.activities(top["activities"])) if "activities" in top else ()
    if reader.problems:
        raise MapError(*reader.problems)
    return FieldMap(objects, activities, _meaning(objects, activities), text)


def _meaning(objects: tuple[ObjectMap, ...], activities: tuple[ActivitySource, ...]) -> str:
    """The version of a map: comments, order of lines and spelled-out defaults make no other version."""
    return digest(
        [
            {
                entry.api_name: [
                    sorted([f.name, f.api_name, f.kind.value, f.key] for f in entry.fields),
                    dict(entry.write_back),
                ]
                for entry in objects
            },
            [
                [s.api_name, list(s.prospect), s.at, s.kind, s.kind_field, dict(s.kinds), s.asset, s.campaign]
                for s in activities
            ],
        ]
    )


class _Reader:
    """Reads on after a problem; what could not be read is None or left out."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def add(self, code: str, at: Node, **params: Parameter) -> None:
        self.problems.append(Problem(code, at.where, params))

    # --- prospects

    def objects(self, node: Node) -> Iterator[ObjectMap]:
        table = self.entries(node, None)
        if not table and isinstance(node, Table):
            self.add("MP-120", node, name="Lead")
        for name, value in table.items():
            self.api_name(self.key_of(node, name))
            parts = self.entries(value, {"fields", "write back"})
            fields = tuple(self.fields(parts["fields"], name)) if "fields" in parts else ()
            yield ObjectMap(name, fields, self.write_back(parts.get("write back")), value.where)

    def fields(self, node: Node, object_name: str) -> Iterator[MappedField]:
        for name, value in self.entries(node, None).items():
            key = self.key_of(node, name)
            if folded(name) in _TAKEN:
                self.add("MP-121", key, given=name)
            elif not _NAME.fullmatch(name) or "__" in name:
                self.add("MP-122", key, given=name)
            elif field := self.field(name, value, object_name):
                yield field

    def field(self, name: str, node: Node, object_name: str) -> MappedField | None:
        parts: dict[str, Node] = {"field": node}
        if not isinstance(node, Scalar):
            parts = self.entries(node, {"field", "kind", "key"})
        if "field" not in parts:
            if isinstance(node, Table):
                self.add("MP-120", node, name="field")
            return None
        api_name = self.api_name(parts["field"])
        if api_name is None:
            return None
        standard = STANDARD_FIELDS.get(object_name, {}).get(api_name)
        kind = self.kind(parts.get("kind"), standard)
        if kind is None:
            if "kind" not in parts:
                self.unknown_kind(parts["field"], api_name, object_name)
            return None
        key = self.text_key(parts.get("key"), kind)
        if key is None and kind in _KEYED:
            # The key that fits a standard field fits only while the map leaves its kind alone.
            key = (standard.key if standard and standard.kind is kind else None) or default_key(kind)
        return MappedField(name, api_name, kind, key, facets_of(key) if key else (), node.where)

    def kind(self, node: Node | None, standard: Standard | None) -> Kind | None:
        if node is None:
            return standard.kind if standard else None
        found = self.choice(node, [kind.value for kind in Kind], "MP-123")
        return Kind(found) if found else None

    def unknown_kind(self, node: Node, api_name: str, object_name: str) -> None:
        meant = "" if api_name.endswith("__c") else nearest(api_name, STANDARD_FIELDS.get(object_name, {}))
        self.add("MP-124", node, given=api_name, meant=meant, known=", ".join(Kind))

    def text_key(self, node: Node | None, kind: Kind) -> str | None:
        if node is None:
            return None
        found = self.choice(node, TEXT_KEYS, "MP-125")
        if found and kind not in _KEYED:
            self.add("MP-126", node, given=found, kind=kind.value)
            return None
        return found

    def write_back(self, node: Node | None) -> dict[str, str]:
        names = {target.name: target.api_name for target in WRITE_BACK}
        for target, value in (self.entries(node, set(names)) if node else {}).items():
            api_name = self.api_name(value)
            if api_name is None:
                continue
            if api_name.casefold().startswith("pi__"):
                self.add("MP-127", value, given=api_name)
            names[target] = api_name
        by_api_name: dict[str, str] = {}
        for target, api_name in names.items():
            first = by_api_name.setdefault(api_name.casefold(), target)
            if first != target and node:
                self.add("MP-128", node, given=api_name, first=first, second=target)
        return names

    # --- activities

    def activities(self, node: Node) -> Iterator[ActivitySource]:
        if not isinstance(node, Listing):
            self.shape("MP-109", node)
            return
        for item in node.items:
            parts = self.entries(item, {"object", "prospect", "at", "kind", "asset", "campaign"})
            missing = [name for name in ("object", "prospect", "at", "kind") if name not in parts]
            for name in missing if isinstance(item, Table) else ():
                self.add("MP-120", item, name=name)
            if not missing and (source := self.activity(parts, item)):
                yield source

    def activity(self, parts: dict[str, Node], item: Node) -> ActivitySource | None:
        prospect = parts["prospect"]
        named = prospect.items if isinstance(prospect, Listing) else (prospect,)
        if not named:
            self.add("MP-108", prospect)
        holders = [self.api_name(one) for one in named]
        object_name, at = self.api_name(parts["object"]), self.api_name(parts["at"])
        optional = {name: self.api_name(parts[name]) for name in ("asset", "campaign") if name in parts}
        kind, kind_field, kinds = self.activity_kind(parts["kind"])
        if not object_name or not at or not all(holders):
            return None
        return ActivitySource(
            object_name,
            tuple(holder for holder in holders if holder),
            at,
            kind=kind,
            kind_field=kind_field,
            kinds=kinds,
            asset=optional.get("asset"),
            campaign=optional.get("campaign"),
            where=item.where,
        )

    def activity_kind(self, node: Node) -> tuple[str | None, str | None, dict[str, str]]:
        """One kind for all rows, or the field that says it and what its values are called."""
        if not isinstance(node, Table):
            return self.text(node), None, {}
        parts = self.entries(node, {"field", "values"})
        if "field" not in parts:
            self.add("MP-120", node, name="field")
            return None, None, {}
        values = self.entries(parts["values"], None) if "values" in parts else {}
        named = {value: kind for value, at in values.items() if (kind := self.text(at))}
        return None, self.api_name(parts["field"]), named

    # --- the smallest parts

    def entries(self, node: Node, known: Collection[str] | None) -> dict[str, Node]:
        """The entries of a table; known: None takes any key. Keys that stand twice or are not known are noted."""
        if not isinstance(node, Table):
            self.shape("MP-116", node)
            return {}
        found: dict[str, Node] = {}
        for key, value in node.entries:
            if key.text in found:
                self.add("MP-107", key, given=key.text)
            elif known is not None and key.text not in known:
                self.unknown("MP-103", key, known)
            else:
                # YAML puts an empty value where the next line begins; people look at its key.
                is_empty = isinstance(value, Scalar) and not value.text and not value.is_quoted
                found[key.text] = Scalar("", key.where) if is_empty else value
        return found

    def key_of(self, node: Node, name: str) -> Node:
        """The place of a key."""
        return next((key for key, _ in node.entries if key.text == name), node) if isinstance(node, Table) else node

    def text(self, node: Node) -> str | None:
        if isinstance(node, Scalar) and node.text.strip() and not node.is_nothing:
            return node.text.strip()
        self.shape("MP-111", node)
        return None

    def api_name(self, node: Node) -> str | None:
        found = self.text(node)
        if found and not _API_NAME.fullmatch(found):
            self.add("MP-129", node, given=found)
            return None
        return found

    def choice(self, node: Node, known: Collection[str], code: str) -> str | None:
        found = self.text(node)
        if found is None or folded(found) in known:
            return folded(found) if found else None
        self.unknown(code, node, known)
        return None

    def unknown(self, code: str, node: Node, known: Collection[str]) -> None:
        given = node.text if isinstance(node, Scalar) else ""
        if wide := _WIDE.search(given):
            self.add("MP-102", node, character=wide[0])
        else:
            self.add(code, node, given=given, meant=nearest(given, known), known=", ".join(sorted(known)))

    def shape(self, code: str, node: Node) -> None:
        """Another shape than expected; nothing at all and a wrong colon are named as what they are."""
        if not isinstance(node, Scalar):
            self.add(code, node)
        elif wide := _WIDE.search(node.text):
            self.add("MP-102", node, character=wide[0])
        elif node.is_nothing or not node.text.strip():
            self.add("MP-108", node)
        else:
            self.add("MP-110" if _TIGHT_COLON.search(node.text) else code, node)
