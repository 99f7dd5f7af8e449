"""Rules that ask the owner's role and manager, told by real pulls of users and roles."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from config.words.catalogue import Language, Words
from engine.errors import RulebookError
from sync.views.explain import explain_record
from sync.views.explain_words import lines
from tests import people
from tests.stage import RULEBOOK, Stage, staged

BY_ROLE = {
    **RULEBOOK,
    "automation/rules.yaml": """
- name: kanto
  when: {owner_role: 関東営業}
  then:
    - set: {field: rating, value: Warm, otherwise: clear}
- name: of takahashi
  when: {owner_manager: Takahashi@sandbox.example}
  then: [tag: takahashi]
""",
}


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with staged(tmp_path / "leads", rulebook=BY_ROLE) as one:
        yield one


def rated(stage: Stage, lead: str) -> object:
    return stage.lead(lead).get("Rating")


def test_a_rule_tells_leads_apart_by_the_role_of_their_owner(stage: Stage) -> None:
    kanto, kansai = stage.add_lead(owner="suzuki"), stage.add_lead(owner="yamamoto")
    stage.cycle()
    assert (rated(stage, kanto), rated(stage, kansai)) == ("Warm", None)
    assert (kanto in stage.memory().tags, kansai in stage.memory().tags) == (True, False)


def test_who_changes_the_team_takes_their_leads_along(stage: Stage) -> None:
    lead = stage.add_lead(owner="suzuki")
    stage.cycle()
    stage.server.act(lambda world, now: people.change_role(world, now, "suzuki", "Kansai"))
    stage.cycle()
    assert rated(stage, lead) is None


def test_the_next_plan_withdraws_what_was_approved_for_another_role(stage: Stage) -> None:
    lead = stage.add_lead(owner="suzuki")
    stage.plan()
    stage.approve()
    stage.server.act(lambda world, now: people.change_role(world, now, "suzuki", "Kansai"))
    stage.plan()
    stage.apply()
    assert rated(stage, lead) is None


def test_a_role_the_org_lacks_is_told_before_anything_is_planned(tmp_path: Path) -> None:
    rules = BY_ROLE["automation/rules.yaml"].replace("関東営業", "関東第二営業")
    with staged(tmp_path / "other", rulebook={**BY_ROLE, "automation/rules.yaml": rules}) as stage:
        stage.add_lead()
        with pytest.raises(RulebookError, match=r"RB-304.*automation/rules\.yaml:2:3.*関東第二営業"):
            stage.plan()


def test_explain_names_role_and_manager(stage: Stage) -> None:
    lead = stage.add_lead(owner="suzuki")
    stage.plan()
    told = "\n".join(lines(explain_record(stage.worker, lead).explanation, Words(Language.ENGLISH)))
    assert "owner_role: {is: 関東営業}" in told
    assert "takahashi@sandbox.example" in told
