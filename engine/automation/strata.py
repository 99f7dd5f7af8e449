"""Strata: what the steps of a rulebook see, stratum by stratum. Verdicts and explanations are read from the same ones."""

from collections.abc import Iterator
from dataclasses import dataclass

import narwhals as nw

from engine.actions.action_kind import Ran, rule_mask
from engine.actions.registry import KINDS
from engine.automation.order import Stratum, decides, needs, order_rules
from engine.conditions.expressions import Columns, Frame, compile_condition
from engine.moments import Moment
from engine.rulebook.rulebook import Rulebook, RuleMode
from engine.verdicts.registry import activity_columns, steps_of
from engine.verdicts.score import with_ledger
from engine.verdicts.verdict import Step, Verdict


@dataclass(frozen=True, slots=True)
class StratumView:
    """A frame before the steps of one stratum. The last one has no steps: everything is decided."""

    steps: Stratum
    frame: Frame
    columns: Columns


def stratum_views(prospects: Frame, activities: Frame, rulebook: Rulebook, *, moment: Moment) -> Iterator[StratumView]:
    """Each stratum's view in turn, lazily: nothing is computed until a frame is collected."""
    columns = Columns(activity_columns(rulebook))
    frame = with_ledger(prospects, activities, rulebook.points, columns.counts, moment)
    frame = frame.with_columns(in_scope=compile_condition(rulebook.scope, moment, columns))
    given = [(kind, kind.given(rulebook)) for kind in KINDS]
    for kind, actions in given:
        frame = kind.prepared(frame, actions)
    read = {name for step in steps_of(rulebook) for name in needs(rulebook, step)}
    done: set[Step] = set()
    for stratum in order_rules(rulebook):
        yield StratumView(stratum, frame, columns)
        done |= set(stratum)
        ran = Ran({name for step in stratum for name in decides(rulebook, step)}, read, done)
        frame = _decided(frame, stratum, rulebook, moment, columns)
        for kind, actions in given:
            frame, columns = kind.seen(frame, columns, actions, ran)
    yield StratumView((), frame, columns)


def _decided(frame: Frame, stratum: Stratum, rulebook: Rulebook, moment: Moment, columns: Columns) -> Frame:
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
    if rule.mode is RuleMode.ONCE:
        return holds & ~nw.col("firings").str.contains(f";{rule.id};", literal=True)
    return holds
