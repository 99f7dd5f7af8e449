"""Constants in expressions, typed the same on every backend."""

from datetime import date, datetime

import narwhals as nw
from narwhals.dtypes import DType

from engine.values import Scalar


def whole(value: int | None) -> nw.Expr:
    """A whole number, always Int64."""
    return nw.lit(value, dtype=nw.Int64)


def chosen(index_column: str, texts: list[str]) -> nw.Expr:
    """The text at the index a column holds; null at null."""
    options = [nw.when(nw.col(index_column) == index).then(nw.lit(text)) for index, text in enumerate(texts)]
    return nw.coalesce(*options, nw.lit(None, dtype=nw.String))


def typed(value: Scalar, dtype: DType) -> nw.Expr:
    """A rule's value as the column it goes to holds it: dates and times are ISO text in a rule."""
    if isinstance(value, str) and isinstance(dtype, nw.Datetime):
        return nw.lit(datetime.fromisoformat(value), dtype=dtype)
    if isinstance(value, str) and isinstance(dtype, nw.Date):
        return nw.lit(date.fromisoformat(value), dtype=dtype)
    return nw.lit(value, dtype=dtype)


def dtype_of(value: Scalar) -> DType:
    """What a value is when no column says so."""
    match value:
        case bool():
            return nw.Boolean()
        case int():
            return nw.Int64()
        case float():
            return nw.Float64()
        case _:
            return nw.String()
