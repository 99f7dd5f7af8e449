"""Writing by Bulk jobs (rows W of the fault table): every row gets its verdict, whatever becomes of the job."""

from dataclasses import replace
from pathlib import Path

import pytest

from engine.changes.change import Reach
from engine.changes.states import State
from engine.errors import TransientError
from engine.messages import Message
from sync.apply.writers.batches import PayloadGroup
from sync.salesforce.writes import WriteResult
from sync.sandbox.faults import Fault, FaultKind
from sync.sandbox.worlds import Job, JobState, Switches, ValidationRule
from sync.store import batches
from sync.store.jobs import expected, uploads
from sync.store.vocabulary import WriteMode
from tests.stage import RULEBOOK, Stage, staged, without_phone
from tests.sync.apply.test_outbox import Watched, watched_by, writing

INGEST = "jobs/ingest"


@pytest.fixture
def jobs(stage: Stage) -> Stage:
    return in_jobs(stage)


def in_jobs(stage: Stage) -> Stage:
    """The same folder, with everything but owner changes written by job."""
    settings = stage.worker.settings.model_copy(update={"guarded_records_max": 0, "collections_records_max": 0})
    return replace(stage, worker=replace(stage.worker, settings=settings))


def planned(stage: Stage, count: int = 4) -> list[str]:
    """Leads whose fields are approved to change."""
    leads = [stage.add_lead(Title="課長", Phone="03-5550-0100", LastName=f"佐藤{number}") for number in range(count)]
    stage.plan()
    return leads


def standings(stage: Stage, leads: list[str]) -> list[State]:
    return [stage.standing_of(lead) for lead in leads]


def forbid(stage: Stage, lead: str) -> None:
    """No write to this lead is accepted any more."""
    stage.server.act(lambda world, _: without_phone(world, lead))


def ingests(stage: Stage) -> list[Job]:
    return [job for job in stage.server.world.jobs.values() if job.kind == "ingest"]


def written_once(stage: Stage, leads: list[str]) -> bool:
    return [len(stage.our_writes(lead)) for lead in leads] == [1] * len(leads)


def test_many_changes_go_in_one_job(jobs: Stage) -> None:
    leads = planned(jobs)
    jobs.apply()
    assert standings(jobs, leads) == [State.APPLIED] * 4
    assert [(job.operation, job.state) for job in ingests(jobs)] == [("update", JobState.COMPLETE)]
    assert written_once(jobs, leads)


def test_w5_w6_each_row_has_its_own_verdict_though_results_come_in_another_order(jobs: Stage) -> None:
    leads = planned(jobs, 12)
    for lead in leads[::3]:
        jobs.edit("takahashi", lead, Rating="Hot")
        forbid(jobs, lead)
    jobs.apply()
    assert standings(jobs, leads) == [State.REFUSED, State.APPLIED, State.APPLIED] * 4
    assert {jobs.note_of(lead) for lead in leads[::3]} == {"note.refused"}


def test_w7_null_by_job_empties_a_field_and_leaves_the_others_alone(jobs: Stage) -> None:
    lead, other = jobs.add_lead(NumberOfEmployees=2000, Title="課長"), jobs.add_lead(Title="課長", Rating="Cold")
    jobs.plan()
    jobs.apply()
    assert jobs.lead(lead)["Rating"] == "Warm"
    jobs.edit("suzuki", lead, NumberOfEmployees=10)
    jobs.plan()
    jobs.apply()
    assert jobs.lead(lead).get("Rating") is None
    assert jobs.lead(other)["Rating"] == "Cold"


def test_w6_a_field_that_is_hidden_while_the_job_is_made_is_told_for_every_row(jobs: Stage) -> None:
    leads = planned(jobs)
    with writing(jobs) as (outbox, approved):
        hide = Switches(hidden=frozenset({"Lead.Persona__c"}))
        watched = Watched(outbox.bulk, size=100, most=100, prepared=lambda: jobs.switch(hide))
        watched_by(outbox, WriteMode.BULK, watched).carry(approved, WriteMode.BULK)
    assert standings(jobs, leads) == [State.BLOCKED] * 4
    assert ({jobs.note_of(lead) for lead in leads}, jobs.our_writes()) == ({"note.no_access"}, [])


def test_w6_a_column_that_is_no_field_fails_the_job_and_no_row_counts_as_written(jobs: Stage) -> None:
    lead = jobs.add_lead()
    with writing(jobs) as (outbox, _):
        job = outbox.bulk.prepare("Lead")
        (answer,) = outbox.bulk.send([PayloadGroup("Lead", lead, {"Nope__c": "x"}, jobs.worker.clock.now())], job) or []
    assert (answer.result, [job.state for job in ingests(jobs)]) == (WriteResult.LEFT, [JobState.FAILED])
    assert jobs.our_writes() == []


def test_w7_the_text_that_would_empty_a_field_is_refused_and_the_field_named(tmp_path: Path) -> None:
    rules = "- {name: odd, when: {title: {is not empty: yes}}, then: [{set: {field: mobile_phone, value: '#N/A'}}]}\n"
    with staged(tmp_path / "folder", rulebook={**RULEBOOK, "automation/rules.yaml": rules}) as stage:
        stage.plan()
        lead = stage.add_lead(Title="課長", MobilePhone="090-1111-2222")
        stage.plan()
        stage.approve()
        in_jobs(stage).apply()
        why = Message.of("note.refused", code="NOT_AVAILABLE_TEXT", fields="MobilePhone")
        assert (stage.standing_of(lead), stage.note(lead)) == (State.REFUSED, why)
        assert (stage.lead(lead)["MobilePhone"], stage.our_writes(lead)) == ("090-1111-2222", [])


def test_w8_no_assignment_rule_fires_for_a_job(jobs: Stage) -> None:
    leads = planned(jobs)
    jobs.apply()
    assert {jobs.owner(lead) for lead in leads} == {"suzuki"}


def test_w16_what_moved_since_it_was_planned_is_judged_again_before_the_job(jobs: Stage) -> None:
    leads = planned(jobs, 4)
    jobs.edit("suzuki", leads[0], Title="総務課長")
    jobs.edit("suzuki", leads[1], Title="部長")
    jobs.remove(leads[2])
    jobs.apply()
    assert standings(jobs, leads) == [State.APPLIED, State.CONFLICT, State.GONE, State.APPLIED]
    assert [jobs.note_of(lead) for lead in (leads[0], leads[3])] == ["note.rebased", None]


@pytest.mark.long
def test_w2_a_row_that_was_locked_in_a_job_is_tried_again_guarded(jobs: Stage) -> None:
    leads = planned(jobs)
    jobs.break_with(Fault(FaultKind.LOCKED, record_id=leads[1]))
    jobs.apply()
    assert standings(jobs, leads) == [State.APPLIED] * 4
    assert ["if-unmodified-since" in write.headers for lead in leads[:2] for write in jobs.our_writes(lead)] == [
        False,
        True,
    ]
    assert written_once(jobs, leads)


@pytest.mark.long
def test_w23_a_page_of_the_edge_instead_of_a_state_does_not_end_the_job(jobs: Stage) -> None:
    leads = planned(jobs)
    jobs.break_with(Fault(FaultKind.MAINTENANCE, path=INGEST, method="GET", times=2))
    jobs.apply()
    assert standings(jobs, leads) == [State.APPLIED] * 4
    assert [job.state for job in ingests(jobs)] == [JobState.COMPLETE]


@pytest.mark.long
@pytest.mark.parametrize("kind", [FaultKind.JOB_ABORTED, FaultKind.JOB_FAILED])
def test_w23_what_a_job_had_not_done_when_the_server_ended_it_is_sent_by_the_next_run(
    jobs: Stage, kind: FaultKind
) -> None:
    jobs.switch(Switches(bulk_batch_rows=3))
    leads = planned(jobs, 7)
    jobs.break_with(Fault(kind, path=INGEST, after=1))
    first = jobs.apply()
    assert first.states == {State.APPROVED: 4, State.APPLIED: 3}
    assert {jobs.note_of(lead) for lead in leads} == {None, "note.left"}
    jobs.apply()
    assert standings(jobs, leads) == [State.APPLIED] * 7
    assert written_once(jobs, leads)


def test_t10_a_job_that_never_ends_is_left_to_the_next_run_which_stops_it_past_its_time(jobs: Stage) -> None:
    patient = jobs.worker.settings.model_copy(update={"run_deadline_seconds": 60})
    clock = replace(jobs.worker.clock, wait=lambda seconds: jobs.advance(20 * seconds))
    hurried = replace(jobs, worker=replace(jobs.worker, settings=patient, clock=clock))
    jobs.switch(Switches(bulk_batch_rows=3))
    leads = planned(jobs, 5)
    jobs.break_with(Fault(FaultKind.JOB_STUCK, path=INGEST, after=1))
    first = hurried.apply()
    assert (first.states, first.waits is not None) == ({State.SENDING: 5}, True)
    hurried.advance(60)
    hurried.apply()
    assert [job.state for job in ingests(jobs)] == [JobState.ABORTED, JobState.COMPLETE]
    assert standings(jobs, leads) == [State.APPLIED] * 5
    assert written_once(jobs, leads)


@pytest.mark.long
@pytest.mark.parametrize("was_applied", [True, False], ids=["heard", "not heard"])
def test_w1_an_answer_to_closing_a_job_that_is_lost_ends_in_the_same(jobs: Stage, *, was_applied: bool) -> None:
    leads = planned(jobs)
    jobs.break_with(Fault(FaultKind.RESET, path=INGEST, method="PATCH", applied=was_applied))
    jobs.apply()
    assert standings(jobs, leads) == [State.APPLIED] * 4
    assert (len(ingests(jobs)), written_once(jobs, leads)) == (1, True)


def test_w1_rows_that_were_perhaps_uploaded_have_changed_nothing_and_go_in_another_job(jobs: Stage) -> None:
    leads = planned(jobs)
    jobs.break_with(Fault(FaultKind.RESET, path="/batches", applied=True))
    with pytest.raises(TransientError):
        jobs.apply()
    assert standings(jobs, leads) == [State.APPROVED] * 4
    jobs.apply()
    assert [job.state for job in ingests(jobs)] == [JobState.ABORTED, JobState.COMPLETE]
    assert written_once(jobs, leads)


@pytest.mark.long
@pytest.mark.parametrize("was_made", [True, False], ids=["made", "not made"])
def test_w22_a_job_whose_id_was_lost_is_stopped_before_another_is_made(jobs: Stage, *, was_made: bool) -> None:
    leads = planned(jobs)
    jobs.break_with(Fault(FaultKind.RESET, path=INGEST, method="POST", applied=was_made))
    with pytest.raises(TransientError):
        jobs.apply()
    assert [job.state for job in ingests(jobs)] == [JobState.OPEN] * was_made
    jobs.apply()
    assert [job.state for job in ingests(jobs)] == [JobState.ABORTED] * was_made + [JobState.COMPLETE]
    assert written_once(jobs, leads)


@pytest.mark.long
def test_a_job_of_another_tool_of_the_same_user_is_left_alone(jobs: Stage) -> None:
    planned(jobs)
    jobs.apply()
    theirs = replace(ingests(jobs)[0], id="7505j000000099ZAAA", state=JobState.OPEN, closed_at=None, header=None)
    jobs.server.act(lambda world, _: replace(world, jobs={**world.jobs, theirs.id: theirs}))
    jobs.edit("suzuki", jobs.add_lead(Title="課長"), Title="部長")
    jobs.plan()
    jobs.apply()
    assert jobs.server.world.jobs[theirs.id].state is JobState.OPEN


@pytest.mark.parametrize("name", ["successfulResults", "failedResults"])
def test_w5_rows_that_a_result_file_lacks_are_read_back(jobs: Stage, name: str) -> None:
    leads = planned(jobs, 6)
    jobs.break_with(Fault(FaultKind.TRUNCATED, path=name, after=150))
    jobs.apply()
    assert standings(jobs, leads) == [State.APPLIED] * 6
    assert written_once(jobs, leads)


def test_nothing_is_left_to_do_about_a_job_that_has_ended(jobs: Stage) -> None:
    planned(jobs)
    jobs.apply()
    with jobs.worker.store.read() as tx:
        assert (uploads(tx), expected(tx), batches.waiting(tx)) == ((), None, {})


def test_owner_changes_are_guarded_even_among_jobs(jobs: Stage) -> None:
    fields = jobs.add_lead(Title="課長")
    owner = jobs.add_lead(owner="Inbound_Leads", Title="課長")
    jobs.plan()
    with jobs.worker.store.read() as tx:
        assert batches.waiting(tx) == {("Lead", Reach.FIELDS): 1}
    jobs.approve()
    jobs.apply()
    guarded = {lead: "if-unmodified-since" in jobs.our_writes(lead)[0].headers for lead in (fields, owner)}
    assert guarded == {fields: False, owner: True}


def test_w21_a_job_over_a_rule_that_forbids_all_of_it_refuses_each_row_by_name(jobs: Stage) -> None:
    leads = planned(jobs)
    rule = ValidationRule("Lead", "Grade__c != null", "格付けは変更できません：規則 7", "Grade__c")
    jobs.server.act(lambda world, _: replace(world, validation_rules=(*world.validation_rules, rule)))
    jobs.apply()
    assert standings(jobs, leads) == [State.REFUSED] * 4
    with jobs.worker.store.read() as tx:
        assert batches.states_of(tx, [jobs.change_of(lead).change_id for lead in leads]) == {State.REFUSED: 4}
