"""Raw columns: what describe says of a field's type, and records of JSON or CSV made into columns of that type.

Nothing is lost in silence: a value that does not parse becomes null, and `unparsed` counts it.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

import polars as pl

JSON: TypeAlias = "bool | int | float | str | Sequence[JSON] | Mapping[str, JSON] | None"
Record: TypeAlias = Mapping[str, JSON]
RawSchema: TypeAlias = Mapping[str, pl.DataType]

TEXT, WHOLE, NUMBER, YES_NO, DAY = pl.String(), pl.Int64(), pl.Float64(), pl.Boolean(), pl.Date()
MOMENT = pl.Datetime("us", "UTC")

_BY_TYPE: Mapping[str, pl.DataType] = {
    "int": WHOLE,
    "long": WHOLE,
    "double": NUMBER,
    "currency": NUMBER,
    "percent": NUMBER,
    "boolean": YES_NO,
    "date": DAY,
    "datetime": MOMENT,
}
_EXACT_MAX = 2**53  # JSON numbers are doubles
# Compound values and files come in parts or not at all; queries of many rows refuse them.
COMPOUND = frozenset({"address", "location", "base64", "complexvalue", "anyType", "json"})


def raw_type(describe_type: str) -> pl.DataType:
    """Ids, picklists, phones and the rest are text."""
    return _BY_TYPE.get(describe_type, TEXT)


def raw_schema(describe: Mapping[str, object], columns: Iterable[str]) -> RawSchema:
    """The columns with their types. KeyError for a field that describe lacks: `check` names those before anything runs."""
    types = {str(field["name"]): str(field["type"]) for field in described_fields(describe)}
    return {name: raw_type(types[name]) for name in columns}


def described_fields(describe: Mapping[str, object]) -> list[Mapping[str, object]]:
    fields = describe.get("fields")
    return [field for field in fields if isinstance(field, Mapping)] if isinstance(fields, list) else []


def can_be_followed(describe: Mapping[str, object]) -> bool:
    """Whether the org can be asked for what changed since a moment; of a few objects it refuses that."""
    stamp = next((field for field in described_fields(describe) if field["name"] == "SystemModstamp"), {})
    return bool(stamp.get("filterable") and stamp.get("sortable"))


def raw_frame(records: Sequence[Record], columns: RawSchema) -> pl.DataFrame:
    """A frame of exactly these columns. A field the record leaves out is null, as is an empty text."""
    return pl.DataFrame({name: _series([row.get(name) for row in records], kind) for name, kind in columns.items()})


def unparsed(records: Sequence[Record], frame: pl.DataFrame) -> dict[str, int]:
    """How many values of each column were there and did not parse; only columns with any."""
    counts = {
        name: sum(row.get(name) is not None and row[name] != "" for row in records) - frame[name].count()
        for name in frame.columns
    }
    return {name: count for name, count in counts.items() if count}


def _series(values: list[JSON], kind: pl.DataType) -> pl.Series:
    if kind == TEXT:
        return pl.Series([_text(value) for value in values], dtype=TEXT)
    if kind == YES_NO:
        return pl.Series([_yes_no(value) for value in values], dtype=YES_NO)
    if kind == NUMBER:
        return pl.Series([_number(value) for value in values], dtype=NUMBER)
    if kind == WHOLE:
        return pl.Series([_whole(value) for value in values], dtype=WHOLE)
    texts = pl.Series([value if isinstance(value, str) else None for value in values], dtype=TEXT)
    return _days(texts) if kind == DAY else _moments(texts)


def _moments(texts: pl.Series) -> pl.Series:
    """REST writes +0000 and Bulk writes Z."""
    offsets = texts.str.replace("Z$", "+0000")
    return offsets.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%z", time_unit="us", strict=False).cast(MOMENT)


def _days(texts: pl.Series) -> pl.Series:
    return texts.str.to_date("%Y-%m-%d", strict=False)


def _text(value: JSON) -> str | None:
    match value:
        case str():
            return value or None
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case _:
            return None


def _yes_no(value: JSON) -> bool | None:
    match value:
        case bool():
            return value
        case "true" | "false":
            return value == "true"
        case _:
            return None


def _number(value: JSON) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _whole(value: JSON) -> int | None:
    """Number fields without decimals are doubles in JSON: 12.0 is 12, and 12.5 is no whole number."""
    number = _number(value)
    return int(number) if number is not None and number.is_integer() and abs(number) < _EXACT_MAX else None
