"""Turn conditions into expressions. Unknown is null all the way up: Kleene's three values, on every backend alike."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, TypeAlias

import narwhals as nw
from narwhals.dtypes import DType

from engine.conditions.conditions import ActivityCount, Condition, Group, Join, Leaf
from engine.conditions.fields import Kind, member_column
from engine.conditions.operators import OPERATORS
from engine.moments import Moment
from engine.values import Scalar

Frame: TypeAlias = nw.LazyFrame[Any]


@dataclass(frozen=True, slots=True)
class Columns:
    """Where answers stand that are not fields: activity counts, and the tags as rules of an earlier stratum left them."""

    counts: Mapping[ActivityCount, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)  # tag -> name of the column to read instead of `tags`


def compile_condition(condition: Condition, moment: Moment, columns: Columns) -> nw.Expr:
    """One nullable boolean: yes, no or unknown. An empty `all` or `none` holds, an empty `any` does not."""
    match condition:
        case Leaf():
            return _settled(_leaf(condition, moment, columns), empty_counts_as=condition.empty_counts_as)
        case ActivityCount():
            count = nw.col(columns.counts[condition])
            enough = count >= condition.at_least
            return enough if condition.at_most is None else enough & (count <= condition.at_most)
        case Group():
            parts = [compile_condition(part, moment, columns) for part in condition.of]
            return _settled(_joined(condition.join, parts), empty_counts_as=condition.empty_counts_as)


def count_flag(count: ActivityCount, moment: Moment) -> nw.Expr:
    """Whether one activity is among those counted: never unknown. The future and what has no time do not count."""
    tests = [nw.col("at") <= moment.at]
    if count.kinds:
        tests.append(nw.col("kind").is_in(list(count.kinds)))
    if count.asset is not None:
        tests.append(nw.col("asset") == count.asset)
    if count.campaign is not None:
        tests.append(nw.col("campaign") == count.campaign)
    if count.where is not None:
        tests.append(compile_condition(count.where, moment, Columns()))
    if count.within_days is not None:
        since: datetime = moment.day_start(count.within_days)
        tests.append(nw.col("at") >= since)
    return nw.all_horizontal(*tests, ignore_nulls=False).fill_null(value=False)


def _leaf(leaf: Leaf, moment: Moment, columns: Columns) -> nw.Expr:
    asked, operator = leaf.field, OPERATORS[leaf.operator]
    if asked.is_several and operator.picks is not None:
        named = leaf.operand if isinstance(leaf.operand, tuple) else (leaf.operand,)
        members = [nw.col(member_column(asked.name, str(one))) for one in named]
        among = nw.any_horizontal(*members, ignore_nulls=False)
        return among if operator.picks else ~among
    if asked.kind is Kind.TAGS:
        asked = replace(asked, name=columns.tags.get(str(leaf.operand), asked.name))
    return operator.build(asked, leaf.operand, moment)


def _joined(join: Join, parts: list[nw.Expr]) -> nw.Expr:
    if not parts:
        return nw.lit(value=join is not Join.ANY)
    match join:
        case Join.ALL:
            return nw.all_horizontal(*parts, ignore_nulls=False)
        case Join.ANY:
            return nw.any_horizontal(*parts, ignore_nulls=False)
        case Join.NONE:
            return ~nw.any_horizontal(*parts, ignore_nulls=False)


def _settled(answer: nw.Expr, *, empty_counts_as: bool | None) -> nw.Expr:
    """`empty counts as` settles an unknown answer of the leaf or of the whole group, not of its parts."""
    return answer if empty_counts_as is None else answer.fill_null(value=empty_counts_as)


# --- constants, typed the same on every backend


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
