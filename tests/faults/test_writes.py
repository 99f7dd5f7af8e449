"""What can go wrong while writing (rows W and T of the fault table): nothing is overwritten, lost, or sent twice."""

import pytest
from sqlalchemy import select, update

from engine.changes.change import Change, Reach
from engine.changes.states import State
from engine.errors import LoginError, StoreError, TransientError, UsageError
from engine.messages import Message
from sync.apply.apply import outbox_of
from sync.review.decisions import approve
from sync.run import begin
from sync.salesforce.session import NO_ASSIGNMENT
from sync.sandbox.faults import Fault, FaultKind
from sync.sandbox.worlds import Switches
from sync.store import batches
from sync.store.tables import change_bodies
from sync.store.vocabulary import LeaseName, RunVerb, WriteMode
from sync.views.plan_report import report_of
from tests.stage import Stage, ids, in_blocks, waiting, without_phone


def test_w1_an_answer_that_is_lost_after_the_org_took_the_write_is_settled_by_reading_back(stage: Stage) -> None:
    leads = waiting(stage)
    stage.break_with(Fault(FaultKind.RESET, path="/composite", holds="PATCH", applied=True))
    stage.apply()
    assert [stage.standing_of(lead) for lead in leads] == [State.APPLIED] * 3
    assert [len(stage.our_writes(lead)) for lead in leads] == [1, 1, 1]


def test_w1_a_write_that_never_arrived_is_sent_again(stage: Stage) -> None:
    leads = waiting(stage)
    stage.break_with(Fault(FaultKind.RESET, path="/composite", holds="PATCH", applied=False))
    stage.apply()
    stage.apply()
    assert [stage.standing_of(lead) for lead in leads] == [State.APPLIED] * 3
    assert [len(stage.our_writes(lead)) for lead in leads] == [1, 1, 1]


@pytest.mark.long
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
    stage.break_with(Fault(FaultKind.EXPIRED, path="/composite", holds="PATCH"))
    stage.apply()
    in_blocks(stage).cycle()
    headers = {write.headers.get("sforce-auto-assign") for write in stage.our_writes()}
    assert headers == {NO_ASSIGNMENT["Sforce-Auto-Assign"]}
    assert {stage.owner(lead) for lead in leads} == {"suzuki", "tanaka", "ito"}


def test_t2_the_guard_is_on_the_attempt_after_a_401_too(stage: Stage) -> None:
    waiting(stage)
    stage.break_with(Fault(FaultKind.EXPIRED, path="/composite", holds="PATCH"))
    stage.apply()
    assert all("if-unmodified-since" in write.headers for write in stage.our_writes())


def test_t3_an_endless_401_ends_the_run_and_sends_nothing(stage: Stage) -> None:
    leads = waiting(stage)
    stage.break_with(Fault(FaultKind.EXPIRED, path="/composite", holds="PATCH", times=50))
    with pytest.raises(LoginError, match="LG-106"):
        stage.apply()
    assert [stage.standing_of(lead) for lead in leads] == [State.APPROVED] * 3


def test_t5_a_spent_api_limit_parks_the_run_with_everything_still_approved(stage: Stage) -> None:
    leads = waiting(stage)
    stage.break_with(Fault(FaultKind.LIMIT, path="/composite", holds="PATCH"))
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


def test_w17_our_own_writes_come_back_without_a_plan(stage: Stage) -> None:
    waiting(stage)
    stage.apply()
    assert ids(stage.plan()) == []


def test_a_change_that_was_edited_in_the_store_after_its_approval_is_not_sent(stage: Stage) -> None:
    lead, other, _ = waiting(stage)
    with stage.worker.store.transaction() as tx:
        its_own = change_bodies.c.change_id == stage.change_of(lead).change_id
        body = tx.execute(select(change_bodies.c.proposed).where(its_own)).scalar_one()
        forged = {**body, "after": {**body["after"], "owner": stage.owner_id("smith")}}
        tx.execute(update(change_bodies).where(its_own).values(proposed=forged))
    stage.apply()
    assert (stage.standing_of(lead), stage.our_writes(lead)) == (State.CANCELLED, [])
    assert stage.standing_of(other) is State.APPLIED


def test_w13_an_owner_that_somebody_changes_back_is_noted_with_who_and_when(stage: Stage) -> None:
    """The write was taken; what is there at the end of the run is somebody else's."""
    lead = waiting(stage, count=1)[0]
    stage.apply()
    with begin(stage.worker, RunVerb.APPLY) as run, stage.worker.hold(LeaseName.WRITE) as lease:
        stage.edit("smith", lead, OwnerId=stage.owner_id("smith"))
        outbox_of(run, lease).answers.readback.verify([stage.change_of(lead)])
    assert stage.note(lead) == Message.of("note.changed_by", by=stage.owner_id("smith"), at="2026-11-20 09:06")
    (row,) = [row for row in report_of(stage.worker, stage.header()).rows if row.record_id == lead]
    assert row.note == Message.of("note.changed_by", by="Alice Smith", at="2026-11-20 09:06")


@pytest.mark.long
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


def test_a_write_that_gets_through_late_is_claimed_as_ours(stage: Stage) -> None:
    """No answer, nothing there when it is read back; the org commits it afterwards."""
    lead = waiting(stage, count=1)[0]
    stage.break_with(Fault(FaultKind.RESET, path="/composite", holds="PATCH"))
    stage.apply()
    change = stage.change_of(lead)
    with stage.worker.store.read() as tx:
        sent_by = next(iter(batches.senders_of(tx, [change.change_id])[change.change_id]))
    stage.edit("leadsync", lead, OwnerId=change.after["owner"], Leadsync_Run__c=sent_by, **fields_of(change))
    stage.plan()
    stage.apply()
    assert (stage.standing_of(lead), len(stage.our_writes(lead))) == (State.APPLIED, 1)
    assert stage.memory().turns == {"kanto": {stage.owner_id("suzuki"): 1}}


@pytest.mark.parametrize("kind", [FaultKind.MAINTENANCE, FaultKind.GATEWAY, FaultKind.RESET])
def test_w1_in_blocks_a_page_of_the_edge_does_not_send_anything_twice(stage: Stage, kind: FaultKind) -> None:
    leads = [stage.add_lead(Title="課長") for _ in range(3)]
    stage.plan()
    stage.break_with(Fault(kind, path="/composite", holds="PATCH", applied=True))
    in_blocks(stage).apply()
    assert [len(stage.our_writes(lead)) for lead in leads] == [1, 1, 1]
    assert [stage.standing_of(lead) for lead in leads] == [State.APPLIED] * 3


@pytest.mark.long
def test_a_limit_is_not_passed_in_drips(stage: Stage) -> None:
    leads = [stage.add_lead(Title="係長", NumberOfEmployees=10, LastName=f"佐藤{number}") for number in range(60)]
    stage.plan()
    for lead in leads[:20]:
        stage.edit("suzuki", lead, NumberOfEmployees=11)
    stage.plan()
    assert stage.states() == {State.HELD: 20}


def test_a_412_for_the_whole_call_looks_at_each_record_again(stage: Stage) -> None:
    leads = waiting(stage)
    stage.break_with(Fault(FaultKind.MOVED, path="/composite", holds="PATCH"))
    stage.apply()
    assert [stage.standing_of(lead) for lead in leads] == [State.APPLIED] * 3


def test_a_once_rule_has_fired_though_the_values_were_there_already(stage: Stage) -> None:
    lead = stage.add_lead(Title="課長")
    stage.plan()
    change = stage.change_of(lead)
    stage.edit("suzuki", lead, **fields_of(change))
    stage.apply()
    assert (stage.standing_of(lead), stage.memory().firings) == (State.UNCHANGED, {lead: frozenset({"greet"})})


def test_a_plan_made_while_an_apply_is_under_way_does_not_stop_it(stage: Stage) -> None:
    leads = waiting(stage)
    stage.edit("suzuki", leads[0], Title="部長")
    with begin(stage.worker, RunVerb.APPLY) as run, stage.worker.hold(LeaseName.WRITE) as lease:
        sending = outbox_of(run, lease).settled()
        with stage.worker.store.read() as tx:
            approved = batches.approved(tx, "Lead", Reach.OWNER, after="", most=10)
        stage.plan()
        sending.carry(approved, WriteMode.GUARDED)
    assert [stage.standing_of(lead) for lead in leads] == [State.PLANNED, State.APPLIED, State.APPLIED]


@pytest.mark.parametrize(("given", "code"), [("", "PL-401"), ("1", "PL-408"), ("001", "PL-408")])
def test_a_plan_is_not_named_by_accident(stage: Stage, given: str, code: str) -> None:
    waiting(stage)
    with pytest.raises(UsageError, match=code):
        approve(stage.worker, given, change_ids=None, approver="os:reviewer@desk")


def test_plans_that_an_ending_may_mean_are_named(stage: Stage) -> None:
    stage.plan()
    with pytest.raises(UsageError) as raised:
        approve(stage.worker, stage.run_id[-1], change_ids=None, approver="os:reviewer@desk")
    [problem] = raised.value.problems
    assert (problem.code, problem.params["found"]) == ("PL-408", stage.run_id)


def test_a_damaged_mirror_stops_a_run_before_it_plans_on_wrong_values(stage: Stage) -> None:
    stage.add_lead(Title="課長")
    stage.plan()
    data_file = next((stage.folder / "data" / "mirror" / "Lead").glob("*.parquet"))
    content = bytearray(data_file.read_bytes())
    content[len(content) // 2] ^= 1
    data_file.write_bytes(content)
    with pytest.raises(StoreError, match="SR-110"):
        stage.plan()


def fields_of(change: Change) -> dict[str, str | int | None]:
    """A change's own fields under their names in the org."""
    names = {"persona": "Persona__c", "buyer_role": "Buyer_Role__c", "profile": "Profile__c", "grade": "Grade__c",
             "grade_rank": "Grade_Rank__c", "score": "Score__c"}  # fmt: skip
    return {names[name]: value for name, value in change.after.items() if name in names}  # type: ignore[misc]
