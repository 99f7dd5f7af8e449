"""The field map as values: which objects and fields are read, what rules call them, and where decisions are written."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.fields import Field, Kind


@dataclass(frozen=True, slots=True)
class MappedField:
    """A Salesforce field and the name rules use for it. `key` names the text key (`mapping/text.py`) it is compared by."""

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
class ObjectMap:
    """One object whose records are prospects. `write_back` gives the API name of each target and rider (engine/fields)."""

    api_name: str
    fields: tuple[MappedField, ...]
    write_back: Mapping[str, str] = field(default_factory=dict)
    where: str = ""

    def field_named(self, name: str) -> MappedField | None:
        return next((mapped for mapped in self.fields if mapped.name == name), None)


@dataclass(frozen=True, slots=True)
class ActivitySource:
    """Where activities come from: an object's rows as activities of prospects.

    `prospect` are the API names that may hold the prospect's id (the first filled one counts); `kind` is fixed, or
    read from `kind_field` through `kinds` (API value -> kind; an unlisted value is kept as it is and scores 0).
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


@dataclass(frozen=True, slots=True)
class FieldMap:
    """The whole map. `digest` is its version; `text` its canonical text, kept in the store for replay."""

    objects: tuple[ObjectMap, ...]
    activities: tuple[ActivitySource, ...] = ()
    digest: str = ""
    text: str = ""

    def object_named(self, api_name: str) -> ObjectMap:
        """The map of one prospect object. KeyError when it is not mapped."""
        found = next((entry for entry in self.objects if entry.api_name == api_name), None)
        if found is None:
            raise KeyError(api_name)
        return found
