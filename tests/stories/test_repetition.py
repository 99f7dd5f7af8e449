"""The same worker looks at the same org for years: it must neither nag, nor forget, nor fight."""

import pytest

from engine.changes.states import State
from sync.review.decisions import lift
from tests.stage import Stage, ids, without_phone


@pytest.mark.long
def test_twenty_runs_with_nothing_new_propose_nothing_and_spend_no_turn(stage: Stage) -> None:
    """Held, rejected, refused and waiting changes are present all the while."""
    rejected = stage.add_lead(owner="Inbound_Leads", Title="課長")
    stage.plan()
    stage.reject(rejected)
    # The org's validation rule: a hot lead needs a phone; any write to this one is refused.
    refused = stage.add_lead(Title="課長", Phone="03-5550-0100", Rating="Hot")
    stage.server.act(lambda world, _: without_phone(world, refused))
    stage.cycle()
    waiting = stage.add_lead(owner="Inbound_Leads", Title="部長")
    stage.plan()
    for number in range(60):
        stage.add_lead(Title="係長", LastName=f"佐藤{number}")
    stage.plan()
    held_plan = stage.run_id
    turns, writes = stage.memory().turns, len(stage.our_writes())
    assert stage.states(held_plan) == {State.HELD: 60}
    assert [stage.standing_of(each) for each in (rejected, refused, waiting)] == [
        State.REJECTED, State.REFUSED, State.PLANNED,
    ]  # fmt: skip
    proposed: list[str] = []
    for _ in range(20):
        stage.advance(900)
        proposed += ids(stage.plan())
        stage.apply()
    assert proposed == []
    assert stage.memory().turns == turns
    assert len(stage.our_writes()) == writes


def test_a_change_that_waits_is_kept_with_its_approval(stage: Stage) -> None:
    lead = stage.add_lead(owner="Inbound_Leads")
    stage.plan()
    stage.approve(lead)
    again = stage.plan()
    assert (again.counts["kept"], stage.standing_of(lead)) == (1, State.APPROVED)


def test_another_target_supersedes_the_open_change(stage: Stage) -> None:
    lead = stage.add_lead(owner="Inbound_Leads", Title="課長")
    stage.plan()
    first = stage.run_id
    stage.edit("tanaka", lead, Title="部長")
    again = stage.plan()
    assert stage.states(first) == {State.SUPERSEDED: 1}
    assert ids(again) == [lead]


def test_a_connector_edit_that_no_rule_reads_leaves_the_open_change_alone(stage: Stage) -> None:
    lead = stage.add_lead(owner="Inbound_Leads")
    stage.plan()
    stage.approve(lead)
    stage.touch(lead, pi__score__c=77.0)
    stage.plan()
    assert stage.standing_of(lead) is State.APPROVED


def test_a_field_that_a_person_changed_is_theirs(stage: Stage) -> None:
    lead = stage.add_lead(Title="課長")
    stage.cycle()
    stage.edit("suzuki", lead, Persona__c="champion")
    proposed = stage.plan()
    assert (ids(proposed), proposed.counts["respected"]) == ([], 1)


def test_a_rejected_change_is_proposed_again_when_it_means_something_else(stage: Stage) -> None:
    lead = stage.add_lead(owner="Inbound_Leads", Title="課長")
    stage.plan()
    stage.reject(lead)
    stage.edit("suzuki", lead, Title="部長")
    assert ids(stage.plan()) == [lead]


def test_a_plan_over_the_limit_is_held_as_a_whole(stage: Stage) -> None:
    for number in range(51):
        stage.add_lead(Title="係長", LastName=f"佐藤{number}")
    stage.plan()
    assert stage.states() == {State.HELD: 51}


def test_changes_are_the_sum_over_their_states(stage: Stage) -> None:
    leads = [stage.add_lead(owner="Inbound_Leads") for _ in range(3)]
    proposed = stage.plan()
    stage.approve(leads[0])
    stage.reject(leads[1])
    stage.apply()
    assert sum(stage.states().values()) == len(proposed.changes)
    assert stage.states() == {State.APPLIED: 1, State.REJECTED: 1, State.PLANNED: 1}


def test_a_held_change_says_which_limit(stage: Stage) -> None:
    leads = [stage.add_lead(Title="係長", LastName=f"佐藤{number}") for number in range(51)]
    stage.plan()
    assert stage.note_of(leads[0]) == "note.limit"


def test_an_effect_whose_condition_became_unknown_stays_and_is_counted(stage: Stage) -> None:
    lead = stage.add_lead(NumberOfEmployees=2000)
    stage.cycle()
    stage.edit("suzuki", lead, NumberOfEmployees=None)
    proposed = stage.cycle()
    assert (stage.lead(lead)["Rating"], proposed.counts["undecided"]) == ("Warm", 1)


def test_a_memory_only_change_says_why(stage: Stage) -> None:
    lead = stage.add_lead()
    stage.cycle()
    stage.edit("suzuki", lead, Title="課長")
    stage.plan()
    assert "reason.tagged" in {message.key for message in stage.change_of(lead).because}


def test_a_rejection_that_is_lifted_is_proposed_again(stage: Stage) -> None:
    lead = stage.add_lead(owner="Inbound_Leads")
    stage.plan()
    stage.reject(lead)
    assert lift(stage.worker.store, record_ids=[lead], actor="os:reviewer@desk", at=stage.worker.clock.now()) == 1
    assert ids(stage.plan()) == [lead]
