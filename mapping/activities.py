"""Raw rows of a source to the engine's frame of activities: whose, what kind, when, with what, in which campaign."""

import polars as pl

from mapping.filters import is_inside
from mapping.maps import ActivitySource, ObjectMap
from mapping.types import MOMENT, TEXT

ACTIVITY_SCHEMA = {
    "prospect_id": TEXT,
    "kind": TEXT,
    "at": MOMENT,
    "asset": TEXT,
    "campaign": TEXT,
    "source": TEXT,
}


def activities(raw: pl.DataFrame, source: ActivitySource, named: pl.DataFrame | None = None) -> pl.DataFrame:
    """One row per activity, ordered by prospect and time. Deleted rows, rows that do not pass the source's filter and
    rows without a prospect, a kind or a time are left out; a kind the map does not list is kept under the org's word.

    `named` has the `id` of each `name` a source knows prospects by, when that is not the id itself. Several prospects
    of one name are one person entered several times: what happened counts for each.
    """
    found = (
        raw.filter(~pl.col("IsDeleted") & is_inside(source.filter))
        .select(
            prospect_id=pl.coalesce(source.prospect).cast(TEXT),
            kind=_kind(source),
            at=pl.col(source.at).cast(MOMENT),
            asset=_text(source.asset),
            campaign=_text(source.campaign),
            source=pl.lit(source.label),
        )
        .drop_nulls(["prospect_id", "kind", "at"])
    )
    if named is not None:
        found = (
            found.join(named, left_on="prospect_id", right_on="name", how="inner")
            .with_columns(prospect_id=pl.col("id"))
            .select(*ACTIVITY_SCHEMA)
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


def _kind(source: ActivitySource) -> pl.Expr:
    if source.kind_field is None:
        return pl.lit(source.kind, dtype=TEXT)
    said = pl.col(source.kind_field).cast(TEXT)
    return said.replace(dict(source.kinds)) if source.kinds else said


def _text(api_name: str | None) -> pl.Expr:
    return pl.col(api_name).cast(TEXT) if api_name else pl.lit(None, dtype=TEXT)
