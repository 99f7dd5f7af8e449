"""Raw records to the engine's frame of prospects: identity, mapped fields with their keys and facets, what the org holds,
and fields of the records they name.

Types are made here and nowhere else; what does not fit its kind is null and counted by `unfit`.
"""

from collections.abc import Iterator, Mapping

import polars as pl

from engine.fields import Kind
from engine.grades import LADDER
from mapping.maps import FieldMap, Lookup, MappedField, ObjectMap
from mapping.targets import WRITE_BACK, FieldType
from mapping.text import TEXT_KEYS, Reading
from mapping.types import DAY, MOMENT, NUMBER, TEXT, WHOLE, YES_NO

_POLARS: Mapping[Kind, pl.DataType] = {
    Kind.TEXT: TEXT,
    Kind.PICKLIST: TEXT,
    Kind.INTEGER: WHOLE,
    Kind.DECIMAL: NUMBER,
    Kind.BOOLEAN: YES_NO,
    Kind.DATE: DAY,
    Kind.DATETIME: MOMENT,
    Kind.ID: TEXT,
    Kind.GRADE: WHOLE,
    Kind.TAGS: TEXT,
}
_NONE_RELATED: Mapping[str, pl.DataFrame] = {}
_WRITTEN = {FieldType.TEXT: Kind.TEXT, FieldType.NUMBER: Kind.INTEGER, FieldType.DATE_TIME: Kind.DATETIME}
_TARGET_KINDS = {target.name: _WRITTEN[target.type] for target in WRITE_BACK}


def prospects(
    raw: pl.DataFrame, object_map: ObjectMap, field_map: FieldMap, related: Mapping[str, pl.DataFrame] = _NONE_RELATED
) -> pl.DataFrame:
    """One row per record, ordered by id; deleted records are left out. `raw` has `_read_at` besides the API columns.

    `related` are raw records by object: of those that `named` gives, all that are known. A field of a record that is
    not there is empty, and so is a field that only other objects of the map have: one rulebook reads them all.
    """
    present = raw.filter(~pl.col("IsDeleted")).sort("Id")
    columns = [*_identity(present, object_map)]
    for mapped in object_map.fields:
        column = typed(present[mapped.api_name], mapped.kind)
        columns += [column.alias(mapped.name), *_keys(column, mapped)]
    for lookup in object_map.lookups:
        columns += _looked_up(present[lookup.api_name], lookup, related.get(lookup.object))
    columns += [
        pl.Series(name, [None] * present.height, dtype=kind)
        for mapped in _absent(field_map, object_map)
        for name, kind in _column_types(mapped).items()
    ]
    for target, api_name in object_map.write_back.items():
        columns.append(typed(present[api_name], _TARGET_KINDS[target]).alias(f"org__{target}"))
    return pl.DataFrame(columns)


def named(raw: pl.DataFrame, object_map: ObjectMap) -> dict[str, list[str]]:
    """The records of other objects that these records name, by object, each once and in order."""
    found: dict[str, set[str]] = {}
    for lookup in object_map.lookups:
        found.setdefault(lookup.object, set()).update(raw[lookup.api_name].cast(TEXT).drop_nulls())
    return {name: sorted(ids) for name, ids in found.items() if ids}


def absent_columns(field_map: FieldMap, object_map: ObjectMap) -> frozenset[str]:
    """The columns of fields that this object lacks, or has only by a record it names: no rule can set them here."""
    looked_up = (mapped for lookup in object_map.lookups for mapped in lookup.fields)
    lacking = (*_absent(field_map, object_map), *looked_up)
    return frozenset(name for mapped in lacking for name in _column_types(mapped))


def unfit(raw: pl.DataFrame, object_map: ObjectMap) -> dict[str, int]:
    """How many values of each mapped field are there but do not fit its kind, by API name; only fields with any."""
    present = raw.filter(~pl.col("IsDeleted"))
    counts = {
        mapped.api_name: present[mapped.api_name].count() - typed(present[mapped.api_name], mapped.kind).count()
        for mapped in object_map.fields
    }
    return {name: count for name, count in counts.items() if count}


def typed(column: pl.Series, kind: Kind) -> pl.Series:
    """A raw column as its kind; null where it does not fit. Text of numbers is read when it is nothing but a number."""
    match kind:
        case Kind.GRADE:
            ranks = {letter: rank for rank, letter in enumerate(LADDER)}
            return column.cast(TEXT).str.strip_chars().replace_strict(ranks, default=None, return_dtype=WHOLE)
        case Kind.TAGS:
            # A multi-select picklist: a;b
            return (";" + column.cast(TEXT) + ";").fill_null("")
        case Kind.INTEGER if column.dtype == NUMBER:
            return pl.select(pl.when(column == column.floor()).then(column).cast(WHOLE, strict=False)).to_series()
        case Kind.BOOLEAN if column.dtype == TEXT:
            return column.replace_strict({"true": True, "false": False}, default=None, return_dtype=YES_NO)
        case Kind.DATE if column.dtype == TEXT:
            return column.str.to_date("%Y-%m-%d", strict=False)
        case _:
            return column.cast(_POLARS[kind], strict=False)


def _looked_up(ids: pl.Series, lookup: Lookup, related: pl.DataFrame | None) -> Iterator[pl.Series]:
    """The columns of one lookup's fields; all are empty where no record is named, or it is deleted or not known."""
    names = dict.fromkeys(mapped.api_name for mapped in lookup.fields)
    known = pl.DataFrame(schema={"Id": TEXT}) if related is None else related.filter(~pl.col("IsDeleted"))
    lacking = [pl.lit(None).alias(name) for name in names if name not in known.columns]
    held = ids.cast(TEXT).alias("Id").to_frame().join(
        known.with_columns(lacking).select("Id", *(name for name in names if name != "Id")).unique("Id"),
        on="Id", how="left", maintain_order="left",
    )  # fmt: skip
    is_there = ids.cast(TEXT).is_in(known["Id"].implode())
    for mapped in lookup.fields:
        column = typed(held[mapped.api_name], mapped.kind)
        # Whether a text says nothing or nobody is there to say it: of a missing record even tags are unknown.
        column = pl.select(pl.when(is_there).then(column)).to_series()
        yield column.alias(mapped.name)
        yield from _keys(column, mapped)


def _identity(present: pl.DataFrame, object_map: ObjectMap) -> Iterator[pl.Series]:
    """engine/fields.IDENTITY_COLUMNS, in that order."""
    yield present["Id"].cast(TEXT).alias("id")
    yield pl.Series("object", [object_map.api_name] * present.height, dtype=TEXT)
    yield present["OwnerId"].cast(TEXT).alias("owner_id")
    for name, api_name in (
        ("created_at", "CreatedDate"),
        ("modified_at", "LastModifiedDate"),
        ("stamp", "SystemModstamp"),
    ):
        yield present[api_name].cast(MOMENT).alias(name)
    yield present["_read_at"].cast(MOMENT).alias("read_at")
    if "IsConverted" in present.columns:
        yield present["IsConverted"].fill_null(value=False).alias("is_converted")
    else:
        yield pl.Series("is_converted", [False] * present.height, dtype=YES_NO)


def _absent(field_map: FieldMap, object_map: ObjectMap) -> tuple[MappedField, ...]:
    """Each once, as the first object has it."""
    elsewhere = {mapped.name: mapped for entry in reversed(field_map.objects) for mapped in entry.readable}
    here = {mapped.name for mapped in object_map.readable}
    return tuple(mapped for name, mapped in elsewhere.items() if name not in here)


def _column_types(mapped: MappedField) -> dict[str, pl.DataType]:
    """Every column of a field: its value, its key and its facets."""
    types = {mapped.name: _POLARS[mapped.kind]}
    if mapped.key is not None:
        types[f"{mapped.name}__key"] = TEXT
        facets = TEXT_KEYS[mapped.key].facets
        types |= {mapped.field.facet(name): _POLARS[facets[name].kind] for name in mapped.facets}
    return types


def _keys(column: pl.Series, mapped: MappedField) -> Iterator[pl.Series]:
    """The key column and the facets of a text, read once for each distinct text."""
    if mapped.key is None:
        return
    text_key = TEXT_KEYS[mapped.key]
    texts = column.unique().drop_nulls().to_list()
    readings = [text_key.reading(text) for text in texts]
    yield _joined(column, texts, [reading.key for reading in readings], TEXT).alias(f"{mapped.name}__key")
    for name in mapped.facets:
        kind = _POLARS[text_key.facets[name].kind]
        yield _joined(column, texts, _facets(readings, name), kind).alias(mapped.field.facet(name))


def _facets(readings: list[Reading], name: str) -> list[object]:
    return [reading.facets[name] for reading in readings]


def _joined(column: pl.Series, texts: list[str], values: list[object], kind: pl.DataType) -> pl.Series:
    return column.replace_strict(texts, pl.Series(values, dtype=kind), default=None, return_dtype=kind)
