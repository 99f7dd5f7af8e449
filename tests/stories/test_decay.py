"""A month of daily runs with linear decay: a score is written when its band or step is crossed, and on no other day."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.changes.states import State
from sync.sandbox.clock import stamp
from sync.sandbox.worlds import World
from sync.store import runs
from tests import people
from tests.stage import START, Stage, staged

FULL, DAYS, STEP = 50, 90, 5
BEGINS = (25, 50, 100)
RULEBOOK = {
    "rulebook.yaml": """
name: fading
default profile: fit
change limit: {percent: 100, min: 5000, max: 5000}
""",
    "profiles/fit.yaml": """
- name: fit
  criteria:
    - {name: named, worth: 2/3, matches: {company: {is not empty: yes}}}
""",
    "scoring.yaml": """
points: {form submission: 50}
decay: {linear: 90 days}
bands: {4: 0, 3: 25, 2: 50, 1: 100}
score step: 5
""",
}
# Everybody filled in a form on one of three days, at noon in Tokyo.
CAME = tuple(datetime(2026, 11, day, 3, tzinfo=UTC) for day in (2, 10, 19))
BUSY_MAX = 5  # API calls of a run without news


def visits(world: World) -> Iterator[tuple[str, datetime]]:
    """Every lead that is neither converted nor deleted, on one of the three days in turn."""
    leads = sorted(
        lead
        for lead, record in world.tables["Lead"].items()
        if not record.get("IsConverted") and not record.get("IsDeleted")
    )
    return ((lead, CAME[number % len(CAME)]) for number, lead in enumerate(leads))


def visited(world: World, now: datetime) -> World:
    """Each lead has one form submission."""
    for lead, came in visits(world):
        happened = {"Lead__c": lead, "Type__c": "Form Submission", "Occurred_At__c": stamp(came)}
        world = people.add(world, now, "takahashi", "Web_Activity__c", happened)
    return world


def score_on(day: datetime, came: datetime) -> int:
    """By the definition, in whole days of Tokyo."""
    tokyo = timedelta(hours=9)
    age = ((day + tokyo).date() - (came + tokyo).date()).days
    return FULL * max(DAYS - age, 0) // DAYS


def is_news(score: int, told: int | None) -> bool:
    crossed = told is None or any((score >= begin) != (told >= begin) for begin in BEGINS)
    return crossed or abs(score - (told or 0)) >= STEP


def api_calls(stage: Stage) -> int:
    with stage.worker.store.read() as tx:
        found = runs.run(tx, stage.run_id)
    assert found is not None
    assert found.figures.end is not None
    return found.figures.end.api_calls


@pytest.mark.long
def test_a_score_is_written_when_its_band_or_step_is_crossed_and_on_no_other_day(tmp_path: Path) -> None:
    days = 31
    with staged(tmp_path / "folder", leads=1000, rulebook=RULEBOOK, activities_per_lead=0) as stage:
        stage.server.act(visited)
        came = dict(visits(stage.server.world))
        told: dict[str, int | None] = dict.fromkeys(came)
        quiet_days = 0
        for day in range(days):
            today = {lead: score_on(START + timedelta(days=day), at) for lead, at in came.items()}
            news = {lead: score for lead, score in today.items() if is_news(score, told[lead])}
            proposed = stage.plan()
            written = {
                change.record_id: change.after["score"] for change in proposed.changes if "score" in change.after
            }
            assert written == news
            if not news:
                quiet_days += 1
                assert (proposed.changes, api_calls(stage) <= BUSY_MAX) == ((), True)
            stage.approve()
            stage.apply()
            told |= news
            stage.advance(86_400 - 240)
        assert quiet_days > days / 4
        # The org's validation rule takes no write of a hot lead without a phone, and that is not asked for again.
        refused = {lead for lead in came if stage.standing_of(lead) is State.REFUSED}
        assert len(refused) < len(came) / 10
        assert {lead: stage.lead(lead).get("Score__c") for lead in came} == told | dict.fromkeys(refused)


@pytest.mark.long
def test_a_score_that_waits_for_a_person_is_not_asked_anew_while_it_creeps(tmp_path: Path) -> None:
    cautious = RULEBOOK | {"rulebook.yaml": RULEBOOK["rulebook.yaml"] + "approval: {fields: person}\n"}
    with staged(tmp_path / "folder", leads=3, rulebook=cautious, activities_per_lead=0) as stage:
        stage.server.act(visited)
        stage.plan()
        first = stage.run_id
        waiting = stage.states()
        for _ in range(4):
            stage.advance(86_400)
            assert stage.plan().changes == ()
        assert stage.states(first) == waiting


@pytest.mark.long
def test_a_score_that_was_rejected_is_not_asked_anew_while_it_creeps(tmp_path: Path) -> None:
    cautious = RULEBOOK | {"rulebook.yaml": RULEBOOK["rulebook.yaml"] + "approval: {fields: person}\n"}
    with staged(tmp_path / "folder", leads=3, rulebook=cautious, activities_per_lead=0) as stage:
        stage.server.act(visited)
        stage.plan()
        stage.reject()
        asked = []
        for _ in range(9):
            stage.advance(86_400)
            asked.append(len(stage.plan().changes))
            if asked[-1]:
                stage.reject()
        assert (asked[:4], sum(asked)) == ([0, 0, 0, 0], 3)


def test_an_approved_score_is_written_though_it_crept_since(tmp_path: Path) -> None:
    with staged(tmp_path / "folder", leads=3, rulebook=RULEBOOK, activities_per_lead=0) as stage:
        stage.server.act(visited)
        stage.plan()
        stage.approve()
        stage.advance(86_400)
        stage.plan()
        asked = {lead: stage.change_of(lead).after["score"] for lead in stage.server.world.tables["Lead"]}
        stage.apply()
        assert {lead: stage.lead(lead)["Score__c"] for lead in asked} == asked
