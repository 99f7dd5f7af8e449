"""The columns of mapped fields: raw values as their kinds, with keys and facets, and fields of records that are named.

Types are made here and nowhere else; what does not fit its kind is null.
"""

from collections.abc import Iterable, Iterator, Mapping

import polars as pl

from engine.conditions.fields import Kind
from engine.verdicts.grade import LADDER
from mapping.field_map.field_map import Lookup, MappedField
from mapping.field_map.types import DAY, MOMENT, NUMBER, TEXT, WHOLE, YES_NO
from mapping.text.keys import TEXT_KEYS, Reading

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
# Raw records by object, when nothing is known of any.
NONE_RELATED: Mapping[str, pl.DataFrame] = {}


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


def looked_up(ids: pl.Series, lookup: Lookup, related: pl.DataFrame | None) -> Iterator[pl.Series]:
    """The columns of one lookup's fields; all are empty where no record is named, or it is deleted or not known."""
    names = dict.fromkeys(mapped.api_name for mapped in lookup.fields)
    known = pl.DataFrame(schema={"Id": TEXT}) if related is None else related.filter(~pl.col("IsDeleted"))
    missing = [pl.lit(None).alias(name) for name in names if name not in known.columns]
    held = ids.cast(TEXT).alias("Id").to_frame().join(
        known.with_columns(missing).select("Id", *(name for name in names if name != "Id")).unique("Id"),
        on="Id", how="left", maintain_order="left",
    )  # fmt: skip
    is_there = ids.cast(TEXT).is_in(known["Id"].implode())
    for mapped in lookup.fields:
        column = typed(held[mapped.api_name], mapped.kind)
        # Whether a text says nothing or nobody is there to say it: of a missing record even tags are unknown.
        column = pl.select(pl.when(is_there).then(column)).to_series()
        yield column.alias(mapped.name)
        yield from keys(column, mapped)


def named(raw: pl.DataFrame, lookups: Iterable[Lookup]) -> dict[str, list[str]]:
    """The records of other objects that these records name, by object, each once and in order."""
    found: dict[str, set[str]] = {}
    for lookup in lookups:
        found.setdefault(lookup.object, set()).update(raw[lookup.api_name].cast(TEXT).drop_nulls())
    return {name: sorted(ids) for name, ids in found.items() if ids}


def column_types(mapped: MappedField) -> dict[str, pl.DataType]:
    """Every column of a field: its value, its key and its facets."""
    types = {mapped.name: _POLARS[mapped.kind]}
    if mapped.key is not None:
        types[f"{mapped.name}__key"] = TEXT
        facets = TEXT_KEYS[mapped.key].facets
        types |= {mapped.field.facet(name): _POLARS[facets[name].kind] for name in mapped.facets}
    return types


def keys(column: pl.Series, mapped: MappedField) -> Iterator[pl.Series]:
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
