"""Other people's work: it is logged under their names and not held back by what binds the API user."""

from datetime import UTC, datetime, timedelta

import pytest

from sync.sandbox.exchange import RefusalError
from sync.sandbox.server import SandboxOrg
from sync.sandbox.worlds import World
from tests.people import (
    add,
    change_role,
    connector_weekend,
    convert,
    edit,
    empty_bin,
    hard_delete,
    join_group,
    late,
    leave_group,
    merge,
    remove,
    touch,
    undelete,
)
from tests.sandbox_org import queue_named

NOW = datetime(2026, 11, 21, 9, 0, 0, tzinfo=UTC)


def test_an_edit_moves_the_stamp_and_names_the_person(world: World, lead_id: str) -> None:
    after = edit(world, NOW, "suzuki", lead_id, {"Rating": "Cold"})
    suzuki = world.user_named("suzuki@sandbox.example") or {}
    assert after.tables["Lead"][lead_id]["LastModifiedById"] == suzuki["Id"]
    assert after.writes[-1].user_id == suzuki["Id"]


def test_the_connector_writes_what_nobody_else_may(world: World, lead_id: str) -> None:
    after = touch(world, NOW, lead_id, {"pi__score__c": 77.0})
    assert after.tables["Lead"][lead_id]["pi__score__c"] == 77.0
    with pytest.raises(RefusalError):
        edit(world, NOW, "suzuki", lead_id, {"pi__score__c": 77.0})


def test_a_web_form_goes_through_the_assignment_rule(world: World) -> None:
    values = {"LastName": "新谷", "Company": "株式会社新谷", "Status": "Open - Not Contacted"}
    after = add(world, NOW, "connector", "Lead", values, assigns=True)
    made = after.tables["Lead"][after.writes[-1].record_id]
    assert made["OwnerId"] == (queue_named(world, "Inbound_Leads") or {})["Id"]


def test_the_loser_of_a_merge_points_to_the_winner(world: World, lead_id: str) -> None:
    loser = next(key for key, lead in world.tables["Lead"].items() if key != lead_id and not lead["IsDeleted"])
    after = merge(world, NOW, "suzuki", winner_id=lead_id, loser_id=loser)
    lead = after.tables["Lead"][loser]
    assert (lead["IsDeleted"], lead["MasterRecordId"]) == (True, lead_id)


def test_what_hung_on_the_loser_moves_to_the_winner(world: World) -> None:
    task = next(row for row in world.tables["Task"].values() if world.tables["Lead"].get(str(row["WhoId"])))
    loser = str(task["WhoId"])
    winner = next(key for key, lead in world.tables["Lead"].items() if key != loser and not lead["IsDeleted"])
    after = merge(world, NOW, "suzuki", winner_id=winner, loser_id=loser)
    assert after.tables["Task"][str(task["Id"])]["WhoId"] == winner


def test_a_deleted_record_comes_back_with_a_new_stamp(world: World, lead_id: str) -> None:
    after = undelete(remove(world, NOW, "suzuki", lead_id), NOW + timedelta(hours=1), "suzuki", lead_id)
    lead = after.tables["Lead"][lead_id]
    assert (lead["IsDeleted"], lead["SystemModstamp"]) == (False, "2026-11-21T10:00:00.000+0000")


def test_what_is_deleted_for_good_cannot_be_found(world: World, lead_id: str) -> None:
    assert hard_delete(world.copy(), NOW, "takahashi", lead_id).find("Lead", lead_id) is None
    emptied = empty_bin(remove(world, NOW, "suzuki", lead_id), NOW, "takahashi")
    assert not any(record.get("IsDeleted") for table in emptied.tables.values() for record in table.values())


def test_a_late_commit_shows_only_when_it_is_due_with_the_stamp_it_was_given(org: SandboxOrg, lead_id: str) -> None:
    before = org.world.tables["Lead"][lead_id]
    org.act(lambda w, now: late(w, now, 300, lambda w, now: edit(w, now, "suzuki", lead_id, {"Title": "later"})))
    org.advance(299)
    org.act(lambda world, _: world)
    assert org.world.tables["Lead"][lead_id] == before
    org.advance(1)
    org.act(lambda world, _: world)
    after = org.world.tables["Lead"][lead_id]
    assert (after["Title"], after["SystemModstamp"]) == ("later", "2026-11-21T09:00:00.000+0000")


def test_a_row_of_an_open_transaction_is_locked(world: World, lead_id: str) -> None:
    after = late(world, NOW, 300, lambda w, now: edit(w, now, "suzuki", lead_id, {"Title": "later"}))
    with pytest.raises(RefusalError, match="UNABLE_TO_LOCK_ROW"):
        edit(after, NOW, "tanaka", lead_id, {"Title": "now"})


def test_a_weekend_of_the_connector_scores_a_share_of_the_leads(world: World) -> None:
    after = connector_weekend(world, NOW, 0.8)
    living = [lead for lead in world.tables["Lead"].values() if not (lead["IsDeleted"] or lead["IsConverted"])]
    assert 0.7 * len(living) < len(after.writes) < 0.9 * len(living)
    assert {write.user_id for write in after.writes} == {(world.user_named("connector@sandbox.example") or {})["Id"]}


def test_a_user_gets_another_role(world: World) -> None:
    after = change_role(world, NOW, "suzuki", "Kansai")
    role = after.tables["UserRole"][str((after.user_named("suzuki@sandbox.example") or {})["UserRoleId"])]
    assert role["DeveloperName"] == "Kansai"


def test_users_and_groups_join_and_leave_groups(world: World) -> None:
    before = world.copy()
    join_group(join_group(world, NOW, "patel", "Sales"), NOW, "Overseas", "Inbound_Leads")
    patel = (world.user_named("patel@sandbox.example") or {})["Id"]
    assert members(world, "Sales") - members(before, "Sales") == {patel}
    assert len(members(world, "Inbound_Leads") - members(before, "Inbound_Leads")) == 1
    leave_group(leave_group(world, NOW, "patel", "Sales"), NOW, "Overseas", "Inbound_Leads")
    assert world.tables["GroupMember"] == before.tables["GroupMember"]


def members(world: World, group: str) -> set[object]:
    group_id = next(key for key, each in world.tables["Group"].items() if each["DeveloperName"] == group)
    return {row["UserOrGroupId"] for row in world.tables["GroupMember"].values() if row["GroupId"] == group_id}


def test_a_converted_lead_names_what_it_became(world: World, lead_id: str) -> None:
    after = convert(world, NOW, "suzuki", lead_id)
    lead = after.tables["Lead"][lead_id]
    contact = after.tables["Contact"][str(lead["ConvertedContactId"])]
    deal = after.tables["Opportunity"][str(lead["ConvertedOpportunityId"])]
    role = next(row for row in after.tables["OpportunityContactRole"].values() if row["ContactId"] == contact["Id"])
    assert (contact["LastName"], contact["AccountId"]) == (lead["LastName"], lead["ConvertedAccountId"])
    assert (role["OpportunityId"], deal["AccountId"]) == (deal["Id"], lead["ConvertedAccountId"])


def test_what_happened_to_a_converted_lead_goes_on_with_its_contact(world: World) -> None:
    task = next(row for row in world.tables["Task"].values() if world.tables["Lead"].get(str(row["WhoId"])))
    after = convert(world, NOW, "suzuki", str(task["WhoId"]))
    contact = after.tables["Lead"][str(task["WhoId"])]["ConvertedContactId"]
    assert after.tables["Task"][str(task["Id"])]["WhoId"] == contact


def test_two_leads_of_one_company_become_contacts_of_one_account(world: World) -> None:
    leads = [key for key, lead in world.tables["Lead"].items() if not (lead["IsDeleted"] or lead["IsConverted"])][:2]
    same = edit(world, NOW, "suzuki", leads[1], {"Company": world.tables["Lead"][leads[0]]["Company"], "Phone": "03-1"})
    after = convert(convert(same, NOW, "suzuki", leads[0]), NOW, "suzuki", leads[1])
    assert len({after.tables["Lead"][lead]["ConvertedAccountId"] for lead in leads}) == 1
