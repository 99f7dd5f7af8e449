"""The generated org: the same from one seed, and as believable as it has to be."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sync.sandbox import people_names
from sync.sandbox.generate import generate
from sync.sandbox.saved_org import SavedWorld
from sync.sandbox.schema import schema
from sync.sandbox.values import accepted
from sync.sandbox.worlds import World
from tests.sandbox_org import contents, queue_named

NOW = datetime(2026, 11, 21, 9, 0, 0, tzinfo=UTC)


def test_one_seed_is_one_org(world: World) -> None:
    assert contents(generate(leads=120, seed=7, now=NOW)) == contents(world)
    assert generate(leads=120, seed=8, now=NOW).org_id != world.org_id


def test_every_value_would_be_accepted_by_the_org(world: World) -> None:
    for name, table in world.tables.items():
        for record in table.values():
            stored = accepted(world, schema()[name], record, creates=True, is_trusted=True)
            assert stored == {key: value.strip() if isinstance(value, str) else value for key, value in record.items()}


def test_the_leaver_still_owns_leads_and_both_queues_hold_some(world: World) -> None:
    owners = Counter(lead["OwnerId"] for lead in world.tables["Lead"].values())
    leaver = world.user_named(people_names.username(people_names.LEAVER)) or {}
    queues = [queue_named(world, name) or {} for name in people_names.QUEUES]
    assert not leaver["IsActive"]
    assert all(owners[holder["Id"]] for holder in (leaver, *queues))


def test_every_rep_has_a_manager_and_a_time_zone(world: World) -> None:
    for stem in (*people_names.REPS_KANTO, *people_names.REPS_KANSAI, *people_names.REPS_ENGLISH):
        rep = world.user_named(people_names.username(stem)) or {}
        assert world.find("User", str(rep["ManagerId"]))
        assert rep["TimeZoneSidKey"]


def test_activities_fill_a_year_and_never_the_future(world: World) -> None:
    stamps = sorted(str(row["CreatedDate"]) for row in world.tables["Web_Activity__c"].values())
    assert "2025-11-21" <= stamps[0] < "2026-02"
    assert stamps[-1] < "2026-11-21T09"


def test_nobody_is_in_a_campaign_twice(world: World) -> None:
    pairs = Counter(
        (row.get("LeadId"), row.get("ContactId"), row["CampaignId"]) for row in world.tables["CampaignMember"].values()
    )
    assert max(pairs.values()) == 1


def test_contacts_belong_to_accounts_and_change_no_lead(world: World) -> None:
    assert len(world.tables["Contact"]) == 24
    assert all(row["AccountId"] in world.tables["Account"] for row in world.tables["Contact"].values())
    assert generate(leads=120, seed=7, now=NOW, contacts=0).tables["Lead"].rows() == world.tables["Lead"].rows()


def test_every_rep_stands_below_a_manager_s_role(world: World) -> None:
    for stem in (*people_names.REPS_KANTO, *people_names.REPS_KANSAI, *people_names.REPS_ENGLISH):
        rep = world.user_named(people_names.username(stem)) or {}
        above = world.tables["UserRole"][str(world.tables["UserRole"][str(rep["UserRoleId"])]["ParentRoleId"])]
        assert world.tables["User"][str(rep["ManagerId"])]["UserRoleId"] == above["Id"]


@pytest.mark.parametrize("mean", [0, 2, 6])
def test_there_are_as_many_activities_as_asked_for(mean: int) -> None:
    world = generate(leads=1500, seed=3, now=NOW, activities_per_lead=mean, contacts=0)
    count = sum(len(world.tables[name]) for name in ("Task", "CampaignMember", "Web_Activity__c"))
    assert 0.75 * mean * 1500 <= count <= 1.25 * mean * 1500


@pytest.mark.long
def test_twenty_thousand_leads_are_made_saved_and_read_again(tmp_path: Path) -> None:
    large = generate(leads=20_000, seed=1, now=NOW, activities_per_lead=2)
    SavedWorld(tmp_path).save(large)
    assert contents(SavedWorld(tmp_path).load()) == contents(large)
