"""Who gets a lead that needs an owner, in which order, and who keeps the one they have."""

from engine.changes.states import State
from sync.cycle import propose
from sync.run import begin
from sync.store.vocabulary import RunVerb
from tests.stage import Stage, ids


def test_a_lead_in_the_intake_queue_gets_the_next_member(stage: Stage) -> None:
    leads = [stage.add_lead(owner="Inbound_Leads") for _ in range(4)]
    stage.cycle()
    assert [stage.owner(lead) for lead in leads] == ["suzuki", "tanaka", "ito", "suzuki"]


def test_turns_go_on_where_they_stopped(stage: Stage) -> None:
    first = stage.add_lead(owner="Inbound_Leads")
    stage.cycle()
    second = stage.add_lead(owner="Inbound_Leads")
    stage.cycle()
    assert (stage.owner(first), stage.owner(second)) == ("suzuki", "tanaka")


def test_a_rule_names_the_pool(stage: Stage) -> None:
    lead = stage.add_lead(owner="Inbound_Leads", State="大阪府")
    stage.cycle()
    assert stage.owner(lead) == "yamamoto"


def test_a_leavers_leads_get_new_owners(stage: Stage) -> None:
    lead = stage.add_lead(owner="ito")
    stage.cycle()
    stage.leave("ito")
    stage.cycle()
    assert stage.owner(lead) == "suzuki"


def test_the_previous_owner_and_the_reason_are_written(stage: Stage) -> None:
    lead = stage.add_lead(owner="Inbound_Leads")
    stage.cycle()
    record = stage.lead(lead)
    assert record["Previous_Owner__c"] == stage.owner_id("Inbound_Leads")
    assert record["Owner_Reason__c"] == "queue; pool kanto"
    assert str(record["Assigned_At__c"]).startswith("2026-11-20T")


def test_an_active_owner_keeps_the_lead(stage: Stage) -> None:
    lead = stage.add_lead(owner="smith", State="大阪府")
    stage.cycle()
    assert stage.owner(lead) == "smith"


def test_an_owner_change_waits_for_a_person(stage: Stage) -> None:
    stage.add_lead(owner="Inbound_Leads")
    stage.plan()
    assert stage.states() == {State.PLANNED: 1}


def test_a_lead_that_a_person_moved_on_stays_there(stage: Stage) -> None:
    lead = stage.add_lead(owner="Inbound_Leads")
    stage.cycle()
    stage.edit("suzuki", lead, OwnerId=stage.owner_id("smith"))
    stage.cycle()
    assert stage.owner(lead) == "smith"


def test_a_lead_put_back_into_the_intake_queue_goes_to_somebody_else(stage: Stage) -> None:
    lead = stage.add_lead(owner="Inbound_Leads")
    stage.cycle()
    stage.edit("suzuki", lead, OwnerId=stage.owner_id("Inbound_Leads"))
    stage.cycle()
    assert stage.owner(lead) == "tanaka"


def test_nobody_free_leaves_the_lead_where_it_is_and_says_so(stage: Stage) -> None:
    lead = stage.add_lead(owner="Inbound_Leads", State="大阪府")
    stage.leave("yamamoto")
    stage.leave("nakamura")
    proposed = stage.plan()
    assert [(notice.record_id, notice.message.key) for notice in proposed.notices] == [(lead, "notice.nobody_free")]
    assert not any(change.moves_owner for change in proposed.changes)


def test_a_waiting_assignment_keeps_its_turn(stage: Stage) -> None:
    first = stage.add_lead(owner="Inbound_Leads")
    stage.plan()
    stage.add_lead(owner="Inbound_Leads")
    second = stage.plan()
    assert first not in ids(second)
    assert second.changes[0].after["owner"] == stage.owner_id("tanaka")


def test_a_rejected_assignment_gives_its_turn_back(stage: Stage) -> None:
    first = stage.add_lead(owner="Inbound_Leads")
    stage.plan()
    stage.reject(first)
    stage.add_lead(owner="Inbound_Leads")
    assert stage.plan().changes[0].after["owner"] == stage.owner_id("suzuki")


def test_a_rejected_assignment_is_not_proposed_again_though_the_turn_moves_on(stage: Stage) -> None:
    first = stage.add_lead(owner="Inbound_Leads")
    stage.plan()
    stage.reject(first)
    stage.add_lead(owner="Inbound_Leads")
    stage.cycle()
    assert ids(stage.plan()) == []


def test_a_plan_right_after_an_apply_knows_its_own_writes(stage: Stage) -> None:
    """Not even a second later are they taken for somebody's edits, or the leads for leads without an owner."""
    stage.add_lead(owner="Inbound_Leads", Title="課長")
    stage.cycle()
    with begin(stage.worker, RunVerb.PLAN) as run:
        proposed = propose(run)
    assert (proposed.proposed, proposed.counts["respected"]) == (0, 0)


def test_a_lead_whose_rejected_candidate_has_left_is_proposed_to_another(stage: Stage) -> None:
    lead = stage.add_lead(owner="Inbound_Leads")
    stage.plan()
    stage.reject(lead)
    stage.leave("suzuki")
    assert stage.plan().changes[0].after["owner"] == stage.owner_id("tanaka")
