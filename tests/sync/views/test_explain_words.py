"""What `explain` tells, in words of both languages: a line for each thing, and nothing that cannot be said."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from config.words.catalogue import Language, Words
from engine.automation.explain import explain
from engine.changes.memory import EMPTY
from engine.plan.drafts import prepare
from engine.verdicts.registry import VERDICTS
from engine.verdicts.verdict import Verdict
from sync.views.explain import explain_record
from sync.views.explain_words import change_line, lines, owner_lines, since_lines
from tests.engine.least_rulebooks import LEAST
from tests.engine.small_org import MOMENT, directory_of, part_of
from tests.stage import RULEBOOK, Stage, staged

DAY = 86_400
BOTH = tuple(map(Words, Language))
FADING = {
    **RULEBOOK,
    "rulebook.yaml": RULEBOOK["rulebook.yaml"] + "people win: {default: respect, rating: 30 days, score: contest}\n",
    "scoring.yaml": """
points:
  form submission: {points: 50, decay: {linear: 100 days}}
  page view: {points: 8, decay: {half life: 10 days}}
  session: {points: 4, decay: {step: 30 days}}
  site search: 3
""",
}


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with staged(tmp_path / "leads", rulebook=FADING) as one:
        yield one


def visited(stage: Stage, lead: str, kind: str, *, at: str) -> None:
    stage.add("Web_Activity__c", Lead__c=lead, Type__c=kind, Occurred_At__c=at)


def said(told: list[str], english: str, japanese: str, words: Words) -> bool:
    return any((english if words.language is Language.ENGLISH else japanese) in line for line in told)


@pytest.mark.long
def test_what_is_left_of_faded_points_is_told(stage: Stage) -> None:
    lead = stage.add_lead(Title="課長")
    for kind in ("Form Submission", "Page View", "Session", "Site Search"):
        visited(stage, lead, kind, at="2026-11-10T00:00:00.000+0000")
    stage.plan()
    for words in BOTH:
        told = lines(explain_record(stage.worker, lead).explanation, words)
        for english, japanese in (
            ("form submission: 1 times, +45 left of +50 points, fading evenly to nothing over 100 days",
             "form submission: 1 回、+50 点のうち残り +45 点（100 日かけて均等に減衰）"),
            ("page view: 1 times, +4 left of +8 points, losing half every 10 days",
             "page view: 1 回、+8 点のうち残り +4 点（10 日ごとに半減）"),
            ("session: 1 times, +4 left of +4 points, counting for 30 days",
             "session: 1 回、+4 点のうち残り +4 点（30 日間有効）"),
            ("site search: 1 times, +3 points", "site search: 1 回、+3 点"),
        ):  # fmt: skip
            assert said(told, english, japanese, words)


@pytest.mark.parametrize("verdict", VERDICTS, ids=repr)
def test_every_verdict_is_told(verdict: Verdict) -> None:
    part = part_of({"title": "ceo"})
    prepared = prepare(part.prospects, EMPTY, directory_of(LEAST[verdict.name]))
    found = explain(prepared, part.activities, LEAST[verdict.name], moment=MOMENT)
    value = str(found.verdict[verdict.name])
    for words in BOTH:
        assert any(value in line for line in lines(found, words))


def test_why_there_is_no_priority_is_told_where_bands_and_profiles_are() -> None:
    part = part_of({})
    rules = replace(LEAST["priority"], profiles=(replace(LEAST["priority"].profiles[0], criteria=()),))
    for rulebook, is_told in ((rules, True), (LEAST["score"], False)):
        prepared = prepare(part.prospects, EMPTY, directory_of(rulebook))
        found = explain(prepared, part.activities, rulebook, moment=MOMENT)
        for words in BOTH:
            told = lines(found, words)
            assert said(told, "no priority: ungraded", "優先度なし：グレードなし", words) is is_told


@pytest.mark.long
def test_everybody_passed_over_is_told_with_why(stage: Stage) -> None:
    stage.plan()
    lead = stage.add_lead(owner="Inbound_Leads", Title="課長")
    stage.cycle()
    stage.leave("tanaka")
    stage.edit("takahashi", lead, OwnerId=stage.owner_id("Inbound_Leads"))
    stage.plan()
    for words in BOTH:
        told = owner_lines(explain_record(stage.worker, lead), words)
        assert len([line for line in told if line.startswith("  ✗ ")]) == 2
        assert said(told, "✓ 伊藤 彩: may be asked", "✓ 伊藤 彩: 割り当て可", words)


@pytest.mark.long
def test_role_and_manager_of_the_owner_are_told(stage: Stage) -> None:
    lead = stage.add_lead(owner="suzuki")
    stage.plan()
    for words in BOTH:
        told = owner_lines(explain_record(stage.worker, lead), words)
        assert said(told, "role 関東営業, manager 高橋", "ロール 関東営業、マネージャー 高橋", words)


REASSIGNING = {
    **RULEBOOK,
    "automation/rules.yaml": """
- {name: to kansai, when: {prefecture: 大阪府}, then: [{assign: {pool: kansai, reassign: yes}}]}
- {name: to the boss, when: {prefecture: 京都府}, then: [{assign: {user: takahashi@sandbox.example, reassign: yes}}]}
""",
}


@pytest.mark.long
def test_a_rule_that_reassigns_is_told_with_its_name_and_whom_it_names(tmp_path: Path) -> None:
    with staged(tmp_path / "leads", rulebook=REASSIGNING) as stage:
        leads = [stage.add_lead(owner="Inbound_Leads", Title="課長") for _ in range(2)]
        stage.cycle()
        for lead, state in zip(leads, ("大阪府", "京都府"), strict=True):
            stage.edit("suzuki", lead, State=state)
        stage.plan()
        to_pool, to_boss = (explain_record(stage.worker, lead) for lead in leads)
    for words in BOTH:
        assert said(
            owner_lines(to_pool, words),
            "Owner: another one is needed (rule 'to kansai' reassigns); pool kansai",
            "所有者: 割り当てが必要です（オートメーションルール「to kansai」による再割り当て）。プール: kansai",
            words,
        )
        assert said(
            owner_lines(to_boss, words),
            "Owner: another one is needed (rule 'to the boss' reassigns); rule 'to the boss' names 高橋",
            "（オートメーションルール「to the boss」による再割り当て）。オートメーションルール「to the boss」が 高橋",
            words,
        )


@pytest.mark.long
def test_what_has_moved_since_a_plan_is_told(stage: Stage) -> None:
    lead = stage.add_lead(Title="担当", NumberOfEmployees=500)
    stage.plan()
    then = stage.run_id
    stage.edit("suzuki", lead, Title="部長", Phone="03-5550-0100")
    visited(stage, lead, "Site Search", at="2026-11-19T00:00:00.000+0000")
    stage.plan()
    found = explain_record(stage.worker, lead, as_of=then)
    assert found.since is not None
    for words in BOTH:
        told = since_lines(found, found.since, words)
        assert said(told, "user → buyer (by what is known of it)", "user → buyer (データの変化による)", words)
        assert said(told, "activities known: 0 → 1", "把握している活動: 0 → 1", words)


@pytest.mark.long
def test_what_has_moved_is_called_what_people_call_it(stage: Stage) -> None:
    lead = stage.add_lead(owner="ito", Rating="Cold")
    stage.plan()
    then = stage.run_id
    stage.leave("ito")
    stage.edit("takahashi", lead, Rating="Warm")
    stage.plan()
    found = explain_record(stage.worker, lead, as_of=then)
    assert found.since is not None
    for words in BOTH:
        told = since_lines(found, found.since, words)
        assert said(
            told, "Kind of owner: active user → inactive user", "所有者の種別: 有効なユーザー → 無効なユーザー", words
        )
        assert said(told, "評価: Cold → Warm", "評価: Cold → Warm", words)
        assert not any("owner_" in line or "005" in line for line in told)


@pytest.mark.long
def test_a_value_of_ours_that_is_somebody_else_s_is_told_with_when_that_was_first_seen(stage: Stage) -> None:
    lead = stage.add_lead(owner="Inbound_Leads", NumberOfEmployees=2000, Phone="03-5550-0100")
    stage.cycle()
    stage.edit("suzuki", lead, Rating="Cold", OwnerId=stage.owner_id("smith"))
    stage.plan()
    stage.advance(3 * DAY)
    stage.plan()
    found = explain_record(stage.worker, lead)
    for words in BOTH:
        told = owner_lines(found, words)
        assert [(one.name, one.value) for one in found.taken] == [("owner", "Alice Smith"), ("rating", "Cold")]
        assert said(
            told,
            "Cold is somebody else's, first seen Fri 20 Nov 2026",
            "Cold は他の人が設定した値です（2026年11月20日(金)",
            words,
        )
        assert said(told, "it stays theirs for 30 days, or until", "30 日間、または返却されるまで", words)
        assert said(told, "it stays theirs until it is given back", "返却されるまで、その人の値のままです", words)


@pytest.mark.long
def test_a_contested_value_is_told_as_what_it_is(stage: Stage) -> None:
    lead = stage.add_lead(Phone="03-5550-0100")
    visited(stage, lead, "Form Submission", at="2026-11-19T00:00:00.000+0000")
    stage.cycle()
    stage.edit("suzuki", lead, Score__c=3)
    stage.plan()
    for words in BOTH:
        told = owner_lines(explain_record(stage.worker, lead), words)
        assert said(told, "ours is proposed again, for a person to decide", "ルールの値を改めて提案し", words)


@pytest.mark.long
def test_whose_a_record_became_meanwhile_is_told_by_name(stage: Stage) -> None:
    lead = stage.add_lead(owner="Inbound_Leads", Phone="03-5550-0100")
    stage.plan()
    stage.approve()
    stage.edit("takahashi", lead, OwnerId=stage.owner_id("smith"))
    stage.apply()
    found = explain_record(stage.worker, lead)
    for words in BOTH:
        told = [change_line(found, each, words) for each in found.history]
        assert said(told, "is Alice Smith now", "現在「Alice Smith」", words)
        assert said(told, "Owner was", "所有者 は計画時", words)
