"""Filters of activity sources: which rows of an object count. The same meaning in SOQL and on rows already here.

A filter is field -> the values it may have; every field must have one of its own. Texts are compared without regard to
case, as SOQL does; an empty field has no value.
"""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import polars as pl

from mapping.field_map.types import TEXT
from mapping.ids import id18, is_id

Value: TypeAlias = str | bool
Filter: TypeAlias = Mapping[str, tuple[Value, ...]]


def is_inside(wanted: Filter) -> pl.Expr:
    """Whether a raw row passes; never null."""
    return pl.all_horizontal(pl.lit(value=True), *(_has_one(name, values) for name, values in wanted.items()))


def outside_as_deleted(raw: pl.DataFrame, filters: Sequence[Filter]) -> pl.DataFrame:
    """Rows that pass none of the filters marked deleted: what is changed so that it no longer counts is gone for us.

    For rows that were read without the filter, as changes since a watermark must be. No filters: every row counts.
    """
    if not filters:
        return raw
    counts = pl.any_horizontal(*(is_inside(one) for one in filters))
    return raw.with_columns(pl.col("IsDeleted").fill_null(value=False) | ~counts)


def _has_one(name: str, values: tuple[Value, ...]) -> pl.Expr:
    texts = [value.lower() for value in values if isinstance(value, str)]
    if len(texts) < len(values):
        return pl.col(name).is_in([value for value in values if isinstance(value, bool)]).fill_null(value=False)
    said = pl.col(name).cast(TEXT)
    ids = [id18(value) for value in values if isinstance(value, str) and is_id(value)]
    return (said.str.to_lowercase().is_in(texts) | said.is_in(ids)).fill_null(value=False)
