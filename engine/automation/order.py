"""When a prospect matches, do these things: in which order rules run, and what they decide for each field.

A rule that reads what another decides runs in a later stratum and sees it. Within a field the later rule in listed
order wins, whatever its stratum.
"""

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from typing import TypeAlias

from engine.actions.registry import kind_of
from engine.conditions.conditions import Condition, Leaf, leaves
from engine.conditions.fields import Kind, tag_name
from engine.conditions.operators import OPERATORS
from engine.errors import Problem, RulebookError
from engine.rulebook.rulebook import Rulebook, RuleMode
from engine.verdicts.registry import VERDICTS, asked_at, conditions_of, steps_of
from engine.verdicts.verdict import Step, Verdict

Stratum: TypeAlias = tuple[Step, ...]


def order_rules(rulebook: Rulebook) -> tuple[Stratum, ...]:
    """The steps of a rulebook in strata: each sees all that those before it decided.

    RulebookError RB-201 (a converge rule reads what it sets), RB-202 (a cycle), RB-203 (scope reads a decision),
    RB-204 (a facet of a field that a rule sets), RB-205 (a verdict reads itself): all at once, but cycles one at a time.
    """
    problems = [*_self_reads(rulebook), *_scope_reads(rulebook), *_facet_reads(rulebook)]
    writers = _writers(rulebook)
    graph: TopologicalSorter[Step] = TopologicalSorter()
    for step in steps_of(rulebook):
        graph.add(
            step, *(writer for name in needs(rulebook, step) for writer in writers.get(name, ()) if writer != step)
        )
    try:
        graph.prepare()
    except CycleError as error:
        # graphlib gives the cycle against the direction in which decisions flow.
        cycle = [_name(rulebook, step) for step in reversed(error.args[1])]
        problems.append(Problem("RB-202", "", {"cycle": " → ".join(cycle)}))  # these wait for each other, so none can…
    if problems:
        raise RulebookError(*problems)
    strata: list[Stratum] = []
    while graph.is_active():
        ready = graph.get_ready()
        strata.append(tuple(sorted(ready, key=_listed)))
        graph.done(*ready)
    return tuple(strata)


def needs(rulebook: Rulebook, step: Step) -> frozenset[str]:
    """What a step reads: names of fields, and `tags;<tag>` for each tag, for tags are decided one by one."""
    found = frozenset(name for each in asked_at(rulebook, step) for name in _names(each.condition))
    return found | step.made_of(rulebook) if isinstance(step, Verdict) else found


def decides(rulebook: Rulebook, step: Step) -> frozenset[str]:
    """What a step decides, named as `needs` names it."""
    if isinstance(step, Verdict):
        return frozenset(output.name for output in step.outputs)
    decided = (kind_of(action).decides(action) for action in rulebook.rules[step].then)
    return frozenset(name for name in decided if name is not None)


def _writers(rulebook: Rulebook) -> dict[str, list[Step]]:
    found: dict[str, list[Step]] = {}
    for step in steps_of(rulebook):
        for name in sorted(decides(rulebook, step)):
            found.setdefault(name, []).append(step)
    return found


def _self_reads(rulebook: Rulebook) -> Iterator[Problem]:
    for step in steps_of(rulebook):
        for each in asked_at(rulebook, step):
            for name in sorted(_names(each.condition) & decides(rulebook, step)):
                if isinstance(step, Verdict):
                    # {name!r} asks for the {field}, which is only being decided here
                    yield Problem("RB-205", each.where, {"name": each.name, "field": name})
                elif rulebook.rules[step].mode is RuleMode.CONVERGE:
                    # rule {rule!r} reads {field!r}, which it sets itself: it would flip at every run
                    yield Problem("RB-201", each.where, {"rule": each.name, "field": _shown(name)})


def _scope_reads(rulebook: Rulebook) -> Iterator[Problem]:
    """Scope says what may ever be written, so it rests on the record alone: else a decision could let itself in."""
    decided = {name for step in steps_of(rulebook) for name in decides(rulebook, step)}
    for name in sorted(_names(rulebook.scope) & decided):
        yield Problem("RB-203", "", {"field": _shown(name)})  # scope reads {field!r}, which the rules decide


def _facet_reads(rulebook: Rulebook) -> Iterator[Problem]:
    """Facets are made by the map, before rules run: of a value a rule sets there is none."""
    decided = {name for step in steps_of(rulebook) for name in decides(rulebook, step)}
    facets = {
        (leaf.field.name, leaf.operator)
        for condition in conditions_of(rulebook)
        for leaf in leaves(condition)
        if isinstance(leaf, Leaf) and OPERATORS[leaf.operator].facet is not None
    }
    for name, operator in sorted(facets):
        if name in decided:
            yield Problem("RB-204", "", {"field": name, "operator": operator})  # {operator!r} asks for a part of…


def _names(condition: Condition) -> frozenset[str]:
    return frozenset(_leaf_name(leaf) for leaf in leaves(condition) if isinstance(leaf, Leaf))


def _leaf_name(leaf: Leaf) -> str:
    return tag_name(str(leaf.operand)) if leaf.field.kind is Kind.TAGS else leaf.field.name


def _listed(step: Step) -> int:
    """Verdicts in the order people are shown them, then rules as listed."""
    return VERDICTS.index(step) - len(VERDICTS) if isinstance(step, Verdict) else step


def _name(rulebook: Rulebook, step: Step) -> str:
    return step.name if isinstance(step, Verdict) else rulebook.rules[step].name


def _shown(name: str) -> str:
    """`tags;vip` as people say it."""
    return name.replace(";", " ")
