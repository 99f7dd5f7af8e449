"""Rules, reports and the org speak one language: labels stand for values, and what the org lacks is refused."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import RulebookError
from sync.views.plan_report import report_of
from tests.stage import RULEBOOK, Stage, staged

BY_LABEL = {
    **RULEBOOK,
    "automation/rules.yaml": "- {name: a, when: {lead_source: 展示会}, then: [{set: {field: rating, value: 高}}]}\n",
}


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with staged(tmp_path / "folder", rulebook=BY_LABEL) as one:
        yield one


def test_a_rule_may_say_what_people_see_on_the_first_run_too(stage: Stage) -> None:
    lead = stage.add_lead(LeadSource="Trade Show", Phone="03-1234-5678")
    stage.cycle()
    assert stage.lead(lead)["Rating"] == "Hot"
    assert stage.plan().changes == ()


def test_a_value_the_org_lacks_stops_the_run_before_anything_is_planned(tmp_path: Path) -> None:
    wrong = BY_LABEL["automation/rules.yaml"].replace("展示会", "展示场")
    with (
        staged(tmp_path / "folder", rulebook={**BY_LABEL, "automation/rules.yaml": wrong}) as stage,
        pytest.raises(RulebookError, match="RB-158"),
    ):
        stage.plan()


def test_a_report_has_the_org_s_own_labels(stage: Stage) -> None:
    stage.add_lead(LeadSource="Trade Show")
    stage.plan()
    labels = report_of(stage.worker, stage.header()).heading.labels
    assert (labels["rating"], labels["lead_source"]) == ("評価", "リードソース")
