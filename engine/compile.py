"""Turn conditions into expressions. Unknown is null all the way up: Kleene's three values, on every backend alike."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import narwhals as nw

from engine.conditions import ActivityCount, Condition, Group, Join, Leaf, leaves
from engine.fields import Kind
from engine.moments import Moment
from engine.operators import OPERATORS
from engine.rulebooks import Rulebook


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


def conditions_of(rulebook: Rulebook) -> Iterator[Condition]:
    """Every condition of a rulebook, in the order the files say them."""
    yield rulebook.scope
    for persona in rulebook.personas:
        yield persona.when
    for profile in rulebook.profiles:
        for criterion in profile.criteria:
            for level in criterion.levels:
                yield level.when
    for rule in rulebook.rules:
        yield rule.when


def activity_columns(rulebook: Rulebook) -> dict[ActivityCount, str]:
    """A column `activity__<n>` for each distinct count that some condition asks for."""
    found = [leaf for condition in conditions_of(rulebook) for leaf in leaves(condition)]
    distinct = dict.fromkeys(_window(leaf) for leaf in found if isinstance(leaf, ActivityCount))
    names = {window: f"activity__{index}" for index, window in enumerate(distinct)}
    return {leaf: names[_window(leaf)] for leaf in found if isinstance(leaf, ActivityCount)}


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


def _window(count: ActivityCount) -> ActivityCount:
    """What is counted, whatever the thresholds: two leaves that differ in thresholds share a column."""
    return replace(count, at_least=1, at_most=None)


def _leaf(leaf: Leaf, moment: Moment, columns: Columns) -> nw.Expr:
    asked = leaf.field
    if asked.kind is Kind.TAGS:
        asked = replace(asked, name=columns.tags.get(str(leaf.operand), asked.name))
    return OPERATORS[leaf.operator].build(asked, leaf.operand, moment)


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
