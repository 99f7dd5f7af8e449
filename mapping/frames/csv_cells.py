"""Cells of CSV made into columns of the types describe gives: what `field_map/types.py` does for JSON, for many rows at once."""

from collections.abc import Sequence

import polars as pl

from mapping.field_map.types import DAY, MOMENT, NUMBER, TEXT, WHOLE, YES_NO, RawSchema

_EXACT_MAX = 2**53
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"


def frame_of_cells(
    columns: Sequence[str], rows: Sequence[Sequence[str]], schema: RawSchema
) -> tuple[pl.DataFrame, dict[str, int]]:
    """A frame of exactly the schema's columns, and how many cells of each were filled and did not parse.

    An empty cell is null, as is a column that is not there. Nothing is trimmed: cells are as the org has them.
    """
    places = {name: place for place, name in enumerate(columns)}
    texts = pl.DataFrame(
        {
            name: pl.Series(
                [row[places[name]] or None for row in rows] if name in places else [None] * len(rows), dtype=TEXT
            )
            for name in schema
        }
    )
    frame = texts.select(_typed(pl.col(name), kind) for name, kind in schema.items())
    lost = {name: texts[name].count() - frame[name].count() for name in schema}
    return frame, {name: count for name, count in lost.items() if count}


def _typed(column: pl.Expr, kind: pl.DataType) -> pl.Expr:
    if kind == YES_NO:
        return pl.when(column.is_in(["true", "false"])).then(column == "true")
    if kind == NUMBER:
        return _number(column)
    if kind == WHOLE:
        number = _number(column)
        is_whole = (number.floor() == number) & (number.abs() < _EXACT_MAX)
        return pl.when(is_whole).then(number).cast(WHOLE)
    if kind == DAY:
        return column.str.to_date("%Y-%m-%d", strict=False)
    if kind == MOMENT:
        # REST writes +0000 and Bulk writes Z.
        offsets = column.str.replace("Z$", "+0000")
        return offsets.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%z", time_unit="us", strict=False).cast(MOMENT)
    return column


def _number(column: pl.Expr) -> pl.Expr:
    value = pl.when(column.str.contains(_NUMBER)).then(column).cast(NUMBER, strict=False)
    return pl.when(value.is_finite()).then(value)
