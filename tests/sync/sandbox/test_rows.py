"""One row at a time: what is accepted, what is refused, and what the org does on its own."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import requests

from sync.sandbox.database import Write
from sync.sandbox.server import SandboxOrg
from sync.sandbox.worlds import World
from tests.people import convert, edit, leave, remove
from tests.sandbox_org import firings, queue_named

Ask = Callable[..., requests.Response]


def code(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()[0]["errorCode"]


def test_an_update_is_stamped_and_logged(org: SandboxOrg, ask: Ask, lead_id: str) -> None:
    before = org.world.tables["Lead"][lead_id]
    answer = ask("PATCH", f"sobjects/Lead/{lead_id}", json={"Grade__c": "B+", "Grade_Rank__c": 9})
    after = org.world.tables["Lead"][lead_id]
    user = org.world.user_named("leadsync@sandbox.example")
    assert (answer.status_code, answer.content) == (204, b"")
    assert dict(after) == {**before, "Grade__c": "B+", "Grade_Rank__c": 9.0, "LastModifiedById": user and user["Id"],
                           "LastModifiedDate": "2026-11-21T09:00:00.000+0000",
                           "SystemModstamp": "2026-11-21T09:00:00.000+0000"}  # fmt: skip
    write = org.world.writes[-1]
    assert isinstance(write, Write)
    assert (write.before, write.after) == (
        {"Grade__c": None, "Grade_Rank__c": None},
        {"Grade__c": "B+", "Grade_Rank__c": 9.0},
    )
    assert write.headers["sforce-auto-assign"] == "FALSE"
    assert firings(org.world) == {lead_id: 1}


def test_null_and_empty_text_both_clear_a_field(org: SandboxOrg, ask: Ask, lead_id: str) -> None:
    ask("PATCH", f"sobjects/Lead/{lead_id}", json={"Title": "", "Industry": None})
    assert not {"Title", "Industry"} & org.world.tables["Lead"][lead_id].keys()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"Nothing__c": 1}, "INVALID_FIELD"),
        ({"pi__score__c": 5}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ({"CreatedDate": "2026-01-01T00:00:00Z"}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ({"Grade__c": "A++"}, "STRING_TOO_LONG"),
        ({"Grade_Rank__c": 100}, "NUMBER_OUTSIDE_VALID_RANGE"),
        ({"Grade_Rank__c": "high"}, "JSON_PARSER_ERROR"),
        ({"Company": None}, "REQUIRED_FIELD_MISSING"),
        ({"Email": "no address"}, "INVALID_EMAIL_ADDRESS"),
        ({"CleanStatus": "Sparkling"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        ({"Assigned_At__c": "yesterday"}, "JSON_PARSER_ERROR"),
        ({"OwnerId": "suzuki"}, "MALFORMED_ID"),
        ({"OwnerId": "005000000000000AAA"}, "INVALID_CROSS_REFERENCE_KEY"),
        ({"Rating": "Hot", "Phone": None, "MobilePhone": None}, "FIELD_CUSTOM_VALIDATION_EXCEPTION"),
    ],
)
def test_a_wrong_value_is_refused_and_nothing_is_written(
    org: SandboxOrg, ask: Ask, lead_id: str, values: dict[str, object], expected: str
) -> None:
    before = {name: table.rows() for name, table in org.world.tables.items()}
    assert code(ask("PATCH", f"sobjects/Lead/{lead_id}", json=values)) == (400, expected)
    assert {name: table.rows() for name, table in org.world.tables.items()} == before
    assert not org.world.writes


def test_a_picklist_that_is_not_restricted_takes_any_text(ask: Ask, lead_id: str) -> None:
    assert ask("PATCH", f"sobjects/Lead/{lead_id}", json={"Status": "温め直し"}).status_code == 204


@pytest.mark.parametrize(
    ("owner", "expected"), [("kimura", "INACTIVE_OWNER_OR_USER"), ("connector", "OP_WITH_INVALID_USER_TYPE_EXCEPTION")]
)
def test_some_users_cannot_own(world: World, ask: Ask, lead_id: str, owner: str, expected: str) -> None:
    user = world.user_named(f"{owner}@sandbox.example") or {}
    assert code(ask("PATCH", f"sobjects/Lead/{lead_id}", json={"OwnerId": user["Id"]})) == (400, expected)


def test_only_a_queue_for_leads_can_own_one(world: World, ask: Ask, lead_id: str) -> None:
    inbound, support = queue_named(world, "Inbound_Leads") or {}, queue_named(world, "Support_Cases") or {}
    assert ask("PATCH", f"sobjects/Lead/{lead_id}", json={"OwnerId": inbound["Id"]}).status_code == 204
    answer = ask("PATCH", f"sobjects/Lead/{lead_id}", json={"OwnerId": support["Id"]})
    assert code(answer) == (400, "FIELD_INTEGRITY_EXCEPTION")


@pytest.mark.parametrize("header", [None, "TRUE"])
def test_the_assignment_rule_takes_the_lead_unless_told_not_to(
    org: SandboxOrg, ask: Ask, lead_id: str, header: str | None
) -> None:
    ask("PATCH", f"sobjects/Lead/{lead_id}", json={"Title": "部長"}, headers={"Sforce-Auto-Assign": header})
    inbound = queue_named(org.world, "Inbound_Leads") or {}
    assert org.world.tables["Lead"][lead_id]["OwnerId"] == inbound["Id"]
    assert "OwnerId" in org.world.writes[-1].after


def test_a_converted_lead_cannot_be_changed(org: SandboxOrg, ask: Ask, lead_id: str) -> None:
    org.act(lambda world, now: convert(world, now, "suzuki", lead_id))
    assert code(ask("PATCH", f"sobjects/Lead/{lead_id}", json={"Title": "部長"})) == (
        400,
        "CANNOT_UPDATE_CONVERTED_LEAD",
    )


def test_a_deleted_lead_is_gone(org: SandboxOrg, ask: Ask, lead_id: str) -> None:
    org.act(lambda world, now: remove(world, now, "suzuki", lead_id))
    assert code(ask("PATCH", f"sobjects/Lead/{lead_id}", json={"Title": "部長"})) == (404, "ENTITY_IS_DELETED")


def test_a_lead_nobody_knows_is_not_found(ask: Ask) -> None:
    assert code(ask("PATCH", "sobjects/Lead/00Q000000000001AAA", json={"Title": "部長"})) == (404, "NOT_FOUND")


def test_the_guard_stops_a_write_on_a_record_that_moved(org: SandboxOrg, ask: Ask, lead_id: str) -> None:
    org.act(lambda world, now: edit(world, now, "suzuki", lead_id, {"Title": "課長"}))
    guard = {"If-Unmodified-Since": "Sat, 21 Nov 2026 08:59:59 GMT"}
    answer = ask("PATCH", f"sobjects/Lead/{lead_id}", json={"Title": "部長"}, headers=guard)
    assert (answer.status_code, org.world.tables["Lead"][lead_id]["Title"]) == (412, "課長")


def test_the_guard_cannot_see_a_change_within_the_second(org: SandboxOrg, ask: Ask, lead_id: str) -> None:
    org.act(lambda world, now: edit(world, now, "suzuki", lead_id, {"Title": "課長"}))
    guard = {"If-Unmodified-Since": "Sat, 21 Nov 2026 09:00:00 GMT"}
    answer = ask("PATCH", f"sobjects/Lead/{lead_id}", json={"Title": "部長"}, headers=guard)
    assert (answer.status_code, org.world.tables["Lead"][lead_id]["Title"]) == (204, "部長")


def test_a_user_who_left_keeps_their_leads_and_gets_no_more(org: SandboxOrg, ask: Ask, lead_id: str) -> None:
    ito = org.world.user_named("ito@sandbox.example") or {}
    ask("PATCH", f"sobjects/Lead/{lead_id}", json={"OwnerId": ito["Id"]})
    org.act(lambda world, now: leave(world, now, "ito"))
    assert ask("PATCH", f"sobjects/Lead/{lead_id}", json={"Title": "部長"}).status_code == 204
    assert code(ask("PATCH", f"sobjects/Lead/{lead_id}", json={"OwnerId": ito["Id"]})) == (
        400,
        "INACTIVE_OWNER_OR_USER",
    )


def test_a_new_row_gets_an_id_an_owner_and_stamps(org: SandboxOrg, ask: Ask, lead_id: str) -> None:
    made = ask("POST", "sobjects/Task", json={"WhoId": lead_id, "Subject": "Call", "Status": "Completed"}).json()
    task = org.world.tables["Task"][made["id"]]
    assert (made["success"], task["WhoId"], task["CreatedDate"]) == (True, lead_id, "2026-11-21T09:00:00.000+0000")


def test_a_field_may_be_read_only_for_this_user(org: SandboxOrg, ask: Ask, lead_id: str) -> None:
    locked = frozenset({"Lead.Grade__c"})
    org.act(lambda world, _: replace(world, switches=replace(world.switches, read_only=locked)))
    assert code(ask("PATCH", f"sobjects/Lead/{lead_id}", json={"Grade__c": "A"})) == (
        400,
        "INVALID_FIELD_FOR_INSERT_UPDATE",
    )


def test_a_copy_of_the_world_stays_as_it_was(org: SandboxOrg, ask: Ask, lead_id: str) -> None:
    copy, before = org.world.copy(), org.world.tables["Lead"][lead_id]
    ask("PATCH", f"sobjects/Lead/{lead_id}", json={"Title": "会長"})
    assert (copy.tables["Lead"][lead_id], copy.writes) == (before, ())
    assert org.world.tables["Lead"][lead_id] != before
