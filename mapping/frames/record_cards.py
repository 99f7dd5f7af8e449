"""Cards: what people recognise a record by, read from its raw row, and who holds which records."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from mapping.field_map.field_map import ObjectMap
from mapping.field_map.types import TEXT, YES_NO


@dataclass(frozen=True, slots=True)
class Card:
    """`object` is its API name; `persona`, `grade` and `score` are what its write-back fields hold."""

    object: str = ""
    name: str = ""
    company: str = ""
    persona: str | None = None
    grade: str | None = None
    score: int | None = None


def card_of(row: Mapping[str, Any], object_map: ObjectMap) -> Card:
    """A name is put together in the order Japanese readers expect when only its parts are mapped."""
    held = {target: row.get(object_map.write_back.get(target, "")) for target in ("persona", "grade", "score")}
    score = held["score"]
    return Card(
        object=object_map.api_name,
        name=row.get("Name") or " ".join(part for part in (row.get("LastName"), row.get("FirstName")) if part),
        company=row.get("Company") or "",
        persona=held["persona"],
        grade=held["grade"],
        score=None if score is None else int(score),
    )


def holdings(raw: pl.LazyFrame) -> pl.LazyFrame:
    """`id`, `owner_id`, `is_deleted` and `is_converted` of every record; what an object lacks is null and false."""
    columns = raw.collect_schema().names()
    owner = pl.col("OwnerId") if "OwnerId" in columns else pl.lit(None)
    converted = pl.col("IsConverted") if "IsConverted" in columns else pl.lit(None)
    return raw.select(
        id=pl.col("Id"),
        owner_id=owner.cast(TEXT),
        is_deleted=pl.col("IsDeleted"),
        is_converted=converted.cast(YES_NO).fill_null(value=False),
    )


def open_holdings(raw: pl.LazyFrame) -> pl.LazyFrame:
    """Without converted and deleted records: they are nobody's work any more."""
    return holdings(raw).filter(~pl.col("is_deleted") & ~pl.col("is_converted"))
