"""Other objects by map entries alone: contacts, their accounts, filtered tasks. No line of code knows them."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.init import start_folder
from engine.states import State
from tests.stage import RULEBOOK, Stage, staged

MAP = """
prospects:
  Lead:
    fields: {title: Title, employees: NumberOfEmployees, prefecture: State, rating: Rating}
  Contact:
    fields:
      title: Title
      prefecture: MailingState
      employees: {related: account employees}
    lookups: {account: AccountId}
related:
  Account: {fields: {industry: Industry, employees: NumberOfEmployees}}
activities:
  - {object: Task, prospect: WhoId, at: CreatedDate, kind: form submission, filter: {TaskSubtype: Call, Status: Completed}}
"""
BY_INDUSTRY = {
    **RULEBOOK,
    "scoring.yaml": "points: {form submission: 50}\n",
    "automation/rules.yaml": "- {name: makers, when: {account industry: Machinery}, then: [{tag: maker}]}\n",
}


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with staged(tmp_path / "leads", rulebook=BY_INDUSTRY, field_map=MAP) as one:
        yield one


def account(stage: Stage, **values: str | int) -> str:
    return stage.add("Account", Name="株式会社山田製作所", OwnerId=stage.owner_id("suzuki"), **values)


def contact(stage: Stage, account_id: str | None, **values: str) -> str:
    given = {"LastName": "佐々木", "OwnerId": stage.owner_id("suzuki"), "AccountId": account_id, **values}
    return stage.add("Contact", **given)


def call(stage: Stage, who: str, **values: str) -> str:
    return stage.add("Task", **{"WhoId": who, "Status": "Completed", "TaskSubtype": "Call", **values})


def written(stage: Stage, name: str, record_id: str) -> dict[str, object]:
    record = stage.server.world.tables[name][record_id]
    return {field: record.get(field) for field in ("Grade__c", "Score__c", "Persona__c")}


def test_a_contact_is_graded_by_its_own_title_and_its_account_s_size(stage: Stage) -> None:
    large = contact(stage, account(stage, NumberOfEmployees=500), Title="製造部長")
    unknown = contact(stage, None, Title="製造部長")
    stage.cycle()
    assert written(stage, "Contact", large) == {"Grade__c": "B-", "Score__c": 0, "Persona__c": "buyer"}
    assert written(stage, "Contact", unknown) == {"Grade__c": "C", "Score__c": 0, "Persona__c": "buyer"}


def test_a_rule_reads_what_the_account_says_now(stage: Stage) -> None:
    """The contact's own stamp does not move when its account is edited."""
    firm = account(stage, Industry="Food & Beverage")
    who = contact(stage, firm, Title="課長")
    stage.cycle()
    assert who not in stage.memory().tags
    stage.edit("takahashi", firm, Industry="Machinery")
    stage.cycle()
    assert stage.memory().tags[who] == {("maker", "makers")}


def test_a_rule_about_an_account_that_is_not_there_is_unknown_and_never_acts(stage: Stage) -> None:
    contact(stage, None, Title="課長")
    stage.add_lead(Title="課長")
    stage.cycle()
    assert stage.memory().tags == {}


def test_a_contact_of_a_leaver_goes_to_another_rep(stage: Stage) -> None:
    who = contact(stage, None, Title="課長")
    stage.cycle()
    stage.leave("suzuki")
    stage.cycle()
    assert stage.standing_of(who) is State.APPLIED
    assert stage.server.world.tables["Contact"][who]["OwnerId"] in {stage.owner_id("tanaka"), stage.owner_id("ito")}


def test_only_activities_inside_the_filter_count(stage: Stage) -> None:
    who, lead = contact(stage, None, Title="課長"), stage.add_lead(Title="課長")
    call(stage, who)
    call(stage, lead, TaskSubtype="Email")
    stage.cycle()
    assert (written(stage, "Contact", who)["Score__c"], written(stage, "Lead", lead)["Score__c"]) == (50, 0)


def test_what_leaves_the_filter_counts_no_more(stage: Stage) -> None:
    lead = stage.add_lead(Title="課長")
    task = call(stage, lead)
    stage.cycle()
    assert written(stage, "Lead", lead)["Score__c"] == 50
    stage.edit("takahashi", task, Status="Not Started")
    stage.cycle()
    assert written(stage, "Lead", lead)["Score__c"] == 0


def test_twenty_runs_with_nothing_new_propose_nothing_of_contacts_either(stage: Stage) -> None:
    call(stage, contact(stage, account(stage, Industry="Machinery", NumberOfEmployees=500), Title="課長"))
    stage.cycle()
    assert [len(stage.cycle().changes) for _ in range(3)] == [0, 0, 0]


def test_contacts_of_the_starter_work_by_taking_the_comment_signs_away(tmp_path: Path) -> None:
    with staged(tmp_path / "leads", leads=30, field_map=_uncommented(tmp_path)) as stage:
        with_email = contact(stage, account(stage, Industry="Machinery", NumberOfEmployees=500), Title="製造部長")
        stage.cycle()
        assert written(stage, "Contact", with_email)["Grade__c"] == "B"
        assert stage.worker.field_map.objects[1].api_name == "Contact"


def _uncommented(tmp_path: Path) -> str:
    """The starter's map with contacts and their accounts."""
    start_folder(tmp_path / "starter")
    text = (tmp_path / "starter" / "map.yaml").read_text(encoding="utf-8")
    above, sign, below = text.partition("# 活動")
    above = re.sub(r"(?m)^  # (?= *\w+: ?)", "  ", above)
    return re.sub(r"(?m)^# (?= *\w+:( \w+)?$)", "", above) + sign + below
