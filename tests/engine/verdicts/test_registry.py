"""Every verdict, one by one: a rulebook of it alone decides it, and one that says nothing of it leaves the org alone."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from config.words.catalogue import catalogue
from engine.conditions.conditions import ALWAYS, Leaf, leaves
from engine.conditions.fields import Field, Kind
from engine.rulebook.rulebook import AutomationRule
from engine.verdicts.registry import ALONE, OUTPUTS, TARGETS, VERDICTS, asked, conditions_of
from engine.verdicts.verdict import Asked, Verdict
from tests.engine.least_rulebooks import EMPTY, LEAST, PERSONAS, PROFILES

VerdictOf = Callable[..., dict[str, Any]]


@pytest.mark.parametrize("verdict", VERDICTS, ids=repr)
def test_a_rulebook_of_one_verdict_alone_decides_it(verdict: Verdict, verdict_of: VerdictOf) -> None:
    row = verdict_of(LEAST[verdict.name], {})
    decided = {output.name: row[f"by__{output.name}"] for output in verdict.outputs if output.is_written}
    assert decided == dict.fromkeys(decided, -1)
    assert all(row[output.name] is not None for output in verdict.outputs)


@pytest.mark.parametrize("verdict", VERDICTS, ids=repr)
def test_a_rulebook_that_says_nothing_of_a_verdict_leaves_its_fields_alone(
    verdict: Verdict, verdict_of: VerdictOf
) -> None:
    others = [alone for alone in LEAST.values() if not verdict.is_said(alone)]
    written = [output.name for output in verdict.outputs if output.is_written]
    found = [verdict_of(rulebook, {})[f"by__{name}"] for rulebook in (EMPTY, *others) for name in written]
    assert found == [None] * len(found)


@pytest.mark.parametrize("verdict", VERDICTS, ids=repr)
def test_a_verdict_decides_what_it_says(verdict: Verdict, verdict_of: VerdictOf) -> None:
    row = verdict_of(LEAST[verdict.name], {})
    assert set(verdict.columns(LEAST[verdict.name])) >= {output.name for output in verdict.outputs}
    assert set(verdict.columns(LEAST[verdict.name])) <= set(row)
    assert set(verdict.riders(row, LEAST[verdict.name])) == set(verdict.carries)


@pytest.mark.parametrize("verdict", VERDICTS, ids=repr)
def test_a_verdict_lists_every_word_it_may_say(verdict: Verdict, verdict_of: VerdictOf) -> None:
    row = verdict_of(LEAST[verdict.name], {})
    said = {output.name: row[output.name] for output in verdict.outputs if isinstance(row[output.name], str)}
    words = verdict.words(LEAST[verdict.name])
    assert words.keys() == said.keys()
    assert {name for name, word in said.items() if word not in words[name]} == set()


@pytest.mark.parametrize("name", [name for name, output in OUTPUTS.items() if output.is_written and not output.ranks])
def test_every_reason_of_a_verdict_is_in_the_catalogue(name: str, verdict_of: VerdictOf) -> None:
    """Of somebody it says something of, and of somebody it says nothing of."""
    verdict = next(one for one in VERDICTS if name in {output.name for output in one.outputs})
    keys = {
        message.key
        for rulebook in (EMPTY, LEAST[verdict.name])
        for message in verdict.reasons(verdict_of(rulebook, {}), {name: None}, rulebook)
    }
    assert (keys | ({none} if (none := OUTPUTS[name].none) else set())) - set(catalogue()) == set()


@pytest.mark.parametrize("verdict", VERDICTS, ids=repr)
def test_what_is_cited_without_an_id_is_registered(verdict: Verdict, verdict_of: VerdictOf) -> None:
    row = verdict_of(LEAST[verdict.name], {})
    refs = verdict.cited(row, {output.name: row[output.name] for output in verdict.outputs}, LEAST[verdict.name])
    assert {ref.kind for ref in refs if not ref.id} == set(verdict.cites_alone) <= set(ALONE)


def test_a_verdict_of_items_has_words_for_having_none() -> None:
    tried = [verdict.name for verdict in VERDICTS if verdict.items(LEAST[verdict.name])]
    assert {f"explain.{name}{none}" for name in tried for none in ("", ".none")} - set(catalogue()) == set()


def test_outputs_have_one_verdict_each() -> None:
    names = [output.name for verdict in VERDICTS for output in verdict.outputs]
    assert len(names) == len(set(names))
    assert set(TARGETS) <= set(names)


def test_every_condition_is_asked_once_with_its_item_its_place_and_its_step() -> None:
    vip = Leaf(Field("tags", Kind.TAGS), "include", "vip")
    rules = (AutomationRule("r", "Rule", vip, (), where="r:1:1"),)
    rulebook = replace(PROFILES, personas=PERSONAS.personas, rules=rules)
    persona, grade = VERDICTS[0], VERDICTS[2]
    assert list(asked(rulebook)) == [
        Asked("scope", ALWAYS),
        Asked("Chief", ALWAYS, "p:1:1", persona),
        Asked("Fit", ALWAYS, "f:1:1", grade),
        Asked("Rule", vip, "r:1:1", 0),
    ]
    assert [leaf for condition in conditions_of(rulebook) for leaf in leaves(condition)] == [vip]
