"""Strata: what the steps of a rulebook see, stratum by stratum. Verdicts and explanations are read from the same ones."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import narwhals as nw

from engine.automation.order import Stratum, decides, needs, order_rules, tag_name
from engine.automation.outcomes import (
    rule_mask,
    setters_of,
    tag_givers_of,
    with_field,
    with_field_seen,
    with_held,
    with_tag_seen,
)
from engine.conditions.expressions import Columns, compile_condition
from engine.conditions.literals import dtype_of
from engine.moments import Moment
from engine.rulebook.rulebook import Mode, Rulebook
from engine.verdicts.registry import activity_columns, steps_of
from engine.verdicts.score import with_ledger
from engine.verdicts.verdict import Step, Verdict


@dataclass(frozen=True, slots=True)
class StratumView:
    """A frame before the steps of one stratum. The last one has no steps: everything is decided."""

    steps: Stratum
    frame: nw.LazyFrame[Any]
    columns: Columns


def stratum_views(
    prospects: nw.LazyFrame[Any], activities: nw.LazyFrame[Any], rulebook: Rulebook, *, moment: Moment
) -> Iterator[StratumView]:
    """Each stratum's view in turn, lazily: nothing is computed until a frame is collected."""
    columns = Columns(activity_columns(rulebook))
    frame = with_ledger(prospects, activities, rulebook.points, columns.counts, moment)
    frame = frame.with_columns(in_scope=compile_condition(rulebook.scope, moment, columns))
    frame = with_held(frame, setters_of(rulebook))
    read = {name for step in steps_of(rulebook) for name in needs(rulebook, step)}
    done: set[Step] = set()
    for stratum in order_rules(rulebook):
        yield StratumView(stratum, frame, columns)
        done |= set(stratum)
        touched = {name for step in stratum for name in decides(rulebook, step)}
        frame = _decided(frame, stratum, rulebook, moment, columns)
        frame = _with_fields(frame, rulebook, touched, read, done)
        frame, columns = _with_tags(frame, rulebook, touched & read, done, columns)
    yield StratumView((), frame, columns)


def _decided(
    frame: nw.LazyFrame[Any], stratum: Stratum, rulebook: Rulebook, moment: Moment, columns: Columns
) -> nw.LazyFrame[Any]:
    """Adds what the steps of one stratum decide, all of them from the same view."""
    masks: dict[str, nw.Expr] = {}
    for step in stratum:
        if isinstance(step, Verdict):
            frame = step.decide(frame, rulebook, moment, columns)
        else:
            masks[rule_mask(step)] = _mask(rulebook, step, moment, columns)
    return frame.with_columns(**masks) if masks else frame


def _mask(rulebook: Rulebook, index: int, moment: Moment, columns: Columns) -> nw.Expr:
    rule = rulebook.rules[index]
    holds = compile_condition(rule.when, moment, columns)
    if rule.mode is Mode.ONCE:
        return holds & ~nw.col("firings").str.contains(f";{rule.id};", literal=True)
    return holds


def _with_fields(
    frame: nw.LazyFrame[Any], rulebook: Rulebook, touched: set[str], read: set[str], done: set[Step]
) -> nw.LazyFrame[Any]:
    """Decides the fields whose rules have just run; while rules of a later stratum are missing, for the time being."""
    schema = frame.collect_schema()
    for field, setters in setters_of(rulebook).items():
        if field in touched:
            so_far = {index: action for index, action in setters.items() if index in done}
            dtype = schema[field] if field in schema else dtype_of(next(iter(setters.values())).value)
            frame = with_field(frame, rulebook, field, so_far, dtype)
            frame = with_field_seen(frame, field, so_far) if field in read else frame
    return frame


def _with_tags(
    frame: nw.LazyFrame[Any], rulebook: Rulebook, touched: set[str], done: set[Step], columns: Columns
) -> tuple[nw.LazyFrame[Any], Columns]:
    for number, (tag, givers) in enumerate(tag_givers_of(rulebook).items()):
        if tag_name(tag) in touched:
            so_far = {index: action for index, action in givers.items() if index in done}
            frame = with_tag_seen(frame, rulebook, tag, so_far, f"tags__{number}")
            columns = replace(columns, tags={**columns.tags, tag: f"tags__{number}"})
    return frame, columns
