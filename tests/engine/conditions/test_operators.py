"""Every operator says yes, no and unknown, and says the same on Polars and DuckDB."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import narwhals as nw
import pytest

from engine.conditions.conditions import Operand
from engine.conditions.fields import Field, Kind
from engine.conditions.operators import OPERATORS, OperandShape, operators_for
from engine.moments import Moment
from engine.verdicts.registry import DERIVED_FIELDS

TITLE = Field("title", Kind.TEXT, ("rank",))
DEPARTMENT = Field("department", Kind.TEXT, ("function",))
RATING = Field("rating", Kind.PICKLIST)
EMPLOYEES = Field("employees", Kind.INTEGER)
REVENUE = Field("revenue", Kind.DECIMAL)
OPTED_OUT = Field("opted_out", Kind.BOOLEAN)
CAMPAIGN = Field("campaign", Kind.ID)
CONTRACT_ENDS = Field("contract_ends", Kind.DATE)
CREATED_AT = Field("created_at", Kind.DATETIME)
TAGS = Field("tags", Kind.TAGS)


def tokyo(*when: int) -> datetime:
    """An instant by Tokyo's clock, which has no summer time."""
    year, month, day, hour, minute, second = when
    return datetime.fromisoformat(f"{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}+09:00").astimezone(UTC)


# operator: (field, operand, value, answer). The moment is 2026-11-21 18:30 in Tokyo.
Case = tuple[Field, Operand, object, bool | None]
TABLE: dict[str, list[Case]] = {
    "is": [
        (TITLE, "部長", "部長", True),
        (TITLE, "部長", "営業部長", False),
        (TITLE, "部長", None, None),
        (RATING, "hot", "Hot", True),
        (EMPLOYEES, 300, 300, True),
        (EMPLOYEES, 300, 299, False),
        (OPTED_OUT, True, False, False),
        (OPTED_OUT, True, None, None),
        (CONTRACT_ENDS, "2026-11-21", date(2026, 11, 21), True),
        (CAMPAIGN, "701000000000001AAA", "701000000000001AAA", True),
        # Identifiers are case-sensitive.
        (CAMPAIGN, "701000000000001AAA", "701000000000001aAA", False),
    ],
    "is not": [(TITLE, "部長", "課長", True), (TITLE, "部長", "部長", False), (TITLE, "部長", None, None)],
    "is one of": [
        (RATING, ("hot", "warm"), "Warm", True),
        (RATING, ("hot", "warm"), "Cold", False),
        (RATING, ("hot", "warm"), None, None),
        (EMPLOYEES, (1, 2), 2, True),
        (CONTRACT_ENDS, ("2026-11-21", "2026-11-22"), date(2026, 11, 22), True),
    ],
    "is none of": [
        (RATING, ("hot", "warm"), "Cold", True),
        (RATING, ("hot", "warm"), "Hot", False),
        (RATING, ("hot", "warm"), None, None),
    ],
    "contains": [
        (TITLE, "部", "営業部長", True),
        (TITLE, "部", "課長", False),
        (TITLE, "部", None, None),
        # Text is literal: no sign is special.
        (TITLE, ".*", "課長", False),
        (TITLE, "50%", "50% off", True),
        (TITLE, "it's", "it's", True),
    ],
    "does not contain": [(TITLE, "部", "課長", True), (TITLE, "部", "部長", False), (TITLE, "部", None, None)],
    "starts with": [
        (TITLE, "営業", "営業部長", True),
        (TITLE, "営業", "海外営業", False),
        (TITLE, "営業", None, None),
        (TITLE, "_", "x", False),
    ],
    "starts with one of": [
        (TITLE, ("営業", "製造"), "製造部長", True),
        (TITLE, ("営業", "製造"), "海外営業", False),
        (TITLE, ("営業", "製造"), None, None),
        (TITLE, ("_", "%"), "x", False),
        # By the key, as every part of a text.
        (RATING, ("ho", "wa"), "Warm", True),
    ],
    "ends with": [(TITLE, "部長", "営業部長", True), (TITLE, "部長", "部長代理", False), (TITLE, "部長", None, None)],
    "is empty": [
        (TITLE, True, None, True),
        (TITLE, True, "部長", False),
        (TITLE, False, "部長", True),
        (EMPLOYEES, True, 0, False),
        (CREATED_AT, True, None, True),
    ],
    "is not empty": [(TITLE, True, "部長", True), (TITLE, True, None, False), (TITLE, False, None, True)],
    "at least": [
        (EMPLOYEES, 300, 300, True),
        (EMPLOYEES, 300, 299, False),
        (EMPLOYEES, 300, None, None),
        (REVENUE, 1.5, 1.5, True),
    ],
    "at most": [(EMPLOYEES, 300, 300, True), (EMPLOYEES, 300, 301, False), (EMPLOYEES, 300, None, None)],
    "more than": [(EMPLOYEES, 300, 301, True), (EMPLOYEES, 300, 300, False), (EMPLOYEES, 300, None, None)],
    "less than": [(REVENUE, 1.5, 1.4, True), (REVENUE, 1.5, 1.5, False), (REVENUE, 1.5, None, None)],
    "between": [
        (EMPLOYEES, (100, 299), 100, True),
        (EMPLOYEES, (100, 299), 299, True),
        (EMPLOYEES, (100, 299), 300, False),
        (EMPLOYEES, (100, 299), None, None),
        (CONTRACT_ENDS, ("2026-11-01", "2026-11-30"), date(2026, 11, 30), True),
        (CREATED_AT, ("2026-11-20", "2026-11-20"), tokyo(2026, 11, 20, 0, 0, 0), True),
        (CREATED_AT, ("2026-11-20", "2026-11-20"), tokyo(2026, 11, 20, 23, 59, 59), True),
        (CREATED_AT, ("2026-11-20", "2026-11-20"), tokyo(2026, 11, 21, 0, 0, 0), False),
    ],
    "within": [
        (CREATED_AT, 14, tokyo(2026, 11, 7, 0, 0, 0), True),
        (CREATED_AT, 14, tokyo(2026, 11, 6, 23, 59, 59), False),
        (CREATED_AT, 14, None, None),
        # What is to come is not within the last days.
        (CREATED_AT, 14, tokyo(2026, 11, 21, 18, 30, 1), False),
        (CREATED_AT, 0, tokyo(2026, 11, 21, 0, 0, 0), True),
        (CONTRACT_ENDS, 14, date(2026, 11, 7), True),
        (CONTRACT_ENDS, 14, date(2026, 11, 22), False),
    ],
    "before": [
        (CREATED_AT, "2026-11-21", tokyo(2026, 11, 20, 23, 59, 59), True),
        (CREATED_AT, "2026-11-21", tokyo(2026, 11, 21, 0, 0, 0), False),
        (CREATED_AT, "2026-11-21", None, None),
        (CONTRACT_ENDS, "2026-11-21", date(2026, 11, 21), False),
    ],
    "after": [
        (CREATED_AT, "2026-11-20", tokyo(2026, 11, 21, 0, 0, 0), True),
        (CREATED_AT, "2026-11-20", tokyo(2026, 11, 20, 23, 59, 59), False),
        (CREATED_AT, "2026-11-20", None, None),
        (CONTRACT_ENDS, "2026-11-20", date(2026, 11, 21), True),
    ],
    "include": [
        (TAGS, "vip", ";vip;expo;", True),
        (TAGS, "vip", ";vip 2026;", False),
        (TAGS, "vip", "", False),
        (TAGS, "vip", None, None),
    ],
    "does not include": [(TAGS, "vip", "", True), (TAGS, "vip", ";vip;", False), (TAGS, "vip", None, None)],
    "rank at least": [(TITLE, 7, 7, True), (TITLE, 7, 6, False), (TITLE, 7, None, None)],
    "rank at most": [(TITLE, 7, 7, True), (TITLE, 7, 8, False), (TITLE, 7, None, None)],
    "function is": [
        (DEPARTMENT, "production", "production", True),
        (DEPARTMENT, "production", "sales", False),
        (DEPARTMENT, "production", None, None),
    ],
    "function is one of": [
        (DEPARTMENT, ("production", "sales"), "sales", True),
        (DEPARTMENT, ("production", "sales"), "hr", False),
        (DEPARTMENT, ("production", "sales"), None, None),
    ],
}
CASES = [(name, case) for name, cases in TABLE.items() for case in cases]


@pytest.mark.parametrize(("name", "case"), CASES, ids=[f"{name}-{case[1]}-{case[2]}" for name, case in CASES])
def test_an_operator_answers_as_its_table_says(
    name: str,
    case: Case,
    moment: Moment,
    prospects: Callable[..., nw.DataFrame[Any]],
    on_duckdb: Callable[[nw.DataFrame[Any]], nw.LazyFrame[Any]],
) -> None:
    field, operand, value, answer = case
    facet = OPERATORS[name].facet
    frame = prospects({field.facet(facet) if facet else field.name: value})
    asked = OPERATORS[name].build(field, operand, moment).alias("answer")
    assert frame.select(asked)["answer"].to_list() == [answer]
    assert on_duckdb(frame).select(asked).collect("polars")["answer"].to_list() == [answer]


@pytest.mark.parametrize("name", sorted(OPERATORS))
def test_the_table_of_an_operator_has_a_yes_a_no_and_an_unknown(name: str) -> None:
    is_about_emptiness = OPERATORS[name].operand is OperandShape.YES
    assert {answer for *_, answer in TABLE[name]} == {True, False} | (set() if is_about_emptiness else {None})


@pytest.mark.parametrize(("name", "case"), CASES, ids=[f"{name}-{case[1]}-{case[2]}" for name, case in CASES])
def test_the_table_asks_only_what_the_registry_accepts(name: str, case: Case) -> None:
    assert OPERATORS[name].accepts(case[0])


@pytest.mark.parametrize("field", DERIVED_FIELDS, ids=lambda field: field.name)
def test_every_field_the_run_decides_can_be_asked_about(field: Field) -> None:
    assert operators_for(field)


@pytest.mark.parametrize(("one", "several"), [("starts with", "starts with one of"), ("is", "is one of")])
@pytest.mark.parametrize(
    ("field", "value"), [(TITLE, "営業部長"), (RATING, "Hot"), (TITLE, None), (DEPARTMENT, "製造")]
)
def test_one_of_several_means_any_of_them(
    one: str, several: str, field: Field, value: str | None, moment: Moment, prospects: Callable[..., nw.DataFrame[Any]]
) -> None:
    frame, parts = prospects({field.name: value}), ("営業", "hot", "製造")
    each = [OPERATORS[one].build(field, part, moment).alias(part) for part in parts]
    answers = frame.select(*each).row(0)
    together = OPERATORS[several].build(field, parts, moment).alias("answer")
    assert frame.select(together)["answer"].to_list() == [None if value is None else any(answers)]
    assert OPERATORS[one].of_parts == OPERATORS[several].of_parts
    assert OPERATORS[several].accepts(field)


def test_an_operator_on_a_facet_is_refused_where_the_field_has_none() -> None:
    assert not OPERATORS["rank at least"].accepts(Field("company", Kind.TEXT))


def test_a_decimal_is_never_compared_for_equality() -> None:
    assert not OPERATORS["is"].accepts(REVENUE)
