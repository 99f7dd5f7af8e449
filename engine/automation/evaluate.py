"""Evaluate a rulebook over prospects: one row of verdicts for each.

Columns, besides `id`:

    in_scope                        nullable boolean
    score                           whole points
    band_index, band                position in the rulebook and name; null: the rulebook has no bands
    persona_index, persona          position in the rulebook and name; null: nobody
    buyer_role
    profile_index, profile
    graded, grade_steps             whether any criterion is known; the raw sum of thirds
    grade_rank, grade               0 to 12 and its letter; null when ungraded
    priority                        fit letter and band, `A1`; null when ungraded or without bands
    earned__<profile>__<criterion>  signed thirds; null when unknown or when the prospect has another profile
    activity__<n>                   counts that conditions ask for (`registry.activity_columns`)
    rule__<n>                       nullable boolean for each rule; of a `once` rule: it holds and has not fired yet
    to__<field>, by__<field>        what a field is to hold and which rule says so; -1: the verdict itself;
                                    null: leave the field alone
    by__owner                       the rule that says who shall own the prospect
"""

from typing import Any

import narwhals as nw
from narwhals.typing import IntoDataFrame

from engine.actions.action_kind import rule_mask
from engine.actions.registry import KINDS
from engine.automation.order import decides, needs
from engine.automation.strata import stratum_views
from engine.changes.change import RULE, RuleRef
from engine.conditions.conditions import ActivityCount, leaves
from engine.conditions.expressions import whole
from engine.conditions.fields import TagName
from engine.moments import Moment
from engine.rulebook.rulebook import Rulebook
from engine.verdicts.registry import OUTPUTS, TARGETS, VERDICT_OF, VERDICTS, activity_columns, asked_at, steps_of
from engine.verdicts.verdict import Step, Verdict


def evaluate(
    prospects: nw.DataFrame[IntoDataFrame],
    activities: nw.DataFrame[IntoDataFrame],
    rulebook: Rulebook,
    *,
    moment: Moment,
) -> nw.DataFrame[Any]:
    """The verdicts of one range, ordered by id. `prospects` carry what the planner adds: tags, ours, firings, owner_kind."""
    return verdicts(prospects.lazy(), activities.lazy(), rulebook, moment=moment).sort("id").collect()


def verdicts(
    prospects: nw.LazyFrame[Any], activities: nw.LazyFrame[Any], rulebook: Rulebook, *, moment: Moment
) -> nw.LazyFrame[Any]:
    """The same, not yet computed: on any backend and in no order."""
    *_, last = stratum_views(prospects, activities, rulebook, moment=moment)
    return last.frame.select("id", **_columns(rulebook))


def reads_of(rulebook: Rulebook) -> dict[str | RuleRef, frozenset[str]]:
    """What each output rests on: every target, every field rules set, `owner`, and each rule.

    Names are of fields, followed back through personas, grades and rules to what the org holds; a count stands as its
    column `activity__<n>`, score and band as themselves, tags as `tags`. The score's own reads are empty: its value says
    it all.
    """
    behind = _behind(rulebook)
    reads: dict[str | RuleRef, frozenset[str]] = {
        target: frozenset[str]() if OUTPUTS[target].is_itself else behind[VERDICT_OF[target]] for target in TARGETS
    }
    for kind in KINDS:
        for output, deciders in kind.outputs(kind.given(rulebook)).items():
            reads[output] = frozenset[str]().union(*(behind[index] for index in deciders))
    return reads | {RuleRef(RULE, rule.id): behind[index] for index, rule in enumerate(rulebook.rules)}


def _columns(rulebook: Rulebook) -> dict[str, nw.Expr]:
    columns = {"in_scope": nw.col("in_scope")}
    for verdict in VERDICTS:
        columns |= verdict.columns(rulebook)
    columns |= {name: nw.col(name) for name in dict.fromkeys(activity_columns(rulebook).values())}
    columns |= {rule_mask(index): nw.col(rule_mask(index)) for index in range(len(rulebook.rules))}
    for target in TARGETS:
        by = whole(-1 if VERDICT_OF[target].is_said(rulebook) else None)
        columns |= {f"to__{target}": columns[target], f"by__{target}": by}
    for kind in KINDS:
        columns |= kind.columns(kind.given(rulebook))
    return columns


def _behind(rulebook: Rulebook) -> dict[Step, frozenset[str]]:
    """Per step, all it rests on, its own reads and those of the steps that decide what it reads."""
    deciders: dict[str, list[Step]] = {}
    for step in steps_of(rulebook):
        for name in decides(rulebook, step):
            deciders.setdefault(name, []).append(step)
    counts = activity_columns(rulebook)
    behind: dict[Step, frozenset[str]] = {}

    def follow(step: Step) -> frozenset[str]:
        if step not in behind:
            behind[step] = frozenset()  # a `once` rule may read what it sets
            found = set[str]()
            for name in needs(rulebook, step):
                by = [] if name in OUTPUTS and OUTPUTS[name].is_itself else deciders.get(name, [])
                if not any(isinstance(one, Verdict) for one in by):
                    found.add("tags" if isinstance(name, TagName) else name)
                found |= {read for one in by for read in follow(one)}
            for each in asked_at(rulebook, step):
                found |= {counts[leaf] for leaf in leaves(each.condition) if isinstance(leaf, ActivityCount)}
            behind[step] = frozenset(found)
        return behind[step]

    for step in steps_of(rulebook):
        follow(step)
    return behind
