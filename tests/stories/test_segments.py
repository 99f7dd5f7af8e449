"""Segments: who is in the market now arrives in the org, can be asked by rules and is shown with its evidence."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from config.words.catalogue import Language, Words
from engine.changes.change import RuleRef
from sync.views.explain import explain_record
from sync.views.explain_words import lines
from tests.stage import RULEBOOK, START, Stage, ids, staged

ALONE = {
    "rulebook.yaml": "name: segments\n",
    "segments/market.yaml": """
- {name: large, rank: 2, when: {employees: {at least: 1000}}}
- {name: ready, rank: 1, when: {activity: {kind: page view, within: 14 days, count at least: 2}}}
""",
}
ASKED = {
    **ALONE,
    "automation/rules.yaml": """
- name: rate
  when: {segment: large}
  then: [{set: {field: rating, value: Warm, otherwise: clear}}]
""",
}


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Stage]:
    """A rulebook of segments and nothing else."""
    with staged(tmp_path, rulebook=ALONE) as stage:
        yield stage


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[Stage]:
    with staged(tmp_path, rulebook=ASKED) as stage:
        yield stage


def looks(stage: Stage, lead: str, times: int = 2) -> None:
    """Somebody looks at pages, a day before the story begins."""
    at = (START - timedelta(days=1)).isoformat().replace("+00:00", "Z")
    for _ in range(times):
        stage.add("Web_Activity__c", Lead__c=lead, Occurred_At__c=at, Type__c="Page View")


def test_a_rulebook_of_segments_alone_proposes_them(alone: Stage) -> None:
    ready, large, neither = (alone.add_lead(NumberOfEmployees=count) for count in (10, 2000, 10))
    looks(alone, ready)
    assert set(ids(alone.cycle())) == {ready, large}
    assert [alone.lead(lead).get("Segment__c") for lead in (ready, large, neither)] == ["ready", "large", None]
    assert alone.change_of(ready).rules == (RuleRef("segment", "ready"),)


def test_whoever_is_in_several_is_written_the_first_and_asked_for_any(asked: Stage) -> None:
    lead = asked.add_lead(NumberOfEmployees=2000)
    looks(asked, lead)
    asked.cycle()
    assert (asked.lead(lead)["Segment__c"], asked.lead(lead)["Rating"]) == ("ready", "Warm")


def test_interest_that_is_over_leaves_the_next_segment(asked: Stage) -> None:
    lead = asked.add_lead(NumberOfEmployees=2000)
    looks(asked, lead)
    asked.cycle()
    asked.advance(15 * 24 * 3600)
    asked.cycle()
    assert (asked.lead(lead)["Segment__c"], asked.lead(lead)["Rating"]) == ("large", "Warm")


def test_a_rulebook_without_segments_leaves_what_people_typed(stage: Stage) -> None:
    assert not any(name.startswith("segments/") for name in RULEBOOK)
    lead = stage.add_lead(Title="課長", Segment__c="展示会")
    stage.cycle()
    assert stage.lead(lead)["Segment__c"] == "展示会"
    assert "segment" not in stage.change_of(lead).after


@pytest.mark.parametrize(
    ("language", "told"),
    [
        (
            Language.ENGLISH,
            [
                "Segment: ready",
                "  ✓ ready",
                "    ✓ at least 2 of page view within 14 days: found 2",
                "  ✓ large",
                "    ✓ employees: {at least: 1000}, found 2,000",
            ],
        ),
        (
            Language.JAPANESE,
            [
                "セグメント: ready",
                "  ✓ ready",
                "    ✓ page view が 14 日以内に 2 回以上: 実際は 2",
                "  ✓ large",
                "    ✓ employees: {at least: 1000}、実際の値は 2,000",
            ],
        ),
    ],
)
def test_all_that_hold_are_told_with_their_evidence(asked: Stage, language: Language, told: list[str]) -> None:
    lead = asked.add_lead(NumberOfEmployees=2000)
    looks(asked, lead)
    asked.plan()
    said = lines(explain_record(asked.worker, lead).explanation, Words(language))
    start = said.index(told[0])
    assert said[start : start + len(told)] == told
