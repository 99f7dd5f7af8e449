"""Other objects by map entries alone: contacts, accounts, filtered tasks, campaigns, opportunities. No code knows them."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.starters.start import start_folder
from config.words.catalogue import Language, Words
from engine.changes.states import State
from sync.cycle import propose, settle
from sync.run import begin
from sync.store.vocabulary import RunVerb
from sync.views.explain import explain_record
from sync.views.explain_words import lines
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


@pytest.mark.long
def test_what_leaves_the_filter_counts_no_more(stage: Stage) -> None:
    lead = stage.add_lead(Title="課長")
    task = call(stage, lead)
    stage.cycle()
    assert written(stage, "Lead", lead)["Score__c"] == 50
    stage.edit("takahashi", task, Status="Not Started")
    stage.cycle()
    assert written(stage, "Lead", lead)["Score__c"] == 0


@pytest.mark.long
def test_twenty_runs_with_nothing_new_propose_nothing_of_contacts_either(stage: Stage) -> None:
    call(stage, contact(stage, account(stage, Industry="Machinery", NumberOfEmployees=500), Title="課長"))
    stage.cycle()
    assert [len(stage.cycle().changes) for _ in range(3)] == [0, 0, 0]


WITH_CAMPAIGNS = """
prospects:
  Lead:
    fields: {title: Title, employees: NumberOfEmployees, prefecture: State, rating: Rating}
    lookups: {deal: ConvertedOpportunityId, firm: ConvertedAccountId, person: ConvertedContactId}
  Contact:
    fields: {title: Title, employees: {related: account employees}, prefecture: MailingState}
    lookups: {account: AccountId}
related:
  Account: {fields: {employees: NumberOfEmployees}}
  Campaign: {fields: {name: Name, type: Type, active: IsActive}}
  Contact: {fields: {title: Title}}
  Opportunity: {fields: {stage: StageName, amount: Amount}}
activities:
  - {object: CampaignMember, prospect: [ContactId, LeadId], at: CreatedDate, campaign: CampaignId, kind: response}
  - object: OpportunityContactRole
    prospect: ContactId
    at: CreatedDate
    kind: in deal
    fields: {role: Role}
    lookups: {deal: OpportunityId}
  - {object: Opportunity, prospect: ContactId, at: CreatedDate, kind: own deal, fields: {amount: Amount, stage: StageName}}
"""
BY_CAMPAIGN = {
    **RULEBOOK,
    "scoring.yaml": """
points:
  response: [5, {points: 20, when: {campaign type: ウェビナー, campaign active: yes}}]
  in deal: {points: 30, when: {deal stage: {is none of: [Closed Lost]}}}
""",
    "automation/rules.yaml": """
- name: webinar guest
  when: {activity: {kind: response, campaign type: Webinar, within: 30 days}}
  then: [tag: guest]
- name: not only webinars
  when: {activity: {none: [{campaign type: Webinar}]}}
  then: [tag: elsewhere]
- name: large deal
  when: {any: [{activity: {kind: in deal, deal amount: {at least: 1000000}, deal stage: {is not: Closed Lost}}},
               {activity: {kind: own deal, amount: {at least: 1000000}}}]}
  then: [tag: large]
""",
}


@pytest.fixture
def fair(tmp_path: Path) -> Iterator[Stage]:
    with staged(tmp_path / "leads", rulebook=BY_CAMPAIGN, field_map=WITH_CAMPAIGNS) as one:
        yield one


def campaign(stage: Stage, kind: str | None, **values: str | bool) -> str:
    given = {"Name": "秋の展示会", "IsActive": True, **({"Type": kind} if kind else {}), **values}
    return stage.add("Campaign", **given)


def tags(stage: Stage, record_id: str) -> set[str]:
    return {tag for tag, _ in stage.memory().tags.get(record_id, ())}


def test_activities_are_told_apart_by_the_type_of_their_campaign(fair: Stage) -> None:
    webinar, show, untold = campaign(fair, "Webinar"), campaign(fair, "Trade Show"), campaign(fair, None)
    leads = [fair.add_lead(Title="課長") for _ in range(3)]
    for lead, invited in zip(leads, (webinar, show, untold), strict=True):
        fair.add("CampaignMember", LeadId=lead, CampaignId=invited, Status="Responded")
    fair.cycle()
    assert [tags(fair, lead) for lead in leads] == [{"guest"}, {"elsewhere"}, set()]
    assert [written(fair, "Lead", lead)["Score__c"] for lead in leads] == [25, 5, 5]


@pytest.mark.long
def test_what_becomes_of_a_campaign_counts_from_the_next_run_on(fair: Stage) -> None:
    """Neither the lead's stamp nor the member's moves when somebody edits the campaign."""
    webinar, lead = campaign(fair, "Webinar"), fair.add_lead(Title="課長")
    fair.add("CampaignMember", LeadId=lead, CampaignId=webinar, Status="Responded")
    fair.cycle()
    fair.edit("takahashi", webinar, Type="Trade Show")
    fair.cycle()
    assert (tags(fair, lead), written(fair, "Lead", lead)["Score__c"]) == ({"elsewhere"}, 5)


def test_explain_says_what_was_asked_of_activities(fair: Stage) -> None:
    webinar, lead = campaign(fair, "Webinar"), fair.add_lead(Title="課長")
    for invited in (webinar, campaign(fair, "Trade Show")):
        fair.add("CampaignMember", LeadId=lead, CampaignId=invited, Status="Responded")
    fair.plan()
    told = "\n".join(lines(explain_record(fair.worker, lead).explanation, Words(Language.ENGLISH)))
    assert "response (campaign type: {is: ウェビナー}, campaign active: {is: yes}): 1 times, +20 points" in told
    assert "at least 1 of response (campaign type: {is: Webinar}) within 30 days: found 1" in told


def test_deals_of_a_contact_are_activities_with_their_amount_and_stage(fair: Stage) -> None:
    firm = account(fair)
    small, large, lost, own = (contact(fair, firm, Title="課長") for _ in range(4))
    for who, amount, stage in (
        (small, 500_000, "Proposal"),
        (large, 2_000_000, "Proposal"),
        (lost, 2_000_000, "Closed Lost"),
    ):
        deal = fair.add(
            "Opportunity", Name="deal", StageName=stage, Amount=amount, AccountId=firm, CloseDate="2026-12-31"
        )
        fair.add("OpportunityContactRole", OpportunityId=deal, ContactId=who, Role="Evaluator")
    fair.add("Opportunity", Name="own", ContactId=own, Amount=3_000_000, AccountId=firm, CloseDate="2026-12-31")
    fair.cycle()
    assert [tags(fair, who) for who in (small, large, lost, own)] == [set(), {"large"}, set(), {"large"}]
    assert [written(fair, "Contact", who)["Score__c"] for who in (small, large, lost)] == [30, 30, 0]


@pytest.mark.long
def test_a_converted_lead_names_its_opportunity_and_goes_on_as_a_contact(fair: Stage) -> None:
    webinar, lead = campaign(fair, "Webinar"), fair.add_lead(Title="製造部長", Company="株式会社山田製作所")
    fair.add("CampaignMember", LeadId=lead, CampaignId=webinar, Status="Responded")
    fair.cycle()
    fair.convert(lead)
    fair.cycle()
    person = str(fair.lead(lead)["ConvertedContactId"])
    assert (tags(fair, person), written(fair, "Contact", person)["Score__c"]) == ({"guest"}, 55)
    assert fair.lead(lead)["ConvertedOpportunityId"] in fair.server.world.tables["Opportunity"]


def test_each_source_is_covered_by_its_own_object(fair: Stage) -> None:
    lead = fair.add_lead(Title="課長")
    fair.add("CampaignMember", LeadId=lead, CampaignId=campaign(fair, "Webinar"), Status="Responded")
    with begin(fair.worker, RunVerb.PLAN) as run:
        propose(run, with_owners=False)
    assert run.figures.plan is not None
    assert run.figures.plan.survey is not None
    counts = {name: each.prospects for name, each in run.figures.plan.survey.coverage.sources.items()}
    assert counts == {"CampaignMember": 1, "OpportunityContactRole": 0, "Opportunity": 0}


EVERYTHING = (
    WITH_CAMPAIGNS
    + """
  - {object: Task, prospect: WhoId, at: CreatedDate, kind: task}
  - {object: Web_Activity__c, prospect: Lead__c, at: Occurred_At__c, kind: {field: Type__c, values: {Page View: page view}}}
"""
)


def idle_calls(stage: Stage) -> int:
    """What a whole run costs that finds nothing to do."""
    with begin(stage.worker, RunVerb.RUN) as run:
        propose(run, with_owners=False)
        settle(run)
        return run.org.calls


@pytest.mark.long
def test_an_idle_run_with_nine_objects_stays_within_five_calls(tmp_path: Path) -> None:
    """Five queries fit into one call: the org and its user, nine objects with the users, four slow objects, describes."""
    with staged(tmp_path / "leads", rulebook=BY_CAMPAIGN, field_map=EVERYTHING) as stage:
        stage.cycle()
        settings = stage.worker.settings
        costs = []
        for seconds in (0, settings.slow_objects_seconds, settings.describe_seconds):
            stage.advance(seconds + 60)
            costs.append(idle_calls(stage))
        assert costs == [3, 4, 5]


@pytest.mark.long
def test_contacts_of_the_starter_work_by_taking_the_comment_signs_away(tmp_path: Path) -> None:
    with staged(tmp_path / "leads", leads=30, field_map=_uncommented(tmp_path)) as stage:
        with_email = contact(stage, account(stage, Industry="Machinery", NumberOfEmployees=500), Title="製造部長")
        stage.cycle()
        assert written(stage, "Contact", with_email)["Grade__c"] == "B"
        assert stage.worker.field_map.objects[1].api_name == "Contact"
        assert [mapped.name for mapped in stage.worker.field_map.details] == ["campaign name", "campaign type"]


def _uncommented(tmp_path: Path) -> str:
    """The starter's map with contacts and their accounts."""
    start_folder(tmp_path / "starter")
    text = (tmp_path / "starter" / "map.yaml").read_text(encoding="utf-8")
    above, sign, below = text.partition("# 活動")
    above = re.sub(r"(?m)^  # (?= *\w+: ?)", "  ", above)
    return re.sub(r"(?m)^# (?= *\w+:( \w+)?$)", "", above) + sign + below
