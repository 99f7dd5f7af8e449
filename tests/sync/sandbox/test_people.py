"""Other people's work: it is logged under their names and not held back by what binds the API user."""

from datetime import UTC, datetime

import pytest

from sync.sandbox.exchange import RefusalError
from sync.sandbox.people import add, edit, merge, touch
from sync.sandbox.worlds import World

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
    assert made["OwnerId"] == (world.queue_named("Inbound_Leads") or {})["Id"]


def test_the_loser_of_a_merge_points_to_the_winner(world: World, lead_id: str) -> None:
    loser = next(key for key, lead in world.tables["Lead"].items() if key != lead_id and not lead["IsDeleted"])
    after = merge(world, NOW, "suzuki", winner_id=lead_id, loser_id=loser)
    lead = after.tables["Lead"][loser]
    assert (lead["IsDeleted"], lead["MasterRecordId"]) == (True, lead_id)
