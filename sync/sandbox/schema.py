"""The sandbox org's objects and fields: the facts of standard_objects.toml, read once.

A field is one line: `Name type(length) flags | English label | Japanese label`. Types are describe's. Without flags
a field can be created, updated and empty. Flags: `ro` (never written through the API), `create` or `update` (only
then), `required`, `defaulted` (the org fills it on create), `set` (both, as far as a client sees), `restricted`,
`unfiltered`, `formula` (calculated when it is read), `fixed` (field-level security does not apply). Picklist values
follow `=`; what a reference points to follows `>`. Audit fields are added as each object has them.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from config.words.catalogue import catalogue
from mapping.field_map.write_back import WRITE_BACK, FieldType, WriteBackField
from sync.sandbox.people_names import WORDS

FACTS = tomllib.loads(Path(__file__).with_name("standard_objects.toml").read_text(encoding="utf-8"))
_LABELS: dict[str, str] = FACTS["labels"]
_SETUP_STAMPS: dict[str, str] = FACTS["setup_stamps"]
_STAMPS: list[str] = FACTS["fields"]["stamps"].strip().split("\n")
TOOLING_ONLY = frozenset({"ValidationRule"})
TEXT_TYPES = frozenset({"string", "textarea", "picklist", "email", "phone", "url"})


@dataclass(frozen=True, slots=True)
class FieldFact:
    name: str
    type: str
    length: int
    precision: int
    scale: int
    createable: bool
    updateable: bool
    nillable: bool
    defaulted: bool  # the org fills it on create
    restricted: bool
    filterable: bool
    permissionable: bool
    calculated: bool
    values: tuple[str, ...]
    refers_to: tuple[str, ...]
    labels: tuple[str, str]  # English, Japanese

    def label_of(self, value: str, language: str) -> str:
        """What people see of a picklist value."""
        return _LABELS.get(value, value) if language == "ja" else value

    @property
    def relationship(self) -> str | None:
        """`Owner` for `OwnerId`, `Lead__r` for `Lead__c`."""
        if self.type != "reference":
            return None
        return f"{self.name[:-3]}__r" if self.name.endswith("__c") else self.name.removesuffix("Id")


@dataclass(frozen=True, slots=True)
class ObjectFact:
    name: str
    prefix: str
    labels: tuple[str, str]
    fields: dict[str, FieldFact]

    def referring(self, relationship: str) -> FieldFact | None:
        """The reference field behind a relationship's name."""
        return next((f for f in self.fields.values() if (f.relationship or "").lower() == relationship.lower()), None)

    @property
    def is_setup(self) -> bool:
        return self.name in _SETUP_STAMPS

    def field(self, name: str) -> FieldFact | None:
        """A field by its name, in any case."""
        exact = self.fields.get(name)
        return exact or next((f for f in self.fields.values() if f.name.lower() == name.lower()), None)


@cache
def schema() -> dict[str, ObjectFact]:
    """Every object by its API name."""
    lists = {name: "; ".join(WORDS[name]) for name in FACTS["fields"]["lists"]}
    blocks = FACTS["fields"]["objects"].format(write_back="\n".join(map(_deployed, WRITE_BACK)), **lists)
    return {fact.name: fact for fact in map(_object, blocks.strip().split("\n\n"))}


def _deployed(field: WriteBackField) -> str:
    """A write-back field as `leadsync fields export` has an admin deploy it."""
    kind = {FieldType.TEXT: f"string({field.size})", FieldType.NUMBER: f"double({field.size}.0)"}.get(
        field.type, "datetime"
    )
    labels = catalogue()[f"field.{field.name}"]
    return f"  {field.api_name} {kind} | {labels['en']} | {labels['ja']}"


def object_named(name: str) -> ObjectFact | None:
    """An object by its API name, in any case."""
    return schema().get(name) or next((f for f in schema().values() if f.name.lower() == name.lower()), None)


def object_of(record_id: str) -> ObjectFact | None:
    """The object an id belongs to, by its prefix."""
    return _by_prefix().get(record_id[:3])


@cache
def _by_prefix() -> dict[str, ObjectFact]:
    return {fact.prefix: fact for fact in schema().values()}


def _object(block: str) -> ObjectFact:
    head, *lines = block.split("\n")
    names, english, japanese = (part.strip() for part in head.split("|"))
    name, prefix = names.split()
    seen = _SETUP_STAMPS.get(name)
    stamps = [line for line in _STAMPS if seen is None or line.split()[0] in seen.split()]
    fields = map(_field, [f"Id id ro set | {english} ID | {japanese} ID", *lines, *stamps])
    return ObjectFact(name, prefix, (english, japanese), {field.name: field for field in fields})


def _field(line: str) -> FieldFact:
    facts, english, japanese = (part.strip() for part in line.split("|"))
    facts, _, targets = facts.partition(" > ")
    facts, _, values = facts.partition(" = ")
    name, kind, *flags = facts.split()
    found = re.fullmatch(r"(\w+)(?:\((\d+)(?:\.(\d+))?\))?", kind)
    if not found:
        raise ValueError(line)
    type_, size, scale = found[1], int(found[2] or 0), int(found[3] or 0)
    is_number = type_ in {"double", "currency", "int"}
    return FieldFact(
        name, type_, length=18 if type_ in {"id", "reference"} else 0 if is_number else size,
        precision=size if is_number else 0, scale=scale, createable=not {"ro", "update", "formula"} & {*flags},
        updateable=not {"ro", "create", "formula"} & {*flags}, nillable=not {"required", "set"} & {*flags},
        defaulted=bool({"set", "defaulted"} & {*flags}), restricted="restricted" in flags,
        filterable="unfiltered" not in flags, permissionable=not {"fixed", "required", "set"} & {*flags},
        calculated="formula" in flags, values=tuple(values.split("; ")) if values else (),
        refers_to=tuple(targets.split("; ")) if targets else (), labels=(english, japanese),
    )  # fmt: skip
