"""Shadow: the rulebook decides and is compared with the org; nothing is approved and nothing is written."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from config.words.catalogue import Language, Words
from engine.errors import UsageError
from engine.states import State
from sync.agreement import agreement_file
from sync.app import open_worker
from sync.reports.assembly import report_of
from sync.reports.page import html
from sync.reports.table import csv as csv_text
from sync.sandbox.opening import Opened
from sync.store import runs
from tests.stage import RULEBOOK, Stage, ids, staged, write_rulebook

SHADOW = {**RULEBOOK, "rulebook.yaml": RULEBOOK["rulebook.yaml"] + "mode: shadow\n"}


@pytest.fixture
def shadow(tmp_path: Path) -> Iterator[Stage]:
    with staged(tmp_path / "folder", rulebook=SHADOW) as stage:
        yield stage


def table(stage: Stage) -> dict[str, Any]:
    with stage.worker.store.read() as tx:
        run = runs.run(tx, stage.run_id)
    assert run is not None
    assert run.figures is not None
    found: dict[str, Any] = run.figures["agreement"]  # type: ignore[assignment] # plain JSON
    return found


def test_nothing_is_approved_or_written_in_shadow(shadow: Stage) -> None:
    lead = shadow.add_lead(owner="Inbound_Leads", Title="部長", NumberOfEmployees=5000)
    assert ids(shadow.plan(with_owners=False)) == [lead]
    with pytest.raises(UsageError, match="PL-404"):
        shadow.approve()
    shadow.apply()
    assert (shadow.standing_of(lead), shadow.our_writes()) == (State.PLANNED, [])


def test_nothing_is_rejected_in_shadow_either(shadow: Stage) -> None:
    shadow.add_lead(Title="部長")
    shadow.plan()
    with pytest.raises(UsageError, match="PL-404"):
        shadow.reject()


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


def test_the_table_counts_where_we_agree_with_the_org_and_where_not(shadow: Stage) -> None:
    shadow.add_lead(owner="suzuki", Title="部長", Grade__c="C", Rating="Warm", NumberOfEmployees=5000)
    shadow.add_lead(owner="Inbound_Leads", Title="部長", Rating="Cold", NumberOfEmployees=5000)
    shadow.plan()
    found = table(shadow)
    assert {name: found["owner"][name] for name in ("agree", "differ")} == {"agree": 1, "differ": 1}
    assert {name: found["rating"][name] for name in ("agree", "differ")} == {"agree": 1, "differ": 1}
    assert found["persona"] == {
        "agree": 0, "differ": 2, "org_empty": 2, "ours_empty": 0, "kinds": [[None, "buyer", 2]],
    }  # fmt: skip


def test_account_engagements_grade_stands_beside_ours(shadow: Stage) -> None:
    lead = shadow.add_lead(Title="部長", NumberOfEmployees=5000)
    shadow.touch(lead, pi__grade__c="A")
    shadow.plan()
    assert table(shadow)["ae_grade"]["differ"] == 1


def test_each_difference_is_listed_with_its_reason(shadow: Stage) -> None:
    lead = shadow.add_lead(owner="Inbound_Leads", Rating="Cold", NumberOfEmployees=5000)
    shadow.plan()
    path = agreement_file(shadow.worker.settings.data_folder, shadow.run_id)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = {row["column"]: row for row in csv.DictReader(file)}
    assert rows["rating"] == {
        "record_id": lead, "column": "rating", "theirs": "Cold", "ours": "Warm", "why": "rule/rate",
    }  # fmt: skip
    assert (rows["owner"]["ours"], rows["owner"]["why"]) == ("kanto", "queue")
    assert rows["grade"]["why"].startswith("size+2")


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
