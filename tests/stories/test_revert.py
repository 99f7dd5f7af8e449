"""Taking a run back: by a plan of its own, through the same review and guards, and nobody's later edit is lost."""

from dataclasses import replace
from pathlib import Path

import pytest

from config.field_map.load import map_from_text
from config.words.catalogue import Language, Words
from engine.changes.change import Reach
from engine.changes.plan import Notice
from engine.changes.states import State
from engine.errors import BudgetError, MapError, UsageError
from engine.messages import Message
from sync.apply.apply import outbox_of
from sync.apply.outbox import Sending
from sync.cycle import settle
from sync.plan.revert import Reversal, revert
from sync.reports.page import html
from sync.run import begin
from sync.sandbox.worlds import Switches
from sync.store import api_ledger as ledger
from sync.store import batches, reversals
from sync.store.vocabulary import LeaseName, RunVerb, WriteMode
from sync.views.plan_report import report_of
from tests.stage import RULEBOOK, Stage, staged, waiting


def taken_back(stage: Stage, run_id: str) -> Reversal:
    """A run of revert, two minutes later; its plan is the last one."""
    stage.advance(120)
    with begin(stage.worker, RunVerb.REVERT) as run:
        stage.run_id = run.run_id
        return revert(run, run_id)


def shown(stage: Stage, lead: str) -> tuple[object, ...]:
    return (stage.owner(lead), *(stage.lead(lead).get(name) for name in ("Persona__c", "Grade__c", "Score__c")))


@pytest.mark.long
def test_what_a_run_applied_is_put_back_once_it_is_approved(stage: Stage) -> None:
    lead = stage.add_lead(owner="Inbound_Leads", Title="課長")
    before = shown(stage, lead)
    stage.cycle()
    assert shown(stage, lead) != before
    assert taken_back(stage, stage.run_id).planned == 1
    assert stage.apply().touched == 0
    stage.approve()
    stage.apply()
    assert (shown(stage, lead), stage.standing_of(lead)) == (before, State.APPLIED)


@pytest.mark.long
def test_what_was_taken_back_stays_quiet_until_it_means_something_else(stage: Stage) -> None:
    lead = stage.add_lead(owner="Inbound_Leads", Title="課長")
    stage.cycle()
    taken_back(stage, stage.run_id)
    stage.approve()
    stage.apply()
    stage.plan()
    assert stage.states() == {}
    stage.edit("takahashi", lead, Title="部長")
    stage.plan()
    assert stage.states() == {State.PLANNED: 1}


def test_tags_firings_and_turns_are_taken_back_too(stage: Stage) -> None:
    lead, other = stage.add_lead(owner="Inbound_Leads", Title="課長"), stage.add_lead(owner="Inbound_Leads")
    stage.cycle()
    first = stage.memory()
    stage.edit("takahashi", other, OwnerId=stage.owner_id("Inbound_Leads"))
    assert (first.tags[lead], first.firings[lead]) == (frozenset({("greeted", "greet")}), frozenset({"greet"}))
    taken_back(stage, stage.run_id)
    stage.approve()
    stage.apply()
    now = stage.memory()
    assert (now.tags.get(lead), now.firings.get(lead)) == (None, None)
    kept = {member: turn for member, turn in first.turns["kanto"].items() if member != first.applied[lead]["owner"]}
    assert dict(now.turns["kanto"]) == kept


@pytest.mark.long
def test_a_record_that_was_edited_since_is_named_and_left_alone(stage: Stage) -> None:
    lead, edited = (stage.add_lead(Title="課長") for _ in range(2))
    stage.cycle()
    stage.edit("suzuki", edited, Persona__c="champion")
    found = taken_back(stage, stage.run_id)
    assert (found.planned, found.left) == (1, 1)
    assert [notice.record_id for notice in stage.header().notices] == [edited]
    page = html(report_of(stage.worker, stage.header()), Words(Language.JAPANESE))
    assert all(told in page for told in ("取り消さないレコード", "取り消し不可：反映後に編集されています"))
    stage.approve()
    stage.apply()
    assert (stage.lead(edited)["Persona__c"], stage.lead(lead).get("Persona__c")) == ("champion", None)


def test_a_record_edited_between_the_revert_and_its_apply_is_a_conflict(stage: Stage) -> None:
    lead = stage.add_lead(Title="課長")
    stage.cycle()
    taken_back(stage, stage.run_id)
    stage.approve()
    stage.edit("suzuki", lead, Persona__c="champion")
    stage.apply()
    assert (stage.standing_of(lead), stage.lead(lead)["Persona__c"]) == (State.CONFLICT, "champion")


def test_an_edit_that_does_not_matter_does_not_stop_a_revert(stage: Stage) -> None:
    lead = stage.add_lead(Title="課長")
    stage.cycle()
    taken_back(stage, stage.run_id)
    stage.approve()
    stage.touch(lead, pi__score__c=55.0)
    stage.apply()
    assert (stage.standing_of(lead), stage.note_of(lead)) == (State.APPLIED, "note.rebased")


def test_a_lead_is_not_given_back_to_an_owner_who_has_left(stage: Stage) -> None:
    lead = stage.add_lead(owner="ito", Title="課長")
    stage.cycle()
    stage.leave("ito")
    stage.cycle()
    moved = stage.run_id
    assert stage.owner(lead) != "ito"
    found = taken_back(stage, moved)
    assert (found.planned, found.why) == (0, ((Message.of("revert.inactive"), 1),))
    assert stage.header().notices == (Notice(lead, Message.of("revert.inactive")),)


def test_a_plan_made_meanwhile_leaves_a_revert_that_waits_alone(stage: Stage) -> None:
    lead = stage.add_lead(Title="課長")
    stage.cycle()
    taken_back(stage, stage.run_id)
    waits = stage.run_id
    stage.plan()
    assert (stage.states(), stage.states(waits)) == ({}, {State.PLANNED: 1})
    assert stage.standing_of(lead) is State.PLANNED


def test_a_revert_replaces_what_still_waits_for_the_same_record(stage: Stage) -> None:
    lead = stage.add_lead(Title="課長")
    stage.cycle()
    first = stage.run_id
    stage.edit("takahashi", lead, OwnerId=stage.owner_id("Inbound_Leads"))
    stage.plan()
    waits = stage.run_id
    assert stage.states(waits) == {State.PLANNED: 1}
    taken_back(stage, first)
    assert (stage.states(waits), stage.states()) == ({State.SUPERSEDED: 1}, {State.PLANNED: 1})


def test_a_run_of_apply_is_taken_back_by_its_own_id(stage: Stage) -> None:
    leads = waiting(stage)
    stage.advance(120)
    with begin(stage.worker, RunVerb.APPLY) as run:
        settle(run)
    assert taken_back(stage, run.run_id[-8:]).planned == len(leads)


@pytest.mark.parametrize(("given", "code"), [("20990101T000000Z-9999", "PL-431"), ("01", "PL-431")])
def test_a_run_that_is_not_there_is_said(stage: Stage, given: str, code: str) -> None:
    stage.plan()
    with pytest.raises(UsageError, match=code):
        taken_back(stage, given)


def test_a_run_that_applied_nothing_is_said(stage: Stage) -> None:
    stage.plan()
    with pytest.raises(UsageError, match="PL-432"):
        taken_back(stage, stage.run_id)


def test_after_a_revert_the_record_is_as_if_nothing_had_happened(stage: Stage) -> None:
    """Apply and take back: what was not touched meanwhile is what it was, but for who was last at it and when."""
    leads = [stage.add_lead(owner=owner, Title=title) for owner, title in
             [("Inbound_Leads", "課長"), ("suzuki", "部長"), ("suzuki", None), ("Inbound_Leads", "係長")]]  # fmt: skip
    ours = {"LastModifiedDate", "LastModifiedById", "SystemModstamp", "Leadsync_Run__c", "Assigned_At__c",
            "Previous_Owner__c", "Owner_Reason__c"}  # fmt: skip

    def told() -> list[dict[str, object]]:
        return [{name: value for name, value in stage.lead(lead).items() if name not in ours} for lead in leads]

    before = told()
    stage.cycle()
    taken_back(stage, stage.run_id)
    stage.approve()
    stage.apply()
    assert told() == before


def moved_twice(stage: Stage) -> tuple[str, str]:
    """A lead that one run of apply wrote twice, as a plan was made and approved while it was at work; and the run's id."""
    lead = stage.add_lead(owner="Inbound_Leads", Title="課長")
    stage.plan()
    stage.approve()
    stage.advance(120)
    with begin(stage.worker, RunVerb.APPLY) as run, stage.worker.hold(LeaseName.WRITE) as lease:
        sending = outbox_of(run, lease).settled()
        carry(stage, sending, Reach.OWNER)
        stage.edit("suzuki", lead, Title="部長")
        stage.plan()
        stage.approve()
        carry(stage, sending, Reach.FIELDS)
    assert len(stage.our_writes(lead)) == 2
    return lead, run.run_id


def carry(stage: Stage, sending: Sending, reach: Reach) -> None:
    with stage.worker.store.read() as tx:
        approved = batches.approved(tx, "Lead", reach, after="", most=10)
    sending.carry(approved, WriteMode.GUARDED)


def test_a_record_that_a_run_wrote_twice_is_as_it_was_before_the_first_time(stage: Stage) -> None:
    lead, run_id = moved_twice(stage)
    assert (shown(stage, lead)[1], len(stage.memory().turns["kanto"])) == ("buyer", 1)
    found = taken_back(stage, run_id)
    assert (found.planned, found.left) == (1, 0)
    stage.approve()
    stage.apply()
    assert (stage.standing_of(lead), shown(stage, lead)) == (State.APPLIED, ("Inbound_Leads", None, None, None))
    assert (stage.memory().turns.get("kanto"), stage.memory().tags.get(lead)) == (None, None)


@pytest.mark.long
@pytest.mark.parametrize("most", [1, 2, 100])
def test_all_that_a_run_wrote_to_a_record_comes_together_however_large_a_page_is(stage: Stage, most: int) -> None:
    others = [stage.add_lead(Title="課長", LastName=name) for name in ("佐藤", "鈴木", "高橋")]
    stage.plan()
    lead, run_id = moved_twice(stage)
    pages = list(reversals.applied_by(stage.worker.store, run_id, most=most))
    met = [(record_id, len(applied)) for page in pages for record_id, applied in page.items()]
    sent = {write.record_id for write in stage.our_writes()}
    assert sent == {*others, lead}
    assert sorted(met) == sorted([(lead, 2), *((other, 1) for other in others)])


def test_records_of_an_object_that_is_not_in_the_map_any_more_are_told(tmp_path: Path) -> None:
    lead_map = "prospects:\n  Lead:\n    fields: {title: Title, employees: NumberOfEmployees, prefecture: State, rating: Rating}\n"
    both = f"{lead_map}  Contact:\n    fields: {{title: Title, prefecture: MailingState}}\n"
    rulebook = {**RULEBOOK, "scoring.yaml": "points: {}\n"}
    with staged(tmp_path / "folder", rulebook=rulebook, field_map=both) as stage:
        lead = stage.add_lead(Title="課長")
        contact = stage.add("Contact", LastName="佐々木", Title="課長", OwnerId=stage.owner_id("suzuki"))
        stage.cycle()
        assert {stage.standing_of(lead), stage.standing_of(contact)} == {State.APPLIED}
        narrowed = replace(stage, worker=replace(stage.worker, read_map=lambda: map_from_text(lead_map)))
        found = taken_back(narrowed, stage.run_id)
        assert (found.planned, found.left) == (1, 1)
        assert narrowed.header().notices == (Notice(contact, Message.of("revert.object")),)


def test_a_revert_that_the_org_does_not_fit_any_more_is_not_planned(stage: Stage) -> None:
    stage.add_lead(Title="課長")
    stage.cycle()
    stage.switch(Switches(hidden=frozenset({"Lead.Persona__c"})))
    stage.advance(25 * 3600)
    with pytest.raises(MapError, match="Persona__c"):
        taken_back(stage, stage.run_id)


def test_a_revert_that_the_day_s_calls_do_not_pay_for_is_not_begun(stage: Stage) -> None:
    stage.add_lead(Title="課長")
    stage.cycle()
    with stage.worker.store.transaction() as tx:
        ledger.tell(tx, used=78, limit=100, at=stage.worker.clock.now())
    with pytest.raises(BudgetError, match="PL-433"):
        taken_back(stage, stage.run_id)
