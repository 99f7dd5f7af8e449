"""`activities:` of map.yaml: rows of objects, or of files left in a folder, as what prospects did.

Conditions on activities may ask `fields` of the row, and through `lookups` those of a record it names. A standard
`campaign` field is such a lookup by itself as soon as Campaign stands under `related:`.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import PurePosixPath, PureWindowsPath
from zoneinfo import available_timezones

from config.field_map.objects import lookup_of, read_fields, read_lookups
from config.field_map.reading import Reader
from config.files.problems import nearest
from config.files.yaml_tree import Node, Scalar, Table, YamlList
from engine.names import folded
from mapping.field_map.field_map import ActivitySource, DropFolder, Lookup, MappedField, RelatedObject
from mapping.field_map.filters import Value
from mapping.field_map.standard_fields import STANDARD_LOOKUPS
from mapping.frames.activities import ACTIVITY_SCHEMA
from mapping.frames.dropped_rows import SUFFIXES, columns_of_drop, object_of_drop

_OF_OBJECT = frozenset({"object", "prospect", "at", "kind", "asset", "campaign", "filter", "fields", "lookups"})
_OF_FILES = frozenset({"files", "prospect", "match", "at", "kind", "asset", "campaign", "time zone"})
_YES_NO: Mapping[str, bool] = {"true": True, "false": False}
# Words that a condition on activities uses for something else.
_TAKEN = frozenset({*ACTIVITY_SCHEMA, "within", "count at least", "count at most"})
_CAMPAIGN = "Campaign"


def read_activities(node: Node, related: Mapping[str, RelatedObject], reader: Reader) -> Iterator[ActivitySource]:
    if not isinstance(node, YamlList):
        reader.shape("MP-109", node)  # a list is expected here, each item behind '- '
        return
    for item in node.items:
        is_files = isinstance(item, Table) and any(key.text == "files" for key, _ in item.entries)
        parts = reader.entries(item, _OF_FILES if is_files else _OF_OBJECT)
        names = ("files" if is_files else "object", "prospect", "at", "kind")
        if reader.needed(item, parts, *names):
            source = _of_files(parts, item, reader) if is_files else _of_object(parts, item, related, reader)
            if source:
                yield source


def _of_object(
    parts: Mapping[str, Node], item: Node, related: Mapping[str, RelatedObject], reader: Reader
) -> ActivitySource | None:
    holders = [reader.api_name(one) for one in reader.several(parts["prospect"])]
    object_name, at = reader.api_name(parts["object"]), reader.api_name(parts["at"])
    optional = {name: reader.api_name(parts[name]) for name in ("asset", "campaign") if name in parts}
    said, values = _kind(parts["kind"], reader)
    is_field = isinstance(parts["kind"], Table)
    if is_field and said:
        said = reader.api_name(Scalar(said, parts["kind"].where))
    wanted = _filter(parts["filter"], reader) if "filter" in parts else {}
    if not object_name or not at or not all(holders):
        return None
    fields = tuple(read_fields(parts["fields"], object_name, reader)) if "fields" in parts else ()
    lookups = tuple(read_lookups(parts["lookups"], object_name, related, reader)) if "lookups" in parts else ()
    lookups += tuple(_campaign(object_name, optional.get("campaign"), lookups, related, item))
    _refuse_taken(fields, lookups, reader)
    return ActivitySource(
        object_name,
        tuple(holder for holder in holders if holder),
        at,
        kind=None if is_field else said,
        kind_field=said if is_field else None,
        kinds=values,
        asset=optional.get("asset"),
        campaign=optional.get("campaign"),
        where=item.where,
        filter=wanted,
        fields=fields,
        lookups=lookups,
    )


def _campaign(
    object_name: str, api_name: str | None, lookups: Iterable[Lookup], related: Mapping[str, RelatedObject], item: Node
) -> Iterator[Lookup]:
    is_known = api_name and STANDARD_LOOKUPS.get(object_name, {}).get(api_name) == _CAMPAIGN
    if api_name and is_known and _CAMPAIGN in related and all(one.name != "campaign" for one in lookups):
        yield lookup_of("campaign", api_name, related[_CAMPAIGN], item.where)


def _refuse_taken(fields: Iterable[MappedField], lookups: Iterable[Lookup], reader: Reader) -> None:
    """A name stands for one thing: a field, or a word that conditions on activities know already."""
    known: set[str] = set()
    for mapped in (*fields, *(mapped for lookup in lookups for mapped in lookup.fields)):
        at = Scalar(mapped.name, mapped.where)
        if folded(mapped.name) in _TAKEN:
            reader.add("MP-121", at, given=mapped.name)  # {given!r} is a name leadsync uses for something of its own
        elif mapped.name in known:
            reader.add("MP-107", at, given=mapped.name)  # {given!r} stands here twice
        known.add(mapped.name)


def _of_files(parts: Mapping[str, Node], item: Node, reader: Reader) -> ActivitySource | None:
    """Columns go by their headers, which are texts of any kind."""
    pattern = _pattern(parts["files"], reader)
    prospect = reader.text(parts["prospect"])
    at, spelling = _at(parts["at"], reader)
    optional = {name: reader.text(parts[name]) for name in ("asset", "campaign") if name in parts}
    said, values = _kind(parts["kind"], reader)
    # prospects are not matched by {given!r}
    match = reader.choice(parts["match"], ("id", "email"), "MP-135") if "match" in parts else "id"
    zone = _zone(parts["time zone"], reader) if "time zone" in parts else None
    if not pattern or not prospect or not at or not said:
        return None
    is_column = isinstance(parts["kind"], Table)
    files = DropFolder(
        pattern,
        prospect,
        at,
        kind=said if is_column else None,
        asset=optional.get("asset"),
        campaign=optional.get("campaign"),
        at_format=spelling,
        by_email=match == "email",
        zone=zone,
    )
    columns = columns_of_drop(files)
    return ActivitySource(
        object_of_drop(files),
        (columns.prospect,),
        columns.at,
        kind=None if is_column else said,
        kind_field=columns.kind if is_column else None,
        kinds=values,
        asset=columns.asset,
        campaign=columns.campaign,
        where=item.where,
        files=files,
    )


def _kind(node: Node, reader: Reader) -> tuple[str | None, dict[str, str]]:
    """One kind for all rows, or the field that says it and what its values are called."""
    if not isinstance(node, Table):
        return reader.text(node), {}
    parts = reader.entries(node, {"field", "values"})
    if not reader.needed(node, parts, "field"):
        return None, {}
    values = reader.entries(parts["values"], None) if "values" in parts else {}
    return reader.text(parts["field"]), {value: kind for value, at in values.items() if (kind := reader.text(at))}


def _at(node: Node, reader: Reader) -> tuple[str | None, str | None]:
    """The column of a time, and how the file spells it: `Date`, or `{field: Date, format: "%m/%d/%Y %H:%M"}`."""
    if not isinstance(node, Table):
        return reader.text(node), None
    parts = reader.entries(node, {"field", "format"})
    if not reader.needed(node, parts, "field"):
        return None, None
    spelling = reader.text(parts["format"]) if "format" in parts else None
    if spelling is not None and not _is_spelling(spelling):
        reader.add("MP-140", parts["format"], given=spelling)  # {given!r} does not say year, month and day
    return reader.text(parts["field"]), spelling


def _is_spelling(spelling: str) -> bool:
    """Whether it brings a day back as it was."""
    day = datetime(2001, 2, 3, tzinfo=UTC)
    try:
        return datetime.strptime(day.strftime(spelling), spelling).date() == day.date()  # noqa: DTZ007
    except ValueError:
        return False


def _filter(node: Node, reader: Reader) -> dict[str, tuple[Value, ...]]:
    """`{Type: [Call, Email], IsClosed: true}`: fields, and the values each may have."""
    found: dict[str, tuple[Value, ...]] = {}
    for name, value in reader.entries(node, None).items():
        api_name = reader.api_name(Scalar(name, reader.key_of(node, name).where))
        values = [_value(one, reader) for one in reader.several(value)]
        told = tuple(one for one in values if one is not None)
        if len({isinstance(one, bool) for one in told}) > 1:
            reader.add("MP-136", value, field=name)  # {field!r} is compared with texts and with true or false
        elif api_name and told:
            found[api_name] = told
    if isinstance(node, Table) and not node.entries:
        reader.add("MP-108", node)  # the value is missing
    return found


def _value(node: Node, reader: Reader) -> Value | None:
    """`true` and `false` are what checkboxes hold; in quotes they are texts."""
    if isinstance(node, Scalar) and not node.is_quoted and node.text.strip().casefold() in _YES_NO:
        return _YES_NO[node.text.strip().casefold()]
    return reader.text(node)


def _pattern(node: Node, reader: Reader) -> str | None:
    """Files below the folder of map.yaml, and never above it."""
    said = reader.text(node)
    if said is None:
        return None
    path = PurePosixPath(said.replace("\\", "/"))
    if path.is_absolute() or PureWindowsPath(said).drive or ".." in path.parts or path.parts[:1] == ("data",):
        reader.add("MP-137", node, given=said)  # {given!r} lies outside this folder
        return None
    if path.suffix.casefold() not in SUFFIXES:
        reader.add("MP-138", node, given=said, known=", ".join(SUFFIXES))  # files such as {given!r} cannot be read
        return None
    return path.as_posix()


def _zone(node: Node, reader: Reader) -> str | None:
    said = reader.text(node)
    if said is not None and said not in available_timezones():
        reader.add("MP-139", node, given=said, meant=nearest(said, available_timezones()))  # no time zone is called…
        return None
    return said
