"""`explain` and the plan never disagree: the same rules, on the same records, at the same moment."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from config.words.catalogue import Language, Words
from engine.changes.change import Change
from engine.errors import UsageError
from engine.verdicts.registry import TARGETS
from mapping.field_map.write_back import WRITE_BACK
from sync.app import open_worker
from sync.sandbox.server import Opened
from sync.views.explain import Explained, Moved, explain_record
from sync.views.explain_words import past_lines
from tests.stage import RULEBOOK, Stage, staged, write_rulebook

# A day's border decides here: in Tokyo it is Saturday the 21st by now, in London still Friday.
EARLY_ON_SATURDAY = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)
# One of the generated leads came on the 8th, in the evening: thirteen days ago in Tokyo, twelve in London.
RECENT = {
    "automation/rules.yaml": RULEBOOK["automation/rules.yaml"]
    + """
- name: new
  when: {created_at: {within: 12 days}}
  then:
    - set: {field: rating, value: Warm}
"""
}
WRITTEN = {target.name: target.api_name for target in WRITE_BACK if target.name in TARGETS} | {"rating": "Rating"}


def asked_for(stage: Stage, change: Change) -> dict[str, Any]:
    """The values `explain` says the rules want and the org does not show."""
    verdict = explain_record(stage.worker, change.record_id).explanation.verdict
    wanted = {field: verdict[f"to__{field}"] for field in WRITTEN if verdict[f"by__{field}"] is not None}
    held = stage.lead(change.record_id)
    return {name: value for name, value in wanted.items() if value is not None and value != held.get(WRITTEN[name])}


@pytest.mark.long
def test_explain_gives_the_verdict_of_the_plan_for_every_lead_changed(tmp_path: Path) -> None:
    with staged(tmp_path / "folder", leads=30, rulebook=RULEBOOK | RECENT, now=EARLY_ON_SATURDAY) as stage:
        proposed = stage.plan()
        explained = {change.record_id: asked_for(stage, change) for change in proposed.changes}
    planned = {
        change.record_id: {field: value for field, value in change.after.items() if field != "owner"}
        for change in proposed.changes
    }
    assert len(planned) >= 20
    assert explained == planned


def test_explain_tells_whose_lead_it_was_when_the_plan_was_made(tmp_path: Path) -> None:
    with staged(tmp_path / "folder", rulebook=RULEBOOK) as stage:
        lead = stage.add_lead(Title="課長", Company="株式会社山田製作所")
        stage.plan()
        found = explain_record(stage.worker, lead)
    assert (found.name, found.owner) == ("株式会社山田製作所", "鈴木 一郎")


@pytest.mark.long
def test_everybody_in_the_pool_is_told_with_why_they_were_passed_over(tmp_path: Path) -> None:
    with staged(tmp_path / "folder", rulebook=RULEBOOK) as stage:
        stage.plan()
        lead = stage.add_lead(owner="Inbound_Leads", Title="課長")
        stage.cycle()
        stage.leave("tanaka")
        stage.edit("takahashi", lead, OwnerId=stage.owner_id("Inbound_Leads"))
        stage.plan()
        found = explain_record(stage.worker, lead)
    told = [(found.names[one.member], one.passed and one.passed.key) for one in found.considered]
    assert told == [("鈴木 一郎", "passed.last"), ("田中 美穂", "passed.inactive"), ("伊藤 彩", None)]


def test_a_lead_whose_owner_stays_says_so(tmp_path: Path) -> None:
    with staged(tmp_path / "folder", rulebook=RULEBOOK) as stage:
        lead = stage.add_lead(owner="suzuki")
        stage.plan()
        assert explain_record(stage.worker, lead).needs_owner is None


@pytest.mark.long
def test_as_of_a_run_a_record_is_told_as_it_was_and_what_has_moved_since(tmp_path: Path) -> None:
    with staged(tmp_path / "folder", rulebook=RULEBOOK) as stage:
        lead = stage.add_lead(Title="担当", NumberOfEmployees=500)
        stage.plan()
        then = stage.run_id
        stage.edit("suzuki", lead, Title="部長")
        stage.plan()
        found = explain_record(stage.worker, lead, as_of=then)
    assert found.explanation.verdict["persona"] == "user"
    assert found.since is not None
    assert Moved("persona", "user", "buyer", ("data",)) in found.since.verdicts
    assert Moved("title", "担当", "部長") in found.since.inputs


@pytest.mark.long
def test_another_rulebook_is_told_as_what_moved_a_verdict(tmp_path: Path) -> None:
    with staged(tmp_path / "folder", rulebook=RULEBOOK) as stage:
        lead = stage.add_lead(Title="担当", NumberOfEmployees=500)
        stage.plan()
        then = stage.run_id
        write_rulebook(
            tmp_path / "folder",
            RULEBOOK | {"personas/who.yaml": "- {name: all, role: end user, when: {title: {is not empty: yes}}}\n"},
        )
        with open_worker(tmp_path / "folder", sandbox=Opened.of(stage.server)) as worker:
            again = replace(stage, worker=worker)
            again.plan()
            found = explain_record(worker, lead, as_of=then)
    assert found.since is not None
    assert found.since.has_other_rules
    assert [moved.by for moved in found.since.verdicts if moved.name == "persona"] == [("rules",)]


@pytest.mark.long
def test_what_was_remembered_later_is_not_taken_for_known_then(tmp_path: Path) -> None:
    with staged(tmp_path / "folder", rulebook=RULEBOOK) as stage:
        lead = stage.add_lead(Title="担当")
        stage.cycle()
        first = stage.run_id
        stage.plan()
        then = explain_record(stage.worker, lead, as_of=first)
        now = explain_record(stage.worker, lead, as_of=stage.run_id)
    assert [has_fired(found, "greet") for found in (then, now)] == [False, True]


@pytest.mark.long
def test_an_owner_given_later_is_no_reason_to_have_been_passed_over_then(tmp_path: Path) -> None:
    with staged(tmp_path / "folder", rulebook=RULEBOOK) as stage:
        stage.plan()
        lead = stage.add_lead(owner="Inbound_Leads", Title="課長")
        stage.cycle()
        first = stage.run_id
        stage.edit("takahashi", lead, OwnerId=stage.owner_id("Inbound_Leads"))
        stage.plan()
        then = explain_record(stage.worker, lead, as_of=first)
    assert then.given == "鈴木 一郎"
    assert [(one.turn, one.passed) for one in then.considered] == [(None, None)] * 3


@pytest.mark.long
def test_the_turns_of_today_are_told(tmp_path: Path) -> None:
    with staged(tmp_path / "folder", rulebook=RULEBOOK) as stage:
        stage.plan()
        stage.add_lead(owner="Inbound_Leads", Title="課長")
        stage.cycle()
        lead = stage.add_lead(owner="Inbound_Leads", Title="課長")
        stage.plan()
        found = explain_record(stage.worker, lead)
    assert [one.turn for one in found.considered] == [1, 2, None]


@pytest.mark.long
@pytest.mark.parametrize("language", list(Language))
def test_what_is_not_known_of_the_past_is_said(tmp_path: Path, language: Language) -> None:
    words = Words(language)
    with staged(tmp_path / "folder", rulebook=RULEBOOK) as stage:
        lead = stage.add_lead(Title="担当")
        stage.plan()
        proposed = past_lines(explain_record(stage.worker, lead, as_of=stage.run_id), words)
        stage.plan()
        nothing = past_lines(explain_record(stage.worker, lead, as_of=stage.run_id), words)
    assert [proposed[1], *nothing] == [
        words.say("explain.unknown_then"), words.say("explain.proposed_nothing"), words.say("explain.unknown_then"),
    ]  # fmt: skip
    assert words.say("reason.persona", persona="user") in proposed[0]


def has_fired(found: Explained, rule: str) -> bool:
    return next(tried.has_fired for tried in found.explanation.rules if tried.name == rule)


def test_as_of_a_run_without_a_name_is_not_as_of_the_last(stage: Stage) -> None:
    lead = stage.add_lead(Title="課長")
    stage.plan()
    with pytest.raises(UsageError, match="PL-401"):
        explain_record(stage.worker, lead, as_of="")
