"""Compare the field map with what the org describes, before anything runs.

Describe leaves out fields the login may not see, so a missing field and a hidden one look the same here.
"""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from engine.conditions.fields import Kind
from engine.errors import Parameter, Problem
from mapping.field_map.field_map import ActivitySource, FieldMap, Lookup, MappedField, ObjectMap, RelatedObject
from mapping.field_map.filters import Value
from mapping.field_map.pulled_objects import PEOPLE, activity_columns, columns_of, related_columns
from mapping.field_map.standard_fields import PROSPECT_OBJECTS
from mapping.field_map.types import COMPOUND, described_fields
from mapping.field_map.write_back import WRITE_BACK, FieldType, WriteBackField

Described: TypeAlias = Mapping[str, Mapping[str, Any]]

_TEXTS = frozenset({"string", "textarea", "phone", "url", "email", "combobox", "encryptedstring"})
_FILTERED = frozenset({"string", "picklist", "combobox", "reference", "id", "email", "phone", "url"})
_WHOLES = frozenset({"int", "long"})
_DECIMALS = frozenset({"double", "currency", "percent"})
_TYPES: Mapping[Kind, frozenset[str]] = {
    Kind.TEXT: _TEXTS | {"picklist", "multipicklist", "reference", "id"},
    Kind.PICKLIST: frozenset({"picklist", "combobox", "string"}),
    Kind.INTEGER: _WHOLES | _DECIMALS,  # of those with decimals only fields with none behind the point
    Kind.DECIMAL: _WHOLES | _DECIMALS,
    Kind.BOOLEAN: frozenset({"boolean"}),
    Kind.DATE: frozenset({"date"}),
    Kind.DATETIME: frozenset({"datetime"}),
    Kind.ID: frozenset({"id", "reference"}),
    Kind.GRADE: frozenset({"string", "picklist"}),
    Kind.TAGS: frozenset({"multipicklist", "string"}),
}
_TARGETS = {target.name: target for target in WRITE_BACK}


def check(field_map: FieldMap, describes: Mapping[str, Mapping[str, object]]) -> tuple[Problem, ...]:
    """Everything that does not fit, in the order of the map. `describes` holds a describe per object that is there."""
    fields = {name: _by_name(describe) for name, describe in describes.items()}
    prospects = frozenset(entry.api_name for entry in field_map.objects)
    return tuple(
        problem
        for found in (
            *(_object(entry, fields) for entry in field_map.objects),
            *(_related(entry, fields) for entry in field_map.related),
            *(_source(source, fields, prospects) for source in field_map.activities if source.files is None),
            *(_missing(whole.api_name, whole.columns, fields, "") for whole in PEOPLE if whole.api_name in fields),
        )
        for problem in found
    )


def check_set(
    field_map: FieldMap, describes: Mapping[str, Mapping[str, object]], set_fields: Iterable[tuple[str, str]]
) -> tuple[Problem, ...]:
    """Which of the fields that rules set (name, file:line:column) the login may not write."""
    fields = {name: _by_name(describe) for name, describe in describes.items()}
    return tuple(
        _problem("MP-211", where, entry.api_name, mapped.api_name, name=name)  # a rule sets {name!r}, but the login…
        for name, where in set_fields
        for entry in field_map.objects
        if (mapped := entry.field_named(name))
        and (described := fields.get(entry.api_name, {}).get(mapped.api_name))
        and not described["updateable"]
    )


def _object(entry: ObjectMap, fields: Described) -> Iterator[Problem]:
    if entry.api_name not in fields:
        yield Problem("MP-201", entry.where, {"object": entry.api_name})  # the org has no object {object!r}, or the…
        return
    own = {mapped.api_name for mapped in entry.fields} | set(entry.write_back.values())
    own |= {lookup.api_name for lookup in entry.lookups}
    yield from _missing(entry.api_name, [name for name in columns_of(entry) if name not in own], fields, entry.where)
    for mapped in entry.fields:
        yield from _field(mapped, entry.api_name, fields)
    for lookup in entry.lookups:
        yield from _lookup(lookup, entry.api_name, fields)
    for target, api_name in entry.write_back.items():
        yield from _target(_TARGETS[target], api_name, entry, fields)


def _related(entry: RelatedObject, fields: Described) -> Iterator[Problem]:
    if entry.api_name not in fields:
        yield Problem("MP-201", entry.where, {"object": entry.api_name})  # the org has no object {object!r}, or the…
        return
    own = {mapped.api_name for mapped in entry.fields}
    columns = [name for name in related_columns(entry) if name not in own]
    yield from _missing(entry.api_name, columns, fields, entry.where)
    for mapped in entry.fields:
        yield from _field(mapped, entry.api_name, fields)


def _lookup(lookup: Lookup, object_name: str, fields: Described) -> Iterator[Problem]:
    described = fields[object_name].get(lookup.api_name)
    if described is None:
        yield _absent(object_name, lookup.api_name, fields, lookup.where)
    elif lookup.object not in described["referenceTo"]:
        names = ", ".join(described["referenceTo"])
        # {object}.{field} names {names}, not {wanted}
        yield _problem("MP-212", lookup.where, object_name, lookup.api_name, wanted=lookup.object, names=names)


def _field(mapped: MappedField, object_name: str, fields: Described) -> Iterator[Problem]:
    described = fields[object_name].get(mapped.api_name)
    if described is None:
        yield _absent(object_name, mapped.api_name, fields, mapped.where)
    elif described["type"] in COMPOUND:
        # {object}.{field} is a compound field ({type})
        yield _problem("MP-208", mapped.where, object_name, mapped.api_name, type=str(described["type"]))
    elif not _holds(mapped.kind, described):
        fits = ", ".join(kind.value for kind in Kind if _holds(kind, described))
        kind = mapped.kind.value
        yield _problem(
            # {object}.{field} is of type {type!r} and cannot be read as {kind!r}
            "MP-203",
            mapped.where,
            object_name,
            mapped.api_name,
            type=_type(described),
            kind=kind,
            fits=fits,
        )


def _target(target: WriteBackField, api_name: str, entry: ObjectMap, fields: Described) -> Iterator[Problem]:
    described = fields[entry.api_name].get(api_name)
    if described is None:
        yield _absent(entry.api_name, api_name, fields, entry.where)
    elif not _takes(target, described):
        needed = f"{target.type.value} {target.size}" if target.size else target.type.value
        # {object}.{field} is of type {type!r}; {needed} is needed
        yield _problem("MP-205", entry.where, entry.api_name, api_name, type=_type(described), needed=needed)
    elif not described["updateable"] and not target.is_filled_by_people:
        yield _problem("MP-204", entry.where, entry.api_name, api_name, name=target.name)  # the login may not write…
    elif (room := _room(target, described)) < target.size:
        # {object}.{field} has room for {room}; {needed} are needed
        yield _problem("MP-206", entry.where, entry.api_name, api_name, room=room, needed=target.size)


def _source(source: ActivitySource, fields: Described, prospects: frozenset[str]) -> Iterator[Problem]:
    if source.api_name not in fields:
        yield Problem("MP-201", source.where, {"object": source.api_name})  # the org has no object {object!r}, or the…
        return
    own = {mapped.api_name for mapped in source.fields} | {lookup.api_name for lookup in source.lookups}
    columns = [name for name in activity_columns(source) if name not in own]
    yield from _missing(source.api_name, columns, fields, source.where)
    for mapped in source.fields:
        yield from _field(mapped, source.api_name, fields)
    for lookup in source.lookups:
        yield from _lookup(lookup, source.api_name, fields)
    known = fields[source.api_name]
    held = {name: {source.api_name, *known[name]["referenceTo"]} - {""} for name in source.prospect if name in known}
    is_some_mapped = any(prospects & names for names in held.values())
    for api_name, names in held.items():
        # A column for contacts may stand beside that for leads before contacts are mapped.
        if not (prospects.union(PROSPECT_OBJECTS) if is_some_mapped else prospects) & names:
            wanted = ", ".join(sorted(prospects))
            yield _problem("MP-209", source.where, source.api_name, api_name, wanted=wanted)  # {object}.{field} does…
    if source.at in known and known[source.at]["type"] != "datetime":
        # {object}.{field} is of type {type!r}; 'at' needs a date with a time
        yield _problem("MP-210", source.where, source.api_name, source.at, type=_type(known[source.at]))
    for api_name, values in source.filter.items():
        if api_name in known and not _filters(known[api_name], values):
            # activities cannot be filtered by {object}.{field} ({type}) and these values
            yield _problem("MP-213", source.where, source.api_name, api_name, type=_type(known[api_name]))


def _filters(described: Mapping[str, Any], values: tuple[Value, ...]) -> bool:
    """Whether a field can be filtered by these, and by the org just as it is here."""
    holds_yes_no = described["type"] == "boolean"
    fits = holds_yes_no if isinstance(values[0], bool) else described["type"] in _FILTERED
    return bool(described["filterable"]) and fits


def _missing(object_name: str, columns: Iterable[str], fields: Described, where: str) -> Iterator[Problem]:
    return (_absent(object_name, name, fields, where) for name in columns if name not in fields[object_name])


def _absent(object_name: str, api_name: str, fields: Described, where: str) -> Problem:
    """Named by the nearest API name, or by the field whose label was written instead."""
    known = fields[object_name]
    labels = {str(field["label"]).casefold(): name for name, field in known.items()}
    by_stem = {_stem(name): name for name in known}
    near = difflib.get_close_matches(_stem(api_name), by_stem, n=1, cutoff=0.75)
    meant = labels.get(_stem(api_name).replace("_", " ")) or (by_stem[near[0]] if near else "")
    return _problem("MP-202", where, object_name, api_name, meant=meant)  # {object} has no field {field!r}, or the…


def _stem(api_name: str) -> str:
    return api_name.casefold().removesuffix("__c")


def _holds(kind: Kind, described: Mapping[str, Any]) -> bool:
    whole = described["type"] not in _DECIMALS or not described["scale"]
    return described["type"] in _TYPES[kind] and (whole or kind is not Kind.INTEGER)


def _takes(target: WriteBackField, described: Mapping[str, Any]) -> bool:
    match target.type:
        case FieldType.TEXT:
            # A restricted picklist refuses what it does not list.
            return described["type"] in _TEXTS | {"picklist"} and not described["restrictedPicklist"]
        case FieldType.NUMBER:
            return described["type"] in _WHOLES | _DECIMALS
        case FieldType.DATE_TIME:
            return bool(described["type"] == "datetime")


def _room(target: WriteBackField, described: Mapping[str, Any]) -> int:
    """Characters of a text, digits before the point of a number."""
    if target.type is FieldType.TEXT:
        return int(described["length"])
    if target.type is FieldType.NUMBER:
        return int(described["digits"] or described["precision"] - described["scale"])
    return target.size


def _type(described: Mapping[str, Any]) -> str:
    if described["restrictedPicklist"]:
        return "restricted picklist"
    decimals = f" with {described['scale']} decimals" if described["type"] in _DECIMALS and described["scale"] else ""
    return f"{described['type']}{decimals}"


def _by_name(describe: Mapping[str, object]) -> Mapping[str, Any]:
    return {str(field["name"]): field for field in described_fields(describe)}


def _problem(code: str, where: str, object_name: str, field: str, **params: Parameter) -> Problem:
    return Problem(code, where, {"object": object_name, "field": field, **params})


def lints(field_map: FieldMap) -> tuple[Problem, ...]:
    """What a map says in vain: nothing is wrong with it, and nothing comes of it. In the order of the map."""
    return tuple(_unnamed(field_map))


def _unnamed(field_map: FieldMap) -> Iterator[Problem]:
    """Related objects that no prospect and no activity names: pulled at every run and read by nothing."""
    named = {lookup.object for entry in field_map.objects for lookup in entry.lookups}
    named |= {lookup.object for source in field_map.activities for lookup in source.lookups}
    for entry in field_map.related:
        if entry.api_name not in named:
            yield Problem("MP-401", entry.where, {"object": entry.api_name})  # no lookup names {object}: it is pulled…
