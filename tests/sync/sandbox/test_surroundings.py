"""What else lives in the org: flows, duplicate rules, formulas, labels, limits, and what the setup tells of them."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import requests

from sync.sandbox.faults import Fault, FaultKind
from sync.sandbox.server import SandboxOrg
from sync.sandbox.worlds import DuplicateRule, Flow, Switches, World
from tests.people import leave
from tests.sandbox_org import firings, queue_named

Ask = Callable[..., requests.Response]
Soql = Callable[[str], list[dict[str, object]]]


def test_a_flow_puts_the_owner_back_behind_a_success(org: SandboxOrg, ask: Ask, lead_id: str) -> None:
    flow = Flow("Lead", "keeps owners", restores=("OwnerId",))
    org.act(lambda world, _: replace(world, flows=(flow,)))
    owner = org.world.tables["Lead"][lead_id]["OwnerId"]
    queue = (queue_named(org.world, "Inbound_Leads") or {})["Id"]
    answer = ask("PATCH", f"sobjects/Lead/{lead_id}", json={"OwnerId": queue})
    assert (answer.status_code, org.world.tables["Lead"][lead_id]["OwnerId"]) == (204, owner)
    assert [(write.kind, write.after) for write in org.world.writes] == [
        ("update", {"OwnerId": queue}),
        ("flow", {"OwnerId": owner}),
    ]
    assert firings(org.world) == {lead_id: 1}


def test_a_flow_sets_fields_where_its_condition_holds(org: SandboxOrg, ask: Ask, lead_id: str) -> None:
    flow = Flow("Lead", "cools", when="Title = '担当'", sets={"Rating": "Cold"})
    org.act(lambda world, _: replace(world, flows=(flow,)))
    ask("PATCH", f"sobjects/Lead/{lead_id}", json={"Title": "担当", "Rating": "Warm"}).raise_for_status()
    assert org.world.tables["Lead"][lead_id]["Rating"] == "Cold"


@pytest.mark.parametrize(
    ("is_alert", "header", "status"),
    [(False, "allowSave=true", 400), (True, "", 400), (True, "allowSave=true; includeRecordDetails=false", 204)],
    ids=["a block blocks", "an alert alerts", "an alert that was seen lets pass"],
)
def test_a_duplicate_rule_stops_a_save(
    org: SandboxOrg,
    ask: Ask,
    lead_id: str,
    is_alert: bool,  # noqa: FBT001  # a parameter of the table
    header: str,
    status: int,
) -> None:
    rule = DuplicateRule("Lead", "LastName", "same name", is_alert=is_alert)
    twin = next(key for key, lead in org.world.tables["Lead"].items() if key != lead_id and not lead["IsDeleted"])
    name = org.world.tables["Lead"][twin]["LastName"]
    org.act(lambda world, _: replace(world, duplicate_rules=(rule,)))
    headers = {"Sforce-Duplicate-Rule-Header": header} if header else {}
    answer = ask("PATCH", f"sobjects/Lead/{lead_id}", json={"LastName": name}, headers=headers)
    assert answer.status_code == status
    assert status == 204 or answer.json()[0]["errorCode"] == "DUPLICATES_DETECTED"


def test_a_formula_changes_without_a_stamp(org: SandboxOrg, soql: Soql, lead_id: str) -> None:
    owner = org.world.tables["User"][str(org.world.tables["Lead"][lead_id]["OwnerId"])]
    query = f"SELECT Owner_Active__c, SystemModstamp FROM Lead WHERE Id = '{lead_id}'"
    before = soql(query)[0]
    org.act(lambda world, now: leave(world, now, str(owner["Username"])))
    after = soql(query)[0]
    assert (before["Owner_Active__c"], after["Owner_Active__c"]) == (True, False)
    assert before["SystemModstamp"] == after["SystemModstamp"]
    assert soql(f"SELECT Id FROM Lead WHERE Owner_Active__c = true AND Id = '{lead_id}'") == []


def test_a_formula_is_told_by_describe_and_cannot_be_written(ask: Ask, lead_id: str) -> None:
    fields = {field["name"]: field for field in ask("GET", "sobjects/Lead/describe").json()["fields"]}
    field = fields["Owner_Active__c"]
    assert (field["calculated"], field["updateable"], field["calculatedFormula"]) == (
        True,
        False,
        "Owner:User.IsActive",
    )
    assert ask("PATCH", f"sobjects/Lead/{lead_id}", json={"Owner_Active__c": False}).status_code == 400


def test_picklist_values_have_labels_in_the_user_s_language(ask: Ask) -> None:
    fields = {field["name"]: field for field in ask("GET", "sobjects/Lead/describe").json()["fields"]}
    first = fields["Status"]["picklistValues"][0]
    assert (first["value"], first["label"]) == ("Open - Not Contacted", "未対応 - 未連絡")


def test_the_limit_of_an_app_is_told_beside_the_org_s(org: SandboxOrg, ask: Ask) -> None:
    org.act(lambda world, _: replace(world, switches=Switches(app_limit=250)))
    told = ask("GET", "limits").headers["Sforce-Limit-Info"]
    assert (
        told == f"api-usage={org.world.api_calls}/100000; per-app-api-usage={org.world.api_calls}/250(appName=leadsync)"
    )


def test_the_tooling_api_lists_what_only_it_knows(ask: Ask) -> None:
    query = (
        "SELECT ValidationName, ErrorMessage FROM ValidationRule WHERE EntityDefinitionId = 'Lead' AND Active = true"
    )
    assert ask("GET", "query", params={"q": query}).json()[0]["errorCode"] == "INVALID_TYPE"
    listed = ask("GET", "tooling/query", params={"q": query}).json()
    assert [row["ValidationName"] for row in listed["records"]] == ["Hot_needs_phone"]


def test_the_setup_names_active_flows_triggers_and_rules(soql: Soql) -> None:
    flows = soql("SELECT ApiName FROM FlowDefinitionView WHERE IsActive = true AND TriggerObjectOrEventId = 'Lead'")
    triggers = soql("SELECT Name FROM ApexTrigger WHERE Status = 'Active' AND TableEnumOrId = 'Lead'")
    rules = soql("SELECT Name FROM AssignmentRule WHERE SobjectType = 'Lead' AND Active = true")
    assert [len(found) for found in (flows, triggers, rules)] == [1, 1, 1]


def test_what_the_integration_user_may_do_can_be_asked(world: World, soql: Soql) -> None:
    user = world.user_named("leadsync@sandbox.example") or {}
    (held,) = soql(f"SELECT PermissionSetId FROM PermissionSetAssignment WHERE AssigneeId = '{user['Id']}'")
    parent = held["PermissionSetId"]
    (on_lead,) = soql(
        f"SELECT PermissionsEdit FROM ObjectPermissions WHERE ParentId = '{parent}' AND SobjectType = 'Lead'"
    )
    (grade,) = soql(
        f"SELECT PermissionsEdit FROM FieldPermissions WHERE ParentId = '{parent}' AND Field = 'Lead.Grade__c'"
    )
    assert (on_lead["PermissionsEdit"], grade["PermissionsEdit"]) == (True, True)


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        (FaultKind.EDGE, 420, None),
        (FaultKind.UNACCEPTABLE, 406, None),
        (FaultKind.EMPTY, 503, None),
        (FaultKind.LOGIN_PAGE, 401, None),
        (FaultKind.CONCURRENT, 403, "REQUEST_LIMIT_EXCEEDED"),
        (FaultKind.METERING, 403, "TXN_SECURITY_METERING_ERROR"),
        (FaultKind.SLOW_QUERY, 400, "QUERY_TIMEOUT"),
        (FaultKind.LOCATOR, 400, "INVALID_QUERY_LOCATOR"),
        (FaultKind.DISABLED, 403, "API_DISABLED_FOR_ORG"),
    ],
)
def test_the_org_can_fail_in_many_ways(
    org: SandboxOrg, ask: Ask, kind: FaultKind, status: int, code: str | None
) -> None:
    org.act(lambda world, _: replace(world, faults=(Fault(kind),)))
    answer = ask("GET", "limits")
    assert (answer.status_code, answer.json()[0]["errorCode"] if code else None) == (status, code)
