"""Raw rows of a source to the engine's frame of activities: whose, what kind, when, with what, in which campaign."""

import polars as pl

from mapping.maps import ActivitySource
from mapping.types import MOMENT, TEXT

ACTIVITY_SCHEMA = {
    "prospect_id": TEXT,
    "kind": TEXT,
    "at": MOMENT,
    "asset": TEXT,
    "campaign": TEXT,
    "source": TEXT,
}


def activities(raw: pl.DataFrame, source: ActivitySource) -> pl.DataFrame:
    """One row per activity, ordered by prospect and time. Deleted rows, and rows without a prospect, a kind or a time,
    are left out; a kind the map does not list is kept under the org's own word.
    """
    return (
        raw.filter(~pl.col("IsDeleted"))
        .select(
            prospect_id=pl.coalesce(source.prospect).cast(TEXT),
            kind=_kind(source),
            at=pl.col(source.at).cast(MOMENT),
            asset=_text(source.asset),
            campaign=_text(source.campaign),
            source=pl.lit(source.api_name),
        )
        .drop_nulls(["prospect_id", "kind", "at"])
        .sort("prospect_id", "at", "kind", "asset", "campaign")
    )


def _kind(source: ActivitySource) -> pl.Expr:
    if source.kind_field is None:
        return pl.lit(source.kind, dtype=TEXT)
    said = pl.col(source.kind_field).cast(TEXT)
    return said.replace(dict(source.kinds)) if source.kinds else said


def _text(api_name: str | None) -> pl.Expr:
    return pl.col(api_name).cast(TEXT) if api_name else pl.lit(None, dtype=TEXT)
