"""What can go wrong while writing (rows W and T of the fault table): nothing is overwritten, lost, or sent twice."""

from dataclasses import replace

import pytest
from sqlalchemy import select, update

from engine.errors import LoginError, TransientError
from engine.states import State
from sync.readback import verify
from sync.run import begin
from sync.salesforce.session import NO_ASSIGNMENT
from sync.sandbox.faults import Fault, FaultKind
from sync.sandbox.worlds import Switches
from sync.store.tables import changes
from tests.stage import Stage, ids, without_phone


def waiting(stage: Stage, count: int = 3) -> list[str]:
    """Leads with an approved plan: fields and a new owner each."""
    leads = [stage.add_lead(owner="Inbound_Leads", Title="課長") for _ in range(count)]
    stage.plan()
    stage.approve()
    return leads


def in_blocks(stage: Stage) -> Stage:
    """The same folder, with nothing guarded but owner changes: everything else goes in Collections."""
    settings = stage.worker.settings.model_copy(update={"guarded_records_max": 0})
    return replace(stage, worker=replace(stage.worker, settings=settings))


def test_w1_an_answer_that_is_lost_after_the_org_took_the_write_is_settled_by_reading_back(stage: Stage) -> None:
    leads = waiting(stage)
    stage.break_with(Fault(FaultKind.RESET, path="/composite", applied=True))
    stage.apply()
    assert [stage.standing_of(lead) for lead in leads] == [State.APPLIED] * 3
    assert [len(stage.our_writes(lead)) for lead in leads] == [1, 1, 1]


def test_w1_a_write_that_never_arrived_is_sent_again(stage: Stage) -> None:
    leads = waiting(stage)
    stage.break_with(Fault(FaultKind.RESET, path="/composite", applied=False))
    stage.apply()
    stage.apply()
    assert [stage.standing_of(lead) for lead in leads] == [State.APPLIED] * 3
    assert [len(stage.our_writes(lead)) for lead in leads] == [1, 1, 1]


def test_w2_a_locked_row_is_tried_again_and_the_others_are_not_disturbed(stage: Stage) -> None:
    leads = waiting(stage)
    stage.break_with(Fault(FaultKind.LOCKED, record_id=leads[1]))
    stage.apply()
    assert [stage.standing_of(lead) for lead in leads] == [State.APPLIED] * 3
    assert [len(stage.our_writes(lead)) for lead in leads] == [1, 1, 1]


def test_w3_one_refused_row_leaves_the_others_applied(stage: Stage) -> None:
    leads = waiting(stage)
    stage.edit("takahashi", leads[0], Phone="03-5550-0100")
    stage.edit("takahashi", leads[0], Rating="Hot")
    stage.server.act(lambda world, _: without_phone(world, leads[0]))
    stage.apply()
    assert [stage.standing_of(lead) for lead in leads] == [State.REFUSED, State.APPLIED, State.APPLIED]
    assert stage.note_of(leads[0]) == "note.refused"


def test_w3_the_same_in_blocks(stage: Stage) -> None:
    leads = [stage.add_lead(Title="課長", Phone="03-5550-0100", Rating="Hot") for _ in range(3)]
    stage.server.act(lambda world, _: without_phone(world, leads[0]))
    stage.plan()
    in_blocks(stage).apply()
    assert [stage.standing_of(lead) for lead in leads] == [State.REFUSED, State.APPLIED, State.APPLIED]


@pytest.mark.parametrize("outer_headers_count", [True, False])
def test_w8_assignment_rules_never_fire_by_our_hand(stage: Stage, *, outer_headers_count: bool) -> None:
    stage.switch(Switches(outer_headers_count=outer_headers_count))
    leads = waiting(stage)
    stage.add_lead(Title="課長")
    stage.break_with(Fault(FaultKind.EXPIRED, path="/composite"))
    stage.apply()
    in_blocks(stage).cycle()
    headers = {write.headers.get("sforce-auto-assign") for write in stage.our_writes()}
    assert headers == {NO_ASSIGNMENT["Sforce-Auto-Assign"]}
    assert {stage.owner(lead) for lead in leads} == {"suzuki", "tanaka", "ito"}


def test_t2_the_guard_is_on_the_attempt_after_a_401_too(stage: Stage) -> None:
    waiting(stage)
    stage.break_with(Fault(FaultKind.EXPIRED, path="/composite"))
    stage.apply()
    assert all("if-unmodified-since" in write.headers for write in stage.our_writes())


def test_t3_an_endless_401_ends_the_run_and_sends_nothing(stage: Stage) -> None:
    leads = waiting(stage)
    stage.break_with(Fault(FaultKind.EXPIRED, path="/composite", times=50))
    with pytest.raises(LoginError, match="LG-106"):
        stage.apply()
    assert [stage.standing_of(lead) for lead in leads] == [State.APPROVED] * 3


def test_t5_a_spent_api_limit_parks_the_run_with_everything_still_approved(stage: Stage) -> None:
    leads = waiting(stage)
    stage.break_with(Fault(FaultKind.LIMIT, path="/composite"))
    with pytest.raises(TransientError, match="SF-110"):
        stage.apply()
    assert [stage.standing_of(lead) for lead in leads] == [State.APPROVED] * 3
    assert stage.our_writes() == []
    stage.apply()
    assert [stage.standing_of(lead) for lead in leads] == [State.APPLIED] * 3


def test_w9_a_lead_that_was_converted_meanwhile_is_blocked(stage: Stage) -> None:
    lead, *_ = waiting(stage)
    stage.convert(lead)
    stage.apply()
    assert (stage.standing_of(lead), stage.our_writes(lead)) == (State.BLOCKED, [])


def test_w9_nothing_is_sent_once_a_pull_has_shown_the_conversion(stage: Stage) -> None:
    lead, *_ = waiting(stage)
    stage.convert(lead)
    stage.plan()
    assert stage.standing_of(lead) is State.SUPERSEDED


def test_w10_a_lead_that_was_deleted_meanwhile_is_gone(stage: Stage) -> None:
    lead, *_ = waiting(stage)
    stage.remove(lead)
    stage.apply()
    assert (stage.standing_of(lead), stage.our_writes(lead)) == (State.GONE, [])


def test_w11_nobody_who_has_left_receives_a_lead(stage: Stage) -> None:
    leads = waiting(stage)
    stage.leave("tanaka")
    stage.apply()
    assert [stage.standing_of(lead) for lead in leads] == [State.APPLIED, State.BLOCKED, State.APPLIED]
    assert stage.note_of(leads[1]) == "note.inactive_owner"


def test_w11_the_next_plan_finds_somebody_else(stage: Stage) -> None:
    leads = waiting(stage)
    stage.leave("tanaka")
    stage.apply()
    stage.cycle()
    assert stage.owner(leads[1]) in {"suzuki", "ito"}


def test_w16_a_lead_that_a_rep_took_between_plan_and_apply_stays_with_the_rep(stage: Stage) -> None:
    lead, *_ = waiting(stage)
    stage.edit("smith", lead, OwnerId=stage.owner_id("smith"))
    stage.apply()
    assert (stage.standing_of(lead), stage.owner(lead), stage.our_writes(lead)) == (State.CONFLICT, "smith", [])


def test_w16_a_rep_who_takes_it_in_the_same_second_as_the_send_keeps_it(stage: Stage) -> None:
    lead, *_ = waiting(stage)
    stage.server.advance(120)
    stage.edit("smith", lead, OwnerId=stage.owner_id("smith"))
    stage.apply()
    assert stage.owner(lead) == "smith"


def test_w16_a_changed_title_that_changes_the_verdict_is_a_conflict(stage: Stage) -> None:
    lead, *_ = waiting(stage)
    stage.edit("suzuki", lead, Title="部長")
    stage.apply()
    assert (stage.standing_of(lead), stage.our_writes(lead)) == (State.CONFLICT, [])


def test_w16_a_changed_title_that_changes_nothing_is_applied_rebased(stage: Stage) -> None:
    lead, *_ = waiting(stage)
    stage.edit("suzuki", lead, Title="総務課長")
    stage.apply()
    assert (stage.standing_of(lead), stage.note_of(lead)) == (State.APPLIED, "note.rebased")


def test_w16_the_same_in_blocks(stage: Stage) -> None:
    kept, moved = stage.add_lead(Title="課長"), stage.add_lead(Title="課長")
    stage.plan()
    stage.edit("suzuki", kept, Title="総務課長")
    stage.edit("suzuki", moved, Title="部長")
    in_blocks(stage).apply()
    assert [stage.standing_of(each) for each in (kept, moved)] == [State.APPLIED, State.CONFLICT]


def test_a_connector_that_touches_a_score_spoils_nothing(stage: Stage) -> None:
    lead, *_ = waiting(stage)
    stage.touch(lead, pi__score__c=55.0)
    stage.apply()
    assert (stage.standing_of(lead), stage.note_of(lead)) == (State.APPLIED, "note.rebased")


def test_a_lead_that_somebody_gave_to_the_very_one_is_unchanged(stage: Stage) -> None:
    lead = stage.add_lead(owner="ito")
    stage.cycle()
    stage.leave("ito")
    stage.plan()
    stage.approve()
    stage.edit("takahashi", lead, OwnerId=stage.owner_id("suzuki"))
    stage.apply()
    assert stage.standing_of(lead) is State.UNCHANGED


def test_w17_our_own_writes_come_back_without_a_plan(stage: Stage) -> None:
    waiting(stage)
    stage.apply()
    assert ids(stage.plan()) == []


def test_a_rule_edited_after_the_plan_does_not_change_what_is_applied(stage: Stage) -> None:
    """Judging again goes by the rulebook the plan was made by."""
    lead, *_ = waiting(stage)
    profile = stage.folder / "rulebook" / "profiles" / "fit.yaml"
    profile.write_text(profile.read_text(encoding="utf-8").replace("worth: 3/3", "worth: 1/3"), encoding="utf-8")
    stage.touch(lead, pi__score__c=55.0)
    stage.apply()
    assert stage.standing_of(lead) is State.APPLIED


def test_a_change_that_was_edited_in_the_store_after_its_approval_is_not_sent(stage: Stage) -> None:
    lead, other, _ = waiting(stage)
    with stage.worker.store.transaction() as tx:
        body = tx.execute(select(changes.c.proposed).where(changes.c.record_id == lead)).scalar_one()
        forged = {**body, "after": {**body["after"], "owner": stage.owner_id("smith")}}
        tx.execute(update(changes).where(changes.c.record_id == lead).values(proposed=forged))
    stage.apply()
    assert (stage.standing_of(lead), stage.our_writes(lead)) == (State.CANCELLED, [])
    assert stage.standing_of(other) is State.APPLIED


def test_w13_an_owner_that_a_flow_changes_back_is_noted(stage: Stage) -> None:
    """The write was taken; what is there at the end of the run is somebody else's."""
    lead = waiting(stage, count=1)[0]
    with begin(stage.worker, "apply") as run:
        done = stage.change_of(lead)
        stage.advance(60)
        verify(run, [done])
    assert stage.note_of(lead) == "note.changed_after"


def test_w2_the_note_about_a_lock_is_gone_once_the_change_is_applied(stage: Stage) -> None:
    lead = waiting(stage, count=1)[0]
    stage.break_with(Fault(FaultKind.LOCKED, record_id=lead, times=3))
    stage.apply()
    locked = stage.note_of(lead)
    stage.apply()
    assert (locked, stage.standing_of(lead), stage.note_of(lead)) == ("note.locked", State.APPLIED, None)


def test_a_blocked_change_counts_as_touched_though_nothing_was_sent(stage: Stage) -> None:
    waiting(stage, count=1)
    stage.leave("suzuki")
    assert stage.apply().states == {State.BLOCKED: 1}
