"""Raw records to the engine's frame of prospects: identity, mapped fields with their keys and facets, what the org holds,
and fields of the records they name.

What does not fit its kind is null and counted by `unfit`.
"""

from collections.abc import Collection, Iterator, Mapping

import polars as pl

from engine.conditions.fields import Kind
from mapping.field_map.field_map import ActivitySource, FieldMap, Lookup, MappedField, ObjectMap
from mapping.field_map.types import MOMENT, TEXT, YES_NO
from mapping.field_map.write_back import WRITE_BACK, FieldType
from mapping.frames.columns import NONE_RELATED, column_types, keys, looked_up, typed
from mapping.text.keys import key_of

_WRITTEN = {FieldType.TEXT: Kind.TEXT, FieldType.NUMBER: Kind.INTEGER, FieldType.DATE_TIME: Kind.DATETIME}
_TARGET_KINDS = {target.name: _WRITTEN[target.type] for target in WRITE_BACK}


def prospects(
    raw: pl.DataFrame, object_map: ObjectMap, field_map: FieldMap, related: Mapping[str, pl.DataFrame] = NONE_RELATED
) -> pl.DataFrame:
    """One row per record, ordered by id; deleted records are left out. `raw` has `_read_at` besides the API columns.

    `related` are raw records by object: of those that `named` gives, all that are known. A field of a record that is
    not there is empty, and so is a field that only other objects of the map have: one rulebook reads them all.
    """
    present = raw.filter(~pl.col("IsDeleted")).sort("Id")
    columns = [*_identity(present, object_map)]
    for mapped in object_map.fields:
        column = typed(present[mapped.api_name], mapped.kind)
        columns += [column.alias(mapped.name), *keys(column, mapped)]
    for lookup in object_map.lookups:
        columns += looked_up(present[lookup.api_name], lookup, related.get(lookup.object))
    columns += [
        pl.Series(name, [None] * present.height, dtype=kind)
        for mapped in _absent(field_map, object_map)
        for name, kind in column_types(mapped).items()
    ]
    for target, api_name in object_map.write_back.items():
        columns.append(typed(present[api_name], _TARGET_KINDS[target]).alias(f"org__{target}"))
    return pl.DataFrame(columns)


def absent_columns(field_map: FieldMap, object_map: ObjectMap) -> frozenset[str]:
    """The columns of fields that this object lacks, or has only by a record it names: no rule can set them here."""
    looked_up = (mapped for lookup in object_map.lookups for mapped in lookup.fields)
    absent = (*_absent(field_map, object_map), *looked_up)
    return frozenset(name for mapped in absent for name in column_types(mapped))


def unfit(raw: pl.DataFrame, object_map: ObjectMap) -> dict[str, int]:
    """How many values of each mapped field are there but do not fit its kind, by API name; only fields with any."""
    present = raw.filter(~pl.col("IsDeleted"))
    counts = {
        mapped.api_name: present[mapped.api_name].count() - typed(present[mapped.api_name], mapped.kind).count()
        for mapped in object_map.fields
    }
    return {name: count for name, count in counts.items() if count}


def _identity(present: pl.DataFrame, object_map: ObjectMap) -> Iterator[pl.Series]:
    """`engine/conditions/fields.py`: IDENTITY_COLUMNS, in that order."""
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


def sources_of(field_map: FieldMap, api_name: str) -> tuple[ActivitySource, ...]:
    """The sources that read an object's rows as activities."""
    return tuple(source for source in field_map.activities if source.api_name == api_name)


def lookups_to(field_map: FieldMap, api_name: str) -> tuple[tuple[ObjectMap | ActivitySource, Lookup], ...]:
    """By which fields prospects and activities name records of this object."""
    entries: tuple[ObjectMap | ActivitySource, ...] = (*field_map.objects, *field_map.activities)
    return tuple((entry, lookup) for entry in entries for lookup in entry.lookups if lookup.object == api_name)


def altered(before: pl.DataFrame, after: pl.DataFrame) -> list[str]:
    """The ids of raw records of which more than the stamp has changed."""
    told = [name for name in after.columns if name in before.columns and not name.startswith("_")]
    told = [name for name in told if name != "SystemModstamp"]
    return after.join(before, on=told, how="anti", nulls_equal=True)["Id"].unique().to_list()


def named_in(rows: pl.DataFrame, source: ActivitySource) -> Iterator[str]:
    """The ids or e-mail addresses by which a source's raw rows name prospects."""
    columns = [name for name in source.prospect if name in rows.columns]
    if columns:
        yield from rows.select(pl.coalesce(columns).cast(TEXT)).to_series().drop_nulls().unique()


def by_email(rows: pl.DataFrame, object_map: ObjectMap, addresses: Collection[str]) -> set[str]:
    """The ids of raw records that have one of these e-mail addresses, as keys."""
    email = object_map.email
    if email is None or email.api_name not in rows.columns:
        return set()
    texts = rows[email.api_name].cast(TEXT).drop_nulls().unique()
    meant = [text for text in texts if key_of("email", text) in addresses]
    return set(rows.filter(pl.col(email.api_name).cast(TEXT).is_in(meant))["Id"])
