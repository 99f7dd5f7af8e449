"""`prospects:` and `related:` of map.yaml: which fields are read, what rules call them, and where decisions go."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from config.field_map.reading import Reader
from config.files.problems import nearest
from config.files.yaml_tree import Node, Scalar, Table
from engine.conditions.fields import IDENTITY_COLUMNS, LATER, Kind
from engine.names import folded
from engine.verdicts.registry import DERIVED_FIELDS, RIDERS, TARGETS
from mapping.field_map.field_map import Lookup, MappedField, ObjectMap, RelatedObject
from mapping.field_map.standard_fields import STANDARD_FIELDS, STANDARD_LOOKUPS, Standard
from mapping.field_map.write_back import WRITE_BACK
from mapping.text.keys import TEXT_KEYS, default_key, facets_of

_NAME = re.compile(r"[^\W\d]\w*(?: \w+)*")
# Words that a condition or a column already uses for something else.
_TAKEN = frozenset({*IDENTITY_COLUMNS, *TARGETS, *RIDERS, *LATER, *(field.name for field in DERIVED_FIELDS)}) | {
    "owner", "activity", "all", "any", "none", "empty counts as", "firings",
}  # fmt: skip
_KEYED = frozenset({Kind.TEXT, Kind.PICKLIST})


def read_related(node: Node, reader: Reader) -> Iterator[RelatedObject]:
    """`Account: {fields: {industry: Industry}}`."""
    for name, value in reader.entries(node, None).items():
        reader.api_name(reader.key_of(node, name))
        parts = reader.entries(value, {"fields"})
        fields = tuple(read_fields(parts["fields"], name, reader)) if reader.needed(value, parts, "fields") else ()
        yield RelatedObject(name, fields, value.where)


def read_objects(node: Node, related: Mapping[str, RelatedObject], reader: Reader) -> Iterator[ObjectMap]:
    table = reader.entries(node, None)
    if not table and isinstance(node, Table):
        reader.add("MP-120", node, name="Lead")  # {name!r} is missing here
    for name, value in table.items():
        reader.api_name(reader.key_of(node, name))
        parts = reader.entries(value, {"fields", "lookups", "write back"})
        lookups = tuple(read_lookups(parts["lookups"], name, related, reader)) if "lookups" in parts else ()
        # What a lookup that cannot be read does not lend is not missing.
        is_complete = not reader.problems
        own: list[MappedField] = []
        fields = parts.get("fields")
        for mapped, lookup in (
            _prospect_fields(fields, name, lookups, reader, is_complete=is_complete) if fields else ()
        ):
            if lookup is None:
                own.append(mapped)
            else:
                lookups = tuple(
                    replace(one, fields=(*one.fields, mapped)) if one.name == lookup else one for one in lookups
                )
        _refuse_twins(own, lookups, reader)
        yield ObjectMap(name, tuple(own), _write_back(parts.get("write back"), reader), value.where, lookups)


def read_lookups(
    node: Node, object_name: str, related: Mapping[str, RelatedObject], reader: Reader
) -> Iterator[Lookup]:
    """`account: AccountId`, or `{field: Partner__c, object: Account}`: what a standard field names is known. A field of
    the record is called by both names: `account industry`.
    """
    for name, value in reader.entries(node, None).items():
        key = reader.key_of(node, name)
        if not _NAME.fullmatch(name) or "__" in name:
            reader.add("MP-122", key, given=name)  # {given!r} cannot be the name of a field
            continue
        parts: dict[str, Node] = {"field": value}
        if not isinstance(value, Scalar):
            parts = reader.entries(value, {"field", "object"})
        if not reader.needed(value, parts, "field"):
            continue
        api_name = reader.api_name(parts["field"])
        if api_name is None:
            continue
        wanted = parts.get("object")
        target = reader.api_name(wanted) if wanted else STANDARD_LOOKUPS.get(object_name, {}).get(api_name)
        if target is None and wanted is None:
            reader.add("MP-131", parts["field"], given=api_name)  # which object {given!r} names is not given
        elif target is not None and target not in related:
            reader.add("MP-132", wanted or parts["field"], given=target)  # 'related' has no object {given!r}
        elif target is not None:
            yield lookup_of(name, api_name, related[target], value.where)


def lookup_of(name: str, api_name: str, related: RelatedObject, where: str) -> Lookup:
    fields = (replace(one, name=f"{name} {one.name}", where=where) for one in related.fields)
    return Lookup(name, api_name, related.api_name, tuple(fields), where)


def _prospect_fields(
    node: Node, object_name: str, lookups: Iterable[Lookup], reader: Reader, *, is_complete: bool
) -> Iterator[tuple[MappedField, str | None]]:
    """Its own fields, and those it has from a record it names: `company: {related: account name}`."""
    by_name = {mapped.name: (mapped, lookup.name) for lookup in lookups for mapped in lookup.fields}
    for name, value in _named(node, reader):
        if not isinstance(value, Table) or all(key.text != "related" for key, _ in value.entries):
            if mapped := _field(name, value, object_name, reader):
                yield mapped, None
            continue
        parts = reader.entries(value, None)
        for other in sorted(parts.keys() - {"related"}):
            reader.add("MP-133", reader.key_of(value, other), given=other)  # {given!r} has no place beside 'related'
        said = reader.text(parts["related"])
        if said in by_name:
            mapped, lookup = by_name[said]
            yield replace(mapped, name=name, where=value.where), lookup
        elif said is not None and is_complete:
            known = ", ".join(sorted(by_name))
            # no field of a related record is called {given!r}
            reader.add("MP-134", parts["related"], given=said, meant=nearest(said, by_name), known=known)


def read_fields(node: Node, object_name: str, reader: Reader) -> Iterator[MappedField]:
    for name, value in _named(node, reader):
        if mapped := _field(name, value, object_name, reader):
            yield mapped


def _named(node: Node, reader: Reader) -> Iterator[tuple[str, Node]]:
    """Entries whose names rules may use."""
    for name, value in reader.entries(node, None).items():
        key = reader.key_of(node, name)
        if folded(name) in _TAKEN:
            reader.add("MP-121", key, given=name)  # {given!r} is a name leadsync uses for something of its own
        elif not _NAME.fullmatch(name) or "__" in name:
            reader.add("MP-122", key, given=name)  # {given!r} cannot be the name of a field
        else:
            yield name, value


def _field(name: str, node: Node, object_name: str, reader: Reader) -> MappedField | None:
    parts: dict[str, Node] = {"field": node}
    if not isinstance(node, Scalar):
        parts = reader.entries(node, {"field", "kind", "key"})
    if not reader.needed(node, parts, "field"):
        return None
    api_name = reader.api_name(parts["field"])
    if api_name is None:
        return None
    standard = STANDARD_FIELDS.get(object_name, {}).get(api_name)
    kind = _kind(parts.get("kind"), standard, reader)
    if kind is None:
        if "kind" not in parts:
            meant = "" if api_name.endswith("__c") else nearest(api_name, STANDARD_FIELDS.get(object_name, {}))
            # the kind of {given!r} is not given, and it is no standard field
            reader.add("MP-124", parts["field"], given=api_name, meant=meant, known=", ".join(Kind))
        return None
    key = _text_key(parts.get("key"), kind, reader)
    if key is None and kind in _KEYED:
        # The key that fits a standard field fits only while the map leaves its kind alone.
        key = (standard.key if standard and standard.kind is kind else None) or default_key(kind)
    return MappedField(name, api_name, kind, key, facets_of(key) if key else (), node.where)


def _kind(node: Node | None, standard: Standard | None, reader: Reader) -> Kind | None:
    if node is None:
        return standard.kind if standard else None
    found = reader.choice(node, [kind.value for kind in Kind], "MP-123")  # {given!r} is not a kind of field
    return Kind(found) if found else None


def _text_key(node: Node | None, kind: Kind, reader: Reader) -> str | None:
    if node is None:
        return None
    found = reader.choice(node, TEXT_KEYS, "MP-125")  # no text key is called {given!r}
    if found and kind not in _KEYED:
        reader.add("MP-126", node, given=found, kind=kind.value)  # the text key {given!r} does not go with the kind…
        return None
    return found


def _refuse_twins(own: Iterable[MappedField], lookups: Iterable[Lookup], reader: Reader) -> None:
    """A name stands for one field: `account industry` of a lookup and a field of that name cannot be told apart."""
    known: set[str] = set()
    for mapped in (*own, *(mapped for lookup in lookups for mapped in lookup.fields)):
        if mapped.name in known:
            reader.add("MP-107", Scalar(mapped.name, mapped.where), given=mapped.name)  # {given!r} stands here twice
        known.add(mapped.name)


def _write_back(node: Node | None, reader: Reader) -> dict[str, str]:
    names = {target.name: target.api_name for target in WRITE_BACK}
    for target, value in (reader.entries(node, set(names)) if node else {}).items():
        api_name = reader.api_name(value)
        if api_name is None:
            continue
        if api_name.casefold().startswith("pi__"):
            reader.add("MP-127", value, given=api_name)  # {given!r} belongs to Account Engagement and is never written
        names[target] = api_name
    by_api_name: dict[str, str] = {}
    for target, api_name in names.items():
        first = by_api_name.setdefault(api_name.casefold(), target)
        if first != target and node:
            reader.add("MP-128", node, given=api_name, first=first, second=target)  # both {first!r} and {second!r}…
    return names
