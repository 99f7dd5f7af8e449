"""What doctor finds around a record: permissions of the integration user, and what an update sets off."""

from datetime import datetime

import pytest

from config.words.catalogue import Language, Words
from engine.errors import OrgError
from sync.doctor.examination import examine
from sync.doctor.org_automation import Kind, SetOff, surroundings
from sync.doctor.prerequisites import clock
from sync.sandbox.database import Record
from sync.sandbox.ids import record_id
from sync.sandbox.worlds import Switches, World
from tests.sandbox_org import with_rows
from tests.stage import Stage

ENGLISH = Words(Language.ENGLISH)
SYSTEM = ("ApiEnabled", "ViewAllData", "TransferAnyLead", "UpdateWithInactiveOwner")


PREFIXES = {"PermissionSet": "0PS", "PermissionSetAssignment": "0Pa", "ObjectPermissions": "110",
            "FlowDefinitionView": "3dd", "ApexTrigger": "01q"}  # fmt: skip
HELD = record_id("0PS", 900)


def put(stage: Stage, table: str, *records: Record) -> None:
    """Set the org up; no API makes such records here."""
    numbered = [{"Id": record_id(PREFIXES[table], 900 + n), **record} for n, record in enumerate(records)]

    def with_records(world: World, _: datetime) -> World:
        world.tables[table].put(*numbered)
        return world

    stage.server.act(with_records)


def allow(stage: Stage, *system: str, on_lead: tuple[str, ...] = ("Read", "Edit")) -> None:
    """One permission set for the integration user and nothing else."""
    stage.server.act(lambda world, _: with_rows(world, PermissionSetAssignment=()))
    put(stage, "PermissionSet", {"Name": "worker", **{f"Permissions{name}": True for name in system}})
    put(stage, "PermissionSetAssignment", {"AssigneeId": stage.owner_id("leadsync"), "PermissionSetId": HELD})
    granted = {f"Permissions{name}": True for name in on_lead}
    put(stage, "ObjectPermissions", {"ParentId": HELD, "SobjectType": "Lead", **granted})


def said(stage: Stage, check_id: str) -> list[tuple[bool, str]]:
    return [(check.ok, check.said) for check in examine(stage.worker, ENGLISH) if check.id == check_id]


def test_a_user_with_every_right_passes_in_one_line(stage: Stage) -> None:
    allow(stage, *SYSTEM)

    assert [ok for ok, _ in said(stage, "permissions")] == [True]


@pytest.mark.parametrize(
    ("lacking", "found"),
    [
        ("ViewAllData", "sees only the Lead records shared with it"),
        ("TransferAnyLead", "may not change owners"),
        ("UpdateWithInactiveOwner", "Update Records with Inactive Owners"),
    ],
)
def test_each_missing_right_is_named(stage: Stage, lacking: str, found: str) -> None:
    allow(stage, *(name for name in SYSTEM if name != lacking))

    [(ok, told)] = said(stage, "permissions")
    assert not ok
    assert found in told


def test_modify_all_on_the_object_stands_for_reading_editing_and_transfer(stage: Stage) -> None:
    allow(stage, "UpdateWithInactiveOwner", on_lead=("ModifyAllRecords",))

    assert [ok for ok, _ in said(stage, "permissions")] == [True]


def test_what_an_update_sets_off_is_listed(stage: Stage) -> None:
    put(
        stage,
        "FlowDefinitionView",
        {"ApiName": "f1", "Label": "Lead follow-up", "IsActive": True, "TriggerObjectOrEventId": "Lead",
         "RecordTriggerType": "CreateAndUpdate", "TriggerType": "RecordAfterSave"},
        {"ApiName": "f2", "Label": "On create only", "IsActive": True, "TriggerObjectOrEventId": "Lead",
         "RecordTriggerType": "Create", "TriggerType": "RecordAfterSave"},
        {"ApiName": "f3", "Label": "Off", "IsActive": False, "TriggerObjectOrEventId": "Lead",
         "RecordTriggerType": "Update", "TriggerType": "RecordAfterSave"},
    )  # fmt: skip
    put(
        stage,
        "ApexTrigger",
        {"Name": "LeadTouch", "TableEnumOrId": "Lead", "Status": "Active", "UsageAfterUpdate": True},
    )
    org = stage.worker.new_org()
    org.connect()

    found = surroundings(org, "Lead").found

    assert SetOff(Kind.FLOW, "Lead follow-up", "RecordAfterSave") in found
    assert SetOff(Kind.TRIGGER, "LeadTouch") in found
    assert not {one.name for one in found} & {"On create only", "Off"}


def test_what_may_not_be_listed_is_said_to_be_unseen(stage: Stage) -> None:
    stage.switch(Switches(hidden=frozenset({"FlowDefinitionView.TriggerType"})))
    org = stage.worker.new_org()
    org.connect()

    assert surroundings(org, "Lead").unseen == (Kind.FLOW,)


@pytest.mark.parametrize(("seconds", "is_well"), [(0, True), (59, True), (-61, False), (200, False)])
def test_a_clock_that_is_off_is_told(seconds: int, is_well: bool) -> None:  # noqa: FBT001 - a table's column
    [check] = clock(seconds, ENGLISH)

    assert check.ok is is_well


def test_a_question_the_org_refuses_is_an_error_of_the_org(stage: Stage) -> None:
    org = stage.worker.new_org()
    org.connect()

    with pytest.raises(OrgError):
        org.tooling("SELECT Nothing FROM ValidationRule")
