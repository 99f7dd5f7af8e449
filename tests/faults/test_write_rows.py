"""Single rows of a write (rows W4 to W21 of the fault table): one bad row harms no other, and each is told why."""

from dataclasses import replace
from pathlib import Path

import pytest

from engine.changes.states import State
from engine.messages import Message
from sync.sandbox.faults import Fault, FaultKind
from sync.sandbox.worlds import DuplicateRule, Flow, ValidationRule, World
from sync.views.plan_report import report_of
from tests import people
from tests.sandbox_org import queue_named, with_rows
from tests.stage import RULEBOOK, Stage, ids, in_blocks, staged, waiting


def planned(stage: Stage, count: int = 3) -> list[str]:
    leads = [stage.add_lead(Title="課長", LastName=f"佐藤{number}") for number in range(count)]
    stage.plan()
    return leads


def standings(stage: Stage, leads: list[str]) -> list[State]:
    return [stage.standing_of(lead) for lead in leads]


@pytest.mark.long
def test_w4_a_row_that_spoils_a_block_of_200_is_isolated_and_199_are_applied(tmp_path: Path) -> None:
    """Whatever is saved together with it fails, and alone it is refused."""
    with staged(tmp_path / "folder", leads=240, seed=7, rulebook=RULEBOOK, activities_per_lead=0) as stage:
        stage.server.act(lambda world, _: replace(world, validation_rules=world.validation_rules[:0]))
        block = sorted(ids(stage.plan(with_owners=False)))[:200]
        bad = block[7]
        rule = ValidationRule("Lead", f"Id = '{bad}'", "この行は変更できません", "Grade__c")
        stage.server.act(lambda world, _: replace(world, validation_rules=(rule,)))
        stage.break_with(Fault(FaultKind.POISON, record_id=bad, times=50))
        stage.approve()
        in_blocks(stage).apply()
        states = {lead: stage.standing_of(lead) for lead in block}
        assert states == {lead: State.REFUSED if lead == bad else State.APPLIED for lead in block}
        assert told(stage, bad) == ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Grade__c")


@pytest.mark.long
def test_w4_a_row_that_is_always_in_the_way_is_isolated_and_reported(stage: Stage) -> None:
    leads = planned(stage, 30)
    stage.break_with(Fault(FaultKind.LOCKED, record_id=leads[7], times=50))
    in_blocks(stage).apply()
    assert stage.states() == {State.APPROVED: 1, State.APPLIED: 29}
    assert (stage.standing_of(leads[7]), stage.note_of(leads[7])) == (State.APPROVED, "note.locked")


def test_w7_null_by_rest_empties_a_field(stage: Stage) -> None:
    lead = stage.add_lead(NumberOfEmployees=2000)
    stage.cycle()
    assert stage.lead(lead)["Rating"] == "Warm"
    stage.edit("suzuki", lead, NumberOfEmployees=10)
    stage.cycle()
    assert stage.lead(lead).get("Rating") is None


def test_w10_a_lead_that_was_merged_into_another_is_gone(stage: Stage) -> None:
    winner, loser, _ = waiting(stage)
    stage.server.act(lambda world, now: people.merge(world, now, "takahashi", winner_id=winner, loser_id=loser))
    stage.apply()
    assert (stage.standing_of(loser), stage.our_writes(loser)) == (State.GONE, [])


@pytest.mark.long
@pytest.mark.parametrize("is_guarded", [True, False])
def test_w10_the_survivor_of_a_merge_is_named_and_readable_in_the_report(stage: Stage, *, is_guarded: bool) -> None:
    winner, loser, removed = planned(stage)
    stage.server.act(lambda world, now: people.merge(world, now, "takahashi", winner_id=winner, loser_id=loser))
    stage.remove(removed)
    (stage if is_guarded else in_blocks(stage)).apply()
    assert standings(stage, [loser, removed]) == [State.GONE, State.GONE]
    notes = {row.record_id: row.note for row in report_of(stage.worker, stage.header()).rows}
    assert (notes[loser], notes[removed]) == (Message.of("note.merged", into=winner), None)


TO_A_QUEUE = {
    **RULEBOOK,
    "automation/rules.yaml": """
- name: to the queue
  when: {prefecture: 大阪府}
  then:
    - assign: {queue: Partner_Leads}
""",
}


@pytest.mark.parametrize("is_a_group_now", [False, True])
def test_w12_a_queue_that_may_no_longer_hold_leads_is_sent_none(tmp_path: Path, *, is_a_group_now: bool) -> None:
    with staged(tmp_path / "folder", rulebook=TO_A_QUEUE) as stage:
        stage.plan()
        lead, queue = stage.add_lead(State="大阪府", owner="Inbound_Leads"), stage.owner_id("Partner_Leads")
        stage.plan()
        stage.approve()
        stage.server.act(lambda world, _: without_leads(world, queue))
        if is_a_group_now:
            stage.server.act(lambda world, _: as_public_group(world, queue))
        stage.apply()
        assert (stage.standing_of(lead), stage.note_of(lead)) == (State.BLOCKED, "note.no_queue")
        assert (stage.owner(lead), stage.our_writes(lead)) == ("Inbound_Leads", [])


def test_w12_a_public_group_of_the_same_name_is_not_taken_for_the_queue(tmp_path: Path) -> None:
    with staged(tmp_path / "folder", rulebook=TO_A_QUEUE) as stage:
        given = {"Name": "提携", "DeveloperName": "Partner_Leads", "Type": "Regular"}
        namesake = dict(queue_named(stage.server.world, "Partner_Leads") or {}) | given | {"Id": "00G5j000000ZZZZEAA"}
        stage.server.act(lambda world, _: with_rows(world, Group=[namesake, *world.tables["Group"].rows()]))
        stage.plan()
        lead = stage.add_lead(State="大阪府", owner="Inbound_Leads")
        stage.cycle()
        assert (stage.standing_of(lead), stage.owner(lead)) == (State.APPLIED, "Partner_Leads")


def as_public_group(world: World, queue_id: str) -> World:
    world.put({**world.tables["Group"][queue_id], "Type": "Regular"})
    return world


def without_leads(world: World, queue_id: str) -> World:
    return with_rows(
        world, QueueSobject=[row for row in world.tables["QueueSobject"].rows() if row["QueueId"] != queue_id]
    )


def test_w13_a_flow_that_gives_the_old_owner_back_is_seen_after_the_write(stage: Stage) -> None:
    lead, *_ = waiting(stage, count=1)
    stage.server.act(lambda world, _: replace(world, flows=(FLOW_BACK,)))
    stage.apply()
    assert (stage.standing_of(lead), stage.note_of(lead)) == (State.APPLIED, "note.changed_within")
    assert stage.owner(lead) == "Inbound_Leads"


@pytest.mark.long
def test_w14_as_many_are_accounted_for_as_were_planned_and_the_org_agrees(tmp_path: Path) -> None:
    with staged(tmp_path / "folder", leads=450, seed=7) as stage:
        stage.plan(with_owners=False)
        stage.approve()
        in_blocks(stage).apply()
        states = stage.states()
        assert sum(states.values()) == stage.header().proposed
        assert states[State.APPLIED] == len(stage.our_writes()) > 350


def test_w15_a_duplicate_rule_refuses_one_row_and_is_named(stage: Stage) -> None:
    leads = [stage.add_lead(Title="課長", LastName=name) for name in ("佐藤", "鈴木", "鈴木")]
    stage.plan()
    stage.server.act(lambda world, _: replace(world, duplicate_rules=(DuplicateRule("Lead", "LastName", "same name"),)))
    stage.apply()
    assert standings(stage, leads) == [State.APPLIED, State.REFUSED, State.REFUSED]
    why = Message.of("note.duplicate", code="DUPLICATES_DETECTED", rule="same name")
    assert [stage.note(lead) for lead in leads[1:]] == [why, why]


def test_w15_in_blocks_the_org_does_not_name_the_rule_and_the_code_is_told(stage: Stage) -> None:
    leads = [stage.add_lead(Title="課長", LastName=name) for name in ("鈴木", "鈴木")]
    stage.plan()
    stage.server.act(lambda world, _: replace(world, duplicate_rules=(DuplicateRule("Lead", "LastName", "same name"),)))
    in_blocks(stage).apply()
    assert (standings(stage, leads), told(stage, leads[1])) == ([State.REFUSED] * 2, ("DUPLICATES_DETECTED", ""))


def test_w15_no_header_lets_duplicates_pass_unasked(stage: Stage) -> None:
    planned(stage)
    stage.apply()
    assert not any("sforce-duplicate-rule-header" in write.headers for write in stage.our_writes())


FLOW_BACK = Flow("Lead", "keeps owners", restores=("OwnerId",))


@pytest.mark.long
def test_w18_an_owner_that_a_flow_gives_back_each_time_is_held_at_the_third_move(tmp_path: Path) -> None:
    head = f"{RULEBOOK['rulebook.yaml']}ping-pong: {{moves: 2, days: 7}}\n"
    with staged(tmp_path / "folder", rulebook={**RULEBOOK, "rulebook.yaml": head}) as stage:
        stage.plan()
        stage.server.act(lambda world, _: replace(world, flows=(FLOW_BACK,)))
        lead = stage.add_lead(owner="Inbound_Leads", Title="課長")
        for _ in range(2):
            stage.cycle()
            assert (stage.standing_of(lead), stage.note_of(lead)) == (State.APPLIED, "note.changed_within")
            assert stage.owner(lead) == "Inbound_Leads"
        stage.plan()
        stage.apply()
        (row,) = report_of(stage.worker, stage.header()).rows
        assert (row.state, row.note) == (State.HELD, Message.of("note.ping_pong", moves=2, days=7))
        assert len([write for write in stage.our_writes(lead) if write.kind == "update"]) == 2


def test_w19_records_are_written_by_id_and_never_made(stage: Stage) -> None:
    planned(stage)
    waiting(stage)
    stage.apply()
    assert {write.kind for write in stage.our_writes()} == {"update"}


def test_w20_why_a_row_was_refused_stands_in_the_report_and_it_is_not_sent_again(stage: Stage) -> None:
    lead = planned(stage, 1)[0]
    rule = ValidationRule("Lead", "Grade__c != null", "格付けは変更できません", "Grade__c")
    stage.server.act(lambda world, _: replace(world, validation_rules=(*world.validation_rules, rule)))
    stage.apply()
    (row,) = report_of(stage.worker, stage.header()).rows
    assert row.note == Message.of("note.refused", code="FIELD_CUSTOM_VALIDATION_EXCEPTION", fields="Grade__c")
    stage.plan()
    assert (stage.states(), stage.apply().touched, stage.our_writes(lead)) == ({}, 0, [])


@pytest.mark.long
def test_w20_what_failed_for_now_says_why_and_is_tried_by_every_run_until_it_ends(stage: Stage) -> None:
    lead = planned(stage, 1)[0]
    stage.break_with(Fault(FaultKind.LOCKED, record_id=lead, times=6))
    for _ in range(2):
        stage.apply()
        (row,) = report_of(stage.worker, stage.header()).rows
        assert (row.state, row.note) == (State.APPROVED, Message.of("note.locked"))
    stage.apply()
    assert (stage.standing_of(lead), len(stage.our_writes(lead))) == (State.APPLIED, 1)


@pytest.mark.parametrize("is_guarded", [True, False])
def test_w21_a_value_that_a_restricted_picklist_lacks_is_refused_and_the_field_named(
    tmp_path: Path, *, is_guarded: bool
) -> None:
    lead_map = "prospects: {Lead: {fields: {title: Title, employees: NumberOfEmployees, prefecture: State, clean: {field: CleanStatus, kind: text}}}}\n"
    rules = "- {name: clean, when: {title: {is not empty: yes}}, then: [{set: {field: clean, value: Spotless}}]}\n"
    rulebook = {**RULEBOOK, "automation/rules.yaml": rules, "scoring.yaml": "points: {}\n"}
    with staged(tmp_path / "folder", rulebook=rulebook, field_map=lead_map) as stage:
        stage.plan()
        lead = stage.add_lead(Title="課長")
        stage.plan()
        stage.approve()
        (stage if is_guarded else in_blocks(stage)).apply()
        expected = ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "CleanStatus")
        assert (stage.standing_of(lead), told(stage, lead)) == (State.REFUSED, expected)


def test_w21_a_value_too_long_for_its_field_is_refused_and_the_field_named(tmp_path: Path) -> None:
    long = f"{{field: mobile_phone, value: {'x' * 60}}}"
    rules = f"- name: long\n  when: {{title: {{is not empty: yes}}}}\n  then: [{{set: {long}}}]\n"
    with staged(tmp_path / "folder", rulebook={**RULEBOOK, "automation/rules.yaml": rules}) as stage:
        lead = stage.add_lead(Title="課長")
        stage.cycle()
        assert (stage.standing_of(lead), told(stage, lead)) == (State.REFUSED, ("STRING_TOO_LONG", "MobilePhone"))


def told(stage: Stage, record_id: str) -> tuple[object, object]:
    """The org's code and the fields in the note of a record's last change."""
    note = stage.note(record_id)
    assert note is not None
    return note.params["code"], note.params["fields"]
