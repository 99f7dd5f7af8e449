"""The org's own words: what it calls mapped fields, and which picklist value a label stands for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.conditions.fields import Kind
from mapping.field_map.field_map import FieldMap, MappedField
from mapping.field_map.types import described_fields
from mapping.text.keys import key_of

_LISTED = frozenset({"picklist", "multipicklist"})


@dataclass(frozen=True, slots=True)
class Picklist:
    """The values of a field in the org: API value by the key of the value and by the key of its label. `labels` are as
    people see them.
    """

    by_value: Mapping[str, str]
    by_label: Mapping[str, str]
    labels: tuple[str, ...] = ()

    def value_of(self, key: str) -> str | None:
        """The API value that a rule's word means; a value counts before another's label. None when there is none."""
        return self.by_value.get(key) or self.by_label.get(key)


def labels_of(field_map: FieldMap, describes: Mapping[str, Mapping[str, object]]) -> dict[str, str]:
    """What the org calls each mapped field, by the map's name; of a field of several objects the first one's label."""
    found: dict[str, str] = {}
    for mapped, described in _described(field_map, describes):
        found.setdefault(mapped.name, str(described["label"]))
    return found


def picklists_of(field_map: FieldMap, describes: Mapping[str, Mapping[str, object]]) -> dict[str, Picklist]:
    """The values of each mapped picklist, by the map's name; a field of several objects has those of all of them.

    Only values in use are told of: what an admin retired may still stand in records, and rules may not name it.
    """
    found: dict[str, Picklist] = {}
    for mapped, described in _described(field_map, describes):
        if mapped.kind is not Kind.PICKLIST or mapped.key is None or described["type"] not in _LISTED:
            continue
        known = found.get(mapped.name, Picklist({}, {}))
        by_value, by_label = dict(known.by_value), dict(known.by_label)
        for entry in described["picklistValues"]:
            value = str(entry["value"])
            by_value.setdefault(key_of(mapped.key, value) or "", value)
            by_label.setdefault(key_of(mapped.key, str(entry.get("label") or value)) or "", value)
        labels = (str(entry.get("label") or entry["value"]) for entry in described["picklistValues"])
        found[mapped.name] = Picklist(by_value, by_label, tuple(dict.fromkeys((*known.labels, *labels))))
    return found


def _described(
    field_map: FieldMap, describes: Mapping[str, Mapping[str, object]]
) -> Iterator[tuple[MappedField, Mapping[str, Any]]]:
    sources = [(entry.api_name, entry.fields) for entry in field_map.objects]
    sources += [(lookup.object, lookup.fields) for entry in field_map.objects for lookup in entry.lookups]
    sources += [(source.api_name, source.fields) for source in field_map.activities]
    sources += [(lookup.object, lookup.fields) for source in field_map.activities for lookup in source.lookups]
    for object_name, fields in sources:
        known: Mapping[str, Any] = {
            str(field["name"]): field for field in described_fields(describes.get(object_name, {}))
        }
        for mapped in fields:
            if mapped.api_name in known:
                yield mapped, known[mapped.api_name]
