"""Every verdict, in the order people are shown them, and what is asked of all of them together."""

from collections.abc import Iterator
from dataclasses import replace

from engine.conditions.conditions import ActivityCount, Condition, leaves
from engine.conditions.fields import OTHER_FIELDS, OTHER_RIDERS, Field
from engine.rulebook.rulebook import Rulebook
from engine.verdicts.band import BAND
from engine.verdicts.grade import GRADE
from engine.verdicts.persona import PERSONA
from engine.verdicts.priority import PRIORITY
from engine.verdicts.profile import PROFILE
from engine.verdicts.score import SCORE
from engine.verdicts.segment import SEGMENT
from engine.verdicts.verdict import Asked, Output, Step, Verdict

VERDICTS: tuple[Verdict, ...] = (PERSONA, PROFILE, GRADE, SCORE, BAND, PRIORITY, SEGMENT)

OUTPUTS: dict[str, Output] = {output.name: output for verdict in VERDICTS for output in verdict.outputs}
VERDICT_OF: dict[str, Verdict] = {output.name: verdict for verdict in VERDICTS for output in verdict.outputs}
# Write-back targets the engine decides, in the order they are shown. `owner` is the record's owner itself.
TARGETS: tuple[str, ...] = tuple(output.name for output in OUTPUTS.values() if output.is_written)
# Targets that ride along with a change and are never compared.
RIDERS: tuple[str, ...] = (*(rider for verdict in VERDICTS for rider in verdict.carries), *OTHER_RIDERS)
# Kinds of what a change may be made by without an id.
ALONE: tuple[str, ...] = tuple(kind for verdict in VERDICTS for kind in verdict.cites_alone)
# What the run itself decides or remembers, readable by rules like any other field.
DERIVED_FIELDS: tuple[Field, ...] = (
    *(
        Field(output.name, output.kind, is_several=output.is_several)
        for output in OUTPUTS.values()
        if output.kind is not None
    ),
    *OTHER_FIELDS,
)


def steps_of(rulebook: Rulebook) -> tuple[Step, ...]:
    return (*VERDICTS, *range(len(rulebook.rules)))


def asked(rulebook: Rulebook) -> Iterator[Asked]:
    """Every condition of a rulebook, in the order the files say them: the one list; whoever needs some filters it."""
    yield Asked("scope", rulebook.scope)
    for step in steps_of(rulebook):
        yield from asked_at(rulebook, step)


def asked_at(rulebook: Rulebook, step: Step) -> Iterator[Asked]:
    """The conditions of one step."""
    if isinstance(step, Verdict):
        yield from step.asked(rulebook)
    else:
        rule = rulebook.rules[step]
        yield Asked(rule.name, rule.when, rule.where, step)


def conditions_of(rulebook: Rulebook) -> Iterator[Condition]:
    return (each.condition for each in asked(rulebook))


def activity_columns(rulebook: Rulebook) -> dict[ActivityCount, str]:
    """A column `activity__<n>` for each distinct count that some condition asks for."""
    found = [leaf for condition in conditions_of(rulebook) for leaf in leaves(condition)]
    distinct = dict.fromkeys(_window(leaf) for leaf in found if isinstance(leaf, ActivityCount))
    names = {window: f"activity__{index}" for index, window in enumerate(distinct)}
    return {leaf: names[_window(leaf)] for leaf in found if isinstance(leaf, ActivityCount)}


def _window(count: ActivityCount) -> ActivityCount:
    """What is counted, whatever the thresholds: two leaves that differ in thresholds share a column."""
    return replace(count, at_least=1, at_most=None)
