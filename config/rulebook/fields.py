"""Which fields the rules of a rulebook may read and set: the map's, and what the run itself decides."""

from collections.abc import Mapping
from dataclasses import dataclass

from config.rulebook.typed import Problems
from engine.conditions.fields import LATER, Field
from engine.verdicts.registry import DERIVED_FIELDS, RIDERS, TARGETS
from mapping.field_map.field_map import FieldMap, MappedField
from mapping.text.keys import default_key

# What rules may compare but never set: leadsync decides it, or Salesforce does.
OWN = frozenset({*TARGETS, *RIDERS, *LATER, *(field.name for field in DERIVED_FIELDS), "owner"})


@dataclass(frozen=True, slots=True)
class Readable:
    """A field as rules see it. `key` is its text key, `mapped` its map entries (one for each object that has it as its
    own; none when it is only ever a field of a related record).
    """

    field: Field
    key: str | None = None
    mapped: tuple[MappedField, ...] = ()
    is_own: bool = False  # leadsync decides it or writes it back

    @property
    def name(self) -> str:
        return self.field.name


def readable_fields(field_map: FieldMap, problems: Problems) -> Mapping[str, Readable]:
    """By name. An object may lack a field that another has, but where both have it its kind is one."""
    found: dict[str, Readable] = {}
    for entry in field_map.objects:
        written = {api_name.casefold() for api_name in entry.write_back.values()}
        own = frozenset(entry.fields)
        for mapped in entry.readable:
            known = found.get(mapped.name)
            if known and known.field != mapped.field:
                problems.add("RB-144", mapped.where, field=mapped.name)  # the field {field!r} is of one kind on one…
                continue
            found[mapped.name] = Readable(
                mapped.field,
                mapped.key or default_key(mapped.kind),
                (*(known.mapped if known else ()), *((mapped,) if mapped in own else ())),
                is_own=(mapped in own and mapped.api_name.casefold() in written) or bool(known and known.is_own),
            )
    return found | {field.name: Readable(field, is_own=True) for field in DERIVED_FIELDS}


def activity_fields(field_map: FieldMap, problems: Problems) -> Mapping[str, Readable]:
    """By name: what conditions may ask of activities. Where several sources have a field its kind is one."""
    found: dict[str, Readable] = {}
    for mapped in (mapped for source in field_map.activities for mapped in source.readable):
        known = found.setdefault(mapped.name, Readable(mapped.field, mapped.key or default_key(mapped.kind)))
        if known.field != mapped.field:
            problems.add("RB-144", mapped.where, field=mapped.name)  # the field {field!r} is of one kind on one…
    return found


def activity_kinds(field_map: FieldMap) -> frozenset[str]:
    """Every kind of activity the map can bring."""
    return frozenset(kind for source in field_map.activities for kind in (source.kind, *source.kinds.values()) if kind)
