"""Raw rows of a source to the engine's frame of activities: whose, what kind, when, with what, in which campaign, and
what the map says may be asked of them besides.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from mapping.field_map.field_map import ActivitySource, MappedField, ObjectMap
from mapping.field_map.filters import is_inside
from mapping.field_map.types import MOMENT, TEXT
from mapping.frames.columns import NONE_RELATED, column_types, keys, looked_up, typed

ACTIVITY_SCHEMA = {"prospect_id": TEXT, "kind": TEXT, "at": MOMENT, "asset": TEXT, "campaign": TEXT, "source": TEXT}


def schema_of(details: Sequence[MappedField]) -> dict[str, pl.DataType]:
    """The columns of activities by a map with these details (`FieldMap.details`)."""
    return ACTIVITY_SCHEMA | {name: kind for mapped in details for name, kind in column_types(mapped).items()}


def activities(
    raw: pl.DataFrame,
    source: ActivitySource,
    named: pl.DataFrame | None = None,
    *,
    details: Sequence[MappedField] = (),
    related: Mapping[str, pl.DataFrame] = NONE_RELATED,
) -> pl.DataFrame:
    """One row per activity, ordered by prospect and time. Deleted rows, rows that do not pass the source's filter and
    rows without a prospect, a kind or a time are left out; a kind the map does not list is kept under the org's word.

    `named` has the `id` of each `name` a source knows prospects by, when that is not the id itself. Several prospects
    of one name are one person entered several times: what happened counts for each. `details` are the fields that
    activities of any source have, so that all have the same columns; `related` are raw records by object, as
    `columns.named` asks for them. A field of another source, or of a record that is not there, is empty.
    """
    present = raw.filter(~pl.col("IsDeleted") & is_inside(source.filter))
    columns = schema_of(details)
    asked = {column.name: column for column in _asked(present, source, related)}
    found = (
        present.select(
            prospect_id=pl.coalesce(source.prospect).cast(TEXT),
            kind=_kind(source),
            at=pl.col(source.at).cast(MOMENT),
            asset=_text(source.asset),
            campaign=_text(source.campaign),
            source=pl.lit(source.label),
        )
        .with_columns(
            asked[name] if name in asked else pl.lit(None, dtype=kind).alias(name)
            for name, kind in columns.items()
            if name not in ACTIVITY_SCHEMA
        )
        .drop_nulls(["prospect_id", "kind", "at"])
    )
    if named is not None:
        found = (
            found.join(named, left_on="prospect_id", right_on="name", how="inner")
            .with_columns(prospect_id=pl.col("id"))
            .select(*columns)
        )
    return found.sort("prospect_id", "at", "kind", "asset", "campaign")


def names_of(frame: pl.DataFrame, object_map: ObjectMap, source: ActivitySource) -> pl.DataFrame | None:
    """The names by which a source knows these prospects (a frame of `prospects`): `id` and e-mail address. None for one
    that holds ids.
    """
    email = object_map.email
    if source.files is None or not source.files.by_email or email is None:
        return None
    return frame.select("id", name=pl.col(email.field.column)).drop_nulls()


def _asked(present: pl.DataFrame, source: ActivitySource, related: Mapping[str, pl.DataFrame]) -> Iterator[pl.Series]:
    for mapped in source.fields:
        column = typed(present[mapped.api_name], mapped.kind)
        yield column.alias(mapped.name)
        yield from keys(column, mapped)
    for lookup in source.lookups:
        yield from looked_up(present[lookup.api_name], lookup, related.get(lookup.object))


def _kind(source: ActivitySource) -> pl.Expr:
    if source.kind_field is None:
        return pl.lit(source.kind, dtype=TEXT)
    said = pl.col(source.kind_field).cast(TEXT)
    return said.replace(dict(source.kinds)) if source.kinds else said


def _text(api_name: str | None) -> pl.Expr:
    return pl.col(api_name).cast(TEXT) if api_name else pl.lit(None, dtype=TEXT)


@dataclass
class Coverage:
    """Of how many prospects anything is known to have happened: what a score can be trusted with.

    Gathered range by range; `sources` are the labels of all sources, so that one that brings nothing is seen.
    """

    sources: Iterable[str]
    prospects: int = 0
    known: int = 0
    _by_source: dict[str, tuple[int, datetime | None]] = field(default_factory=dict)

    def add(self, frame: pl.DataFrame, happened: pl.DataFrame) -> None:
        """One range of prospects, and the activities of these and perhaps of others. What lies ahead is not counted."""
        own = happened.join(frame.select("id", "read_at"), left_on="prospect_id", right_on="id", how="inner")
        own = own.filter(pl.col("at") <= pl.col("read_at") + pl.duration(days=1))
        self.prospects += frame.height
        self.known += own["prospect_id"].n_unique()
        counts = own.group_by("source").agg(pl.col("prospect_id").n_unique().alias("count"), pl.col("at").max())
        for source, count, newest in counts.sort("source").iter_rows():
            before, last = self._by_source.get(source, (0, None))
            self._by_source[source] = (before + count, newest if last is None else max(last, newest))

    @property
    def by_source(self) -> dict[str, tuple[int, datetime | None]]:
        """Of each source for how many prospects it tells anything, and its newest time."""
        return {source: self._by_source.get(source, (0, None)) for source in dict.fromkeys(self.sources)}
