"""What may happen between plan and apply: people edit records, rules and maps, and what matters to them is kept."""

from dataclasses import replace

import pytest
from sqlalchemy import update

from config.field_map.load import map_from_text
from engine.changes.states import State
from engine.errors import MapError
from engine.messages import Message
from sync.sandbox.faults import Fault, FaultKind
from sync.sandbox.worlds import Switches, World
from sync.store import batches
from sync.store.tables import changes
from sync.views.plan_report import report_of
from tests.stage import Stage, ids, in_blocks, waiting


def test_w16_a_lead_that_a_rep_took_between_plan_and_apply_stays_with_the_rep(stage: Stage) -> None:
    lead, *_ = waiting(stage)
    stage.edit("smith", lead, OwnerId=stage.owner_id("smith"))
    stage.apply()
    assert (stage.standing_of(lead), stage.owner(lead), stage.our_writes(lead)) == (State.CONFLICT, "smith", [])


def test_w16_a_conflict_tells_both_values_and_who_was_last_at_the_record_and_when(stage: Stage) -> None:
    lead, *_ = waiting(stage)
    stage.edit("smith", lead, OwnerId=stage.owner_id("smith"))
    stage.apply()
    (row,) = [row for row in report_of(stage.worker, stage.header()).rows if row.record_id == lead]
    assert row.note == Message.of(
        "note.moved_by",
        field="owner",
        planned="新規リード",
        found="Alice Smith",
        by="Alice Smith",
        at="2026-11-20 09:04",
    )


def test_w16_the_same_is_told_of_a_field_that_was_to_be_written(stage: Stage) -> None:
    lead = stage.add_lead(Title="課長")
    stage.plan()
    stage.edit("suzuki", lead, Persona__c="champion")
    in_blocks(stage).apply()
    assert stage.standing_of(lead) is State.CONFLICT
    assert stage.note(lead) == Message.of(
        "note.moved_by",
        field="persona",
        planned=None,
        found="champion",
        by=stage.owner_id("suzuki"),
        at="2026-11-20 09:04",
    )


@pytest.mark.parametrize("what", [{"Title": "部長"}, {"Persona__c": "champion"}], ids=["an input", "what is written"])
def test_w16_an_edit_in_the_same_second_as_the_send_is_kept_whatever_it_is_of(
    stage: Stage, what: dict[str, str]
) -> None:
    lead, *_ = waiting(stage)
    stage.server.advance(120)
    stage.edit("suzuki", lead, **what)
    stage.apply()
    assert (stage.standing_of(lead), stage.our_writes(lead)) == (State.CONFLICT, [])


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


def test_a_rule_edited_after_the_plan_does_not_change_what_is_applied(stage: Stage) -> None:
    """Judging again goes by the rulebook the plan was made by."""
    lead, *_ = waiting(stage)
    profile = stage.folder / "rulebook" / "profiles" / "fit.yaml"
    profile.write_text(profile.read_text(encoding="utf-8").replace("worth: 3/3", "worth: 1/3"), encoding="utf-8")
    stage.touch(lead, pi__score__c=55.0)
    stage.apply()
    assert stage.standing_of(lead) is State.APPLIED


def test_a_map_edited_after_the_plan_does_not_move_a_value_to_another_field(stage: Stage) -> None:
    lead = stage.add_lead(NumberOfEmployees=2000, MobilePhone="090-1111-2222")
    stage.plan()
    remapped = stage.worker.field_map.text.replace("rating: Rating", "rating: {field: MobilePhone, kind: text}")
    assert remapped != stage.worker.field_map.text
    edited = replace(stage, worker=replace(stage.worker, read_map=lambda: map_from_text(remapped)))
    edited.apply()
    assert (stage.lead(lead)["Rating"], stage.lead(lead)["MobilePhone"]) == ("Warm", "090-1111-2222")


def test_a_change_that_today_s_map_would_write_elsewhere_is_proposed_anew(stage: Stage) -> None:
    lead = stage.add_lead(NumberOfEmployees=2000, owner="Inbound_Leads")
    stage.plan()
    first = stage.run_id
    remapped = stage.worker.field_map.text.replace("rating: Rating", "rating: {field: MobilePhone, kind: text}")
    edited = replace(stage, worker=replace(stage.worker, read_map=lambda: map_from_text(remapped)))
    assert ids(edited.plan()) == [lead]
    assert stage.states(first) == {State.SUPERSEDED: 1}


def test_a_field_hidden_after_the_plan_stops_the_apply_and_refuses_nothing(stage: Stage) -> None:
    leads = waiting(stage)
    stage.switch(Switches(read_only=frozenset({"Lead.Persona__c"})))
    with pytest.raises(MapError, match="Persona__c"):
        stage.apply()
    stage.switch(Switches())
    stage.apply()
    assert [stage.standing_of(lead) for lead in leads] == [State.APPLIED] * 3


def test_an_owner_who_is_active_again_keeps_the_lead(stage: Stage) -> None:
    lead = stage.add_lead(owner="ito")
    stage.cycle()
    stage.leave("ito")
    stage.plan()
    stage.approve()
    stage.server.act(lambda world, _: active_again(world, stage.owner_id("ito")))
    stage.apply()
    assert (stage.standing_of(lead), stage.owner(lead)) == (State.CONFLICT, "ito")


def active_again(world: World, user_id: str) -> World:
    world.put({**world.tables["User"][user_id], "IsActive": True})
    return world


def late(stage: Stage) -> str:
    """A lead whose write got no answer, was not there when read back, and is committed by the org afterwards."""
    lead = waiting(stage, count=1)[0]
    stage.break_with(Fault(FaultKind.RESET, path="/composite", holds="PATCH"))
    stage.apply()
    change = stage.change_of(lead)
    with stage.worker.store.read() as tx:
        (sent_by,) = batches.senders_of(tx, [change.change_id])[change.change_id]
    stage.edit("leadsync", lead, OwnerId=change.after["owner"], Persona__c="user", Leadsync_Run__c=sent_by)
    return lead


def test_an_edit_after_a_late_write_of_ours_is_not_overwritten(stage: Stage) -> None:
    lead = late(stage)
    stage.edit("suzuki", lead, Persona__c="champion")
    stage.apply()
    assert (stage.standing_of(lead), stage.note_of(lead)) == (State.APPLIED, "note.changed_by")
    assert (stage.lead(lead)["Persona__c"], len(stage.our_writes(lead))) == ("champion", 1)


def test_a_conversion_after_a_late_write_of_ours_keeps_its_turn(stage: Stage) -> None:
    lead = late(stage)
    stage.convert(lead)
    stage.plan()
    stage.apply()
    assert (stage.standing_of(lead), stage.memory().turns) == (State.APPLIED, {"kanto": {stage.owner_id("suzuki"): 1}})


def test_a_change_whose_map_the_org_no_longer_fits_is_proposed_anew_by_the_mended_one(stage: Stage) -> None:
    leads = waiting(stage)
    stage.switch(Switches(hidden=frozenset({"Lead.Industry"})))
    text = stage.worker.field_map.text.replace("industry: Industry", "website: Website")
    mended = replace(stage, worker=replace(stage.worker, read_map=lambda: map_from_text(text)))
    with pytest.raises(MapError, match="Industry"):
        mended.apply()
    mended.cycle()
    assert [stage.standing_of(lead) for lead in leads] == [State.APPLIED] * 3


def test_an_unknown_write_is_settled_though_a_field_it_never_wrote_is_gone(stage: Stage) -> None:
    lead = waiting(stage, count=1)[0]
    with stage.worker.store.transaction() as tx:
        tx.execute(update(changes).where(changes.c.record_id == lead).values(state=State.UNKNOWN.value))
    stage.switch(Switches(hidden=frozenset({"Lead.Title"})))
    with pytest.raises(MapError):
        stage.apply()
    assert stage.standing_of(lead) is State.APPROVED
