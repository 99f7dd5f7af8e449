"""Queues own leads and never contacts: a rule that gives a queue must leave out the objects that no queue can own."""

from collections.abc import Iterable

from config.rulebook.typed import Problems
from engine.actions.registry import kind_of
from engine.conditions.conditions import ActivityCount, Condition, Group, Join, Leaf
from engine.conditions.operators import OPERATORS
from engine.rulebook.rulebook import AutomationRule
from mapping.field_map.standard_fields import WITHOUT_QUEUES


def refuse_queues(
    rules: Iterable[AutomationRule], scope: Condition, objects: Iterable[str], problems: Problems
) -> None:
    """Note each rule that would give a queue what Salesforce lets no queue own. `objects` are those of the map."""
    for api_name in (name for name in objects if name in WITHOUT_QUEUES):
        for rule in rules:
            named = [reference for action in rule.then for reference in kind_of(action).queues(action)]
            if named and not _leaves_out(Group(Join.ALL, (scope, rule.when)), api_name):
                problems.add("RB-159", named[0].where, queue=named[0].name, object=api_name)  # the rule would give the…


def _leaves_out(condition: Condition, api_name: str) -> bool:
    """Whether the condition says in so many words that records of the object are not meant."""
    match condition:
        case ActivityCount():
            return False
        case Leaf():
            return _is_about(condition, api_name) is False
        case Group(join=Join.ALL):
            return any(_leaves_out(part, api_name) for part in condition.of)
        case Group(join=Join.ANY):
            return bool(condition.of) and all(_leaves_out(part, api_name) for part in condition.of)
        case Group():
            return any(isinstance(part, Leaf) and _is_about(part, api_name) for part in condition.of)


def _is_about(leaf: Leaf, api_name: str) -> bool | None:
    """Whether a comparison holds for records of the object; None when it asks something else."""
    if leaf.field.name != "object":
        return None
    named = leaf.operand if isinstance(leaf.operand, tuple) else (leaf.operand,)
    picks = OPERATORS[leaf.operator].picks
    return None if picks is None else (api_name in named) is picks
