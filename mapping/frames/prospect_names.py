"""Whom a record of another kind is about: the prospects that an activity, a file or a related record names."""

from collections.abc import Collection, Iterator

import polars as pl

from mapping.field_map.field_map import ActivitySource, FieldMap, Lookup, ObjectMap
from mapping.field_map.types import TEXT
from mapping.text.keys import key_of


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
