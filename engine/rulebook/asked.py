"""What a rulebook asks: its conditions, and the counts of activities they need."""

from collections.abc import Iterator
from dataclasses import replace

from engine.conditions.conditions import ActivityCount, Condition, leaves
from engine.rulebook.rulebook import Rulebook


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


def _window(count: ActivityCount) -> ActivityCount:
    """What is counted, whatever the thresholds: two leaves that differ in thresholds share a column."""
    return replace(count, at_least=1, at_most=None)
