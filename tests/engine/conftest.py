"""Prospects and activities as the engine gets them, from the few values a test is about."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias

import duckdb
import narwhals as nw
import polars as pl
import pytest

from engine.automation.evaluate import evaluate
from engine.moments import Moment
from engine.rulebook.rulebook import Rulebook

Row: TypeAlias = Mapping[str, Any]
Frame: TypeAlias = nw.DataFrame[Any]
Evaluated: TypeAlias = dict[str, Any]

_PROSPECT: dict[str, pl.DataType | type[pl.DataType]] = {
    "id": pl.String,
    "title": pl.String,
    "title__key": pl.String,
    "title__rank": pl.Int64,
    "department": pl.String,
    "department__key": pl.String,
    "department__function": pl.String,
    "employees": pl.Int64,
    "revenue": pl.Float64,
    "opted_out": pl.Boolean,
    "rating": pl.String,
    "rating__key": pl.String,
    "campaign": pl.String,
    "contract_ends": pl.Date,
    "created_at": pl.Datetime("us", "UTC"),
    "tags": pl.String,
    "firings": pl.String,
    "ours": pl.String,
    "owner_kind": pl.String,
    "owner_kind__key": pl.String,
}
_ACTIVITY: dict[str, pl.DataType | type[pl.DataType]] = {
    "prospect_id": pl.String,
    "kind": pl.String,
    "at": pl.Datetime("us", "UTC"),
    "asset": pl.String,
    "campaign": pl.String,
    "source": pl.String,
    "campaign type": pl.String,
    "campaign type__key": pl.String,
    "amount": pl.Float64,
}


@pytest.fixture(scope="session")
def moment() -> Moment:
    """Half past six in the evening in Tokyo, on 21 November 2026."""
    return Moment(datetime(2026, 11, 21, 9, 30, tzinfo=UTC), "Asia/Tokyo")


@pytest.fixture(scope="session")
def prospects() -> Callable[..., Frame]:
    """Prospects from what is said of each; the rest is empty. Text is its own key."""

    def build(*rows: Row) -> Frame:
        said = [
            {"id": f"{number:018d}", "tags": "", "firings": "", "ours": ""} | dict(row)
            for number, row in enumerate(rows)
        ]
        for row in said:
            row.update({f"{name}__key": str(row[name]).lower() for name in list(row) if _has_key(name, row)})
        filled = [{name: row.get(name) for name in _PROSPECT} for row in said]
        return nw.from_native(pl.DataFrame(filled, schema=_PROSPECT), eager_only=True)

    return build


@pytest.fixture(scope="session")
def activities() -> Callable[..., Frame]:
    """Activities of the first prospect unless they say otherwise."""

    def build(*rows: Row) -> Frame:
        said = [{"prospect_id": f"{0:018d}", "source": "test"} | dict(row) for row in rows]
        for row in said:
            row["campaign type__key"] = row.get("campaign type")
        filled = [{name: row.get(name) for name in _ACTIVITY} for row in said]
        return nw.from_native(pl.DataFrame(filled, schema=_ACTIVITY), eager_only=True)

    return build


@pytest.fixture(scope="session")
def verdict_of(
    prospects: Callable[..., Frame], activities: Callable[..., Frame], moment: Moment
) -> Callable[..., Evaluated]:
    """The verdict of one prospect, without activities unless given."""

    def verdict(rulebook: Rulebook, row: Row, *happened: Row) -> Evaluated:
        return evaluate(prospects(row), activities(*happened), rulebook, moment=moment).rows(named=True)[0]

    return verdict


@pytest.fixture(scope="session")
def on_duckdb() -> Callable[[Frame], nw.LazyFrame[Any]]:
    """The same frame in DuckDB."""
    connection = duckdb.connect()

    def move(frame: Frame) -> nw.LazyFrame[Any]:
        return nw.from_native(connection.from_arrow(frame.to_arrow()))

    return move


def _has_key(name: str, row: Row) -> bool:
    return f"{name}__key" in _PROSPECT and row[name] is not None and f"{name}__key" not in row
