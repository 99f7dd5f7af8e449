"""The field map as values: which objects and fields are read, what rules call them, and where decisions are written."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.conditions.fields import Field, Kind
from mapping.field_map.filters import Filter


@dataclass(frozen=True, slots=True)
class MappedField:
    """A Salesforce field and the name rules use for it. `key` names the text key (`mapping/text/keys.py`) it is compared by."""

    name: str
    api_name: str
    kind: Kind
    key: str | None = None
    facets: tuple[str, ...] = ()
    where: str = ""  # file:line:column of the map entry

    @property
    def field(self) -> Field:
        """What the engine sees."""
        return Field(self.name, self.kind, self.facets)

    @property
    def is_read_only(self) -> bool:
        """Account Engagement's own fields are inputs only."""
        return self.api_name.lower().startswith("pi__")


@dataclass(frozen=True, slots=True)
class Lookup:
    """A prospect's field `api_name` that names a record of another object, and what rules read of that record.

    `fields` have the names rules use (`account industry`) and the API names of the other object. They are read only.
    """

    name: str
    api_name: str
    object: str
    fields: tuple[MappedField, ...] = ()
    where: str = ""


@dataclass(frozen=True, slots=True)
class ObjectMap:
    """One object whose records are prospects. `write_back` gives the API name of each target and rider
    (`engine/verdicts/registry.py`).
    """

    api_name: str
    fields: tuple[MappedField, ...]
    write_back: Mapping[str, str] = field(default_factory=dict)
    where: str = ""
    lookups: tuple[Lookup, ...] = ()

    @property
    def readable(self) -> tuple[MappedField, ...]:
        """All that rules may read of it: its own fields, and those of the records it names."""
        return (*self.fields, *(mapped for lookup in self.lookups for mapped in lookup.fields))

    def field_named(self, name: str) -> MappedField | None:
        """One of its own fields."""
        return next((mapped for mapped in self.fields if mapped.name == name), None)

    @property
    def email(self) -> MappedField | None:
        """The field that files of activities may name it by: the first whose key is `email`."""
        return next((mapped for mapped in self.fields if mapped.key == "email"), None)


@dataclass(frozen=True, slots=True)
class RelatedObject:
    """An object that prospects name: pulled and kept in the mirror, its fields read through lookups."""

    api_name: str
    fields: tuple[MappedField, ...]
    where: str = ""


@dataclass(frozen=True, slots=True)
class DropFolder:
    """Files of activities that people or programs leave in a folder: CSV, TSV or Parquet.

    `pattern` is relative to the folder of map.yaml; the others are headers of columns. `zone` is the zone of times that
    say none; None is the org's.
    """

    pattern: str
    prospect: str
    at: str
    kind: str | None = None
    asset: str | None = None
    campaign: str | None = None
    at_format: str | None = None  # as strptime spells it; None for what reads as a time anyway
    by_email: bool = False  # `prospect` holds an e-mail address, not an id
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class ActivitySource:
    """Where activities come from: an object's rows as activities of prospects.

    `prospect` are the API names that may hold the prospect's id (the first filled one counts); `kind` is fixed, or
    read from `kind_field` through `kinds` (API value -> kind; an unlisted value is kept as it is and scores 0).
    What a drop folder brings stands in the mirror as an object of its own, with columns of our naming (`mapping/frames/dropped_rows.py`).
    `fields` and `lookups` are what conditions on activities may ask besides: of the row itself and of records it names.
    """

    api_name: str
    prospect: tuple[str, ...]
    at: str
    kind: str | None = None
    kind_field: str | None = None
    kinds: Mapping[str, str] = field(default_factory=dict)
    asset: str | None = None
    campaign: str | None = None
    where: str = ""
    filter: Filter = field(default_factory=dict)
    files: DropFolder | None = None
    fields: tuple[MappedField, ...] = ()
    lookups: tuple[Lookup, ...] = ()

    @property
    def label(self) -> str:
        """What people know it by."""
        return self.files.pattern if self.files else self.api_name

    @property
    def readable(self) -> tuple[MappedField, ...]:
        """All that conditions may ask of its activities."""
        return (*self.fields, *(mapped for lookup in self.lookups for mapped in lookup.fields))


@dataclass(frozen=True, slots=True)
class FieldMap:
    """The whole map. `digest` is its version; `text` its canonical text, kept in the store for replay."""

    objects: tuple[ObjectMap, ...]
    activities: tuple[ActivitySource, ...] = ()
    digest: str = ""
    text: str = ""
    related: tuple[RelatedObject, ...] = ()

    @property
    def details(self) -> tuple[MappedField, ...]:
        """The fields of activities, each once, as the first source has it."""
        found = {mapped.name: mapped for source in reversed(self.activities) for mapped in reversed(source.readable)}
        return tuple(reversed(found.values()))

    def object_named(self, api_name: str) -> ObjectMap:
        """The map of one prospect object. KeyError when it is not mapped."""
        found = next((entry for entry in self.objects if entry.api_name == api_name), None)
        if found is None:
            raise KeyError(api_name)
        return found
