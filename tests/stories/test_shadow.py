"""Shadow: the rulebook decides and is compared with the org; nothing is approved and nothing is written."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from config.words.catalogue import Language, Words
from engine.changes.states import State
from engine.errors import UsageError
from sync.app import open_worker
from sync.cycle import propose, settle
from sync.plan.lookup import plan_shown
from sync.reports.page import html
from sync.reports.shadow import agreement_file
from sync.reports.table import csv as csv_text
from sync.run import begin
from sync.sandbox.server import Opened
from sync.schedule.schedule import timetable
from sync.schedule.status import status_of
from sync.store import runs
from sync.store.figures import ColumnAgreement
from sync.store.vocabulary import RunVerb
from sync.views.plan_report import report_of
from sync.views.shadow import Agreed
from tests.stage import RULEBOOK, Stage, ids, staged, write_rulebook

BANDS = "bands: {4: 0, 1: 50}\n"
SHADOW = {**RULEBOOK, "rulebook.yaml": RULEBOOK["rulebook.yaml"] + "mode: shadow\n"}


@pytest.fixture
def shadow(tmp_path: Path) -> Iterator[Stage]:
    with staged(tmp_path / "folder", rulebook=SHADOW) as stage:
        yield stage


def table(stage: Stage) -> Mapping[str, ColumnAgreement]:
    with stage.worker.store.read() as tx:
        run = runs.run(tx, stage.run_id)
    assert run is not None
    assert run.figures.plan is not None
    assert run.figures.plan.agreement is not None
    return run.figures.plan.agreement


def test_nothing_is_approved_or_written_in_shadow(shadow: Stage) -> None:
    lead = shadow.add_lead(owner="Inbound_Leads", Title="部長", NumberOfEmployees=5000)
    assert ids(shadow.plan(with_owners=False)) == [lead]
    with pytest.raises(UsageError, match="PL-404"):
        shadow.approve()
    shadow.apply()
    assert (shadow.standing_of(lead), shadow.our_writes()) == (State.PLANNED, [])


def test_a_run_in_shadow_has_nothing_that_waits(shadow: Stage) -> None:
    shadow.add_lead(Title="部長")
    with begin(shadow.worker, RunVerb.RUN) as run:
        propose(run)
        settle(run)
    with shadow.worker.store.read() as tx:
        ended = runs.run(tx, run.run_id)
    assert ended is not None
    assert ended.outcome == "done"


def test_nothing_is_rejected_in_shadow_either(shadow: Stage) -> None:
    shadow.add_lead(Title="部長")
    shadow.plan()
    with pytest.raises(UsageError, match="PL-404"):
        shadow.reject()


@pytest.mark.long
@pytest.mark.parametrize("language", list(Language))
def test_nobody_is_waited_for_in_shadow(shadow: Stage, language: Language) -> None:
    shadow.add_lead(owner="Inbound_Leads", Title="部長", NumberOfEmployees=5000)
    shadow.plan()
    words = Words(language)
    page = html(report_of(shadow.worker, shadow.header()), words)
    table = csv_text(report_of(shadow.worker, shadow.header()), words)
    assert words.say("state.shadow") in page
    assert words.say("writes.shadow") in page
    assert words.say("state.planned") not in page + table


def test_a_shadow_week_proposes_each_thing_once(shadow: Stage) -> None:
    shadow.add_lead(owner="Inbound_Leads", Title="部長")
    shadow.plan()
    assert ids(shadow.plan()) == []


@pytest.mark.long
def test_what_differs_in_shadow_stands_however_long_it_is_looked_at(shadow: Stage) -> None:
    lead = shadow.add_lead(owner="Inbound_Leads", Title="部長")
    shadow.plan()
    shadow.advance(14 * 24 * 3600)
    assert (ids(shadow.plan()), shadow.standing_of(lead)) == ([], State.PLANNED)


@pytest.mark.long
def test_the_newest_comparison_is_the_one_that_is_shown(shadow: Stage) -> None:
    for _ in range(2):
        shadow.add_lead(owner="Inbound_Leads", Title="部長")
        shadow.plan()
    shadow.plan()
    found = status_of(shadow.worker, timetable(shadow.worker, shadow.worker.settings.syncs))
    assert (dict(found.waiting), dict(found.compared)) == ({}, {shadow.run_id: 2})
    assert plan_shown(shadow.worker.store, shadow.worker.read_rulebook, None).plan_id == shadow.run_id


def test_the_table_counts_where_we_agree_with_the_org_and_where_not(shadow: Stage) -> None:
    shadow.add_lead(owner="suzuki", Title="部長", Grade__c="C", Rating="Warm", NumberOfEmployees=5000)
    shadow.add_lead(owner="Inbound_Leads", Title="部長", Rating="Cold", NumberOfEmployees=5000)
    shadow.plan()
    found = table(shadow)
    assert (found["owner"].agree, found["owner"].differ) == (1, 1)
    assert (found["rating"].agree, found["rating"].differ) == (1, 1)
    assert found["persona"] == ColumnAgreement(
        agree=0, differ=2, org_empty=2, ours_empty=0, kinds=((None, "buyer", 2),)
    )


def test_account_engagements_grade_stands_beside_ours(shadow: Stage) -> None:
    lead = shadow.add_lead(Title="部長", NumberOfEmployees=5000)
    shadow.touch(lead, pi__grade__c="A")
    shadow.plan()
    assert table(shadow)["ae_grade"].differ == 1


def lines(stage: Stage, words: Words) -> dict[str, dict[str, str]]:
    """The list of differences of one record, by field, with heads and fields as its readers call them."""
    path = agreement_file(stage.worker.settings.data_folder, stage.run_id)
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {row[words.say("agreement.column.field")]: row for row in csv.DictReader(file)}


@pytest.mark.parametrize("language", list(Language))
def test_each_difference_is_listed_in_the_readers_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: Language
) -> None:
    monkeypatch.setenv("LEADSYNC_LANG", language)
    words = Words(language)
    with staged(tmp_path / "folder", rulebook=SHADOW) as shadow:
        lead = shadow.add_lead(owner="Inbound_Leads", Rating="Cold", NumberOfEmployees=5000)
        shadow.plan()
        found = lines(shadow, words)
    assert list(found["評価"].values()) == [
        lead, "評価", "Cold", "Warm", words.say("reason.set", rule="rate", field="評価", value="Warm")
    ]  # fmt: skip
    assert list(found[words.say("field.owner")].values())[2:] == [
        "新規リード", words.say("agreement.pool", pool="kanto"), words.say("reason.owner.queue")
    ]  # fmt: skip
    assert words.say("agreement.column.why") in found["評価"]


@pytest.mark.long
def test_of_a_day_the_last_plans_list_stays(shadow: Stage) -> None:
    shadow.add_lead(Rating="Cold", NumberOfEmployees=5000)
    shadow.plan()
    first = agreement_file(shadow.worker.settings.data_folder, shadow.run_id)
    shadow.plan()
    second = agreement_file(shadow.worker.settings.data_folder, shadow.run_id)
    shadow.advance(24 * 3600)
    shadow.plan()
    assert [first.exists(), second.exists()] == [False, True]


def test_owner_and_rating_tell_their_most_frequent_differences(shadow: Stage) -> None:
    for _ in range(2):
        shadow.add_lead(owner="Inbound_Leads", Rating="Cold", NumberOfEmployees=5000)
    shadow.plan()
    found = table(shadow)
    assert found["rating"].kinds == (("Cold", "Warm", 2),)
    assert found["owner"].kinds == ((shadow.owner_id("Inbound_Leads"), "pool/kanto", 2),)


def test_a_value_that_a_rule_would_only_clear_is_left_as_it_is(shadow: Stage) -> None:
    """`otherwise: clear` takes back what the rule itself has put there, and in shadow it has put nothing anywhere."""
    shadow.add_lead(Rating="Cold", NumberOfEmployees=10)
    shadow.plan()
    assert "rating" not in table(shadow)


def test_a_rule_that_names_another_owner_says_that_an_active_one_stays(shadow: Stage) -> None:
    words = Words(shadow.worker.settings.language)
    shadow.add_lead(owner="suzuki", State="大阪府")
    shadow.plan()
    told = lines(shadow, words)[words.say("field.owner")]
    assert told[words.say("agreement.column.why")] == words.say("agreement.kept", rule="to kansai")


def test_what_nobody_fits_says_so(shadow: Stage) -> None:
    words = Words(shadow.worker.settings.language)
    shadow.add_lead(Persona__c="buyer", NumberOfEmployees=10)
    shadow.plan()
    told = lines(shadow, words)[words.say("field.persona")]
    assert list(told.values())[3:] == [words.say("report.empty"), words.say("agreement.no_persona")]


@pytest.mark.parametrize(("letter", "agrees"), [("B", 1), ("B+", 1), ("A", 0)])
def test_account_engagements_grade_agrees_by_its_letter(shadow: Stage, letter: str, agrees: int) -> None:
    lead = shadow.add_lead(Title="部長", NumberOfEmployees=5000)
    shadow.touch(lead, pi__grade__c=letter)
    shadow.plan()
    assert table(shadow)["ae_grade"].agree == agrees


def test_account_engagements_score_agrees_by_its_band_and_says_how_many_are_near(tmp_path: Path) -> None:
    bands = SHADOW | {"scoring.yaml": SHADOW["scoring.yaml"] + BANDS}
    with staged(tmp_path / "folder", rulebook=bands) as shadow:
        for theirs in (0, 3, 40, 70):
            shadow.touch(shadow.add_lead(Title="部長"), pi__score__c=theirs)
        shadow.plan()
        found = table(shadow)["ae_score"]
    assert (found.agree, found.differ, found.near, found.step) == (3, 1, 2, 5)
    assert found.kinds == (("1", "4", 1),)


@pytest.mark.parametrize(
    ("language", "told"),
    [(Language.ENGLISH, "no score → score band 4"), (Language.JAPANESE, "スコアなし → スコア帯 4")],
)
def test_differences_of_scores_are_told_by_their_bands(language: Language, told: str) -> None:
    assert Agreed(Words(language), {}, {}).kind("score", None, "4", is_banded=True) == told


@pytest.mark.long
def test_going_live_proposes_anew_what_shadow_only_compared(shadow: Stage) -> None:
    lead = shadow.add_lead(Title="部長")
    shadow.plan(with_owners=False)
    compared = shadow.run_id
    write_rulebook(shadow.folder, RULEBOOK)
    with open_worker(shadow.folder, sandbox=Opened.of(shadow.server)) as worker:
        live = replace(shadow, worker=worker)
        assert ids(live.plan(with_owners=False)) == [lead]
        assert live.states(compared) == {State.SUPERSEDED: 1}
        assert live.approve() == 1


def test_the_first_plan_after_a_shadow_week_is_a_baseline_of_fields(shadow: Stage) -> None:
    lead = shadow.add_lead(owner="Inbound_Leads", Title="部長")
    shadow.plan(with_owners=False)
    write_rulebook(shadow.folder, RULEBOOK)
    with open_worker(shadow.folder, sandbox=Opened.of(shadow.server)) as worker:
        live = replace(shadow, worker=worker)
        proposed = live.plan(with_owners=False)
    assert (proposed.is_baseline, ids(proposed)) == (True, [lead])
    assert not any(change.moves_owner for change in proposed.changes)
