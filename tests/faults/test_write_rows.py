"""Single rows of a write (rows W4 to W21 of the fault table): one bad row harms no other, and each is told why."""

from dataclasses import replace
from pathlib import Path

from engine.messages import Message
from engine.states import State
from sync.reports.assembly import report_of
from sync.sandbox import people
from sync.sandbox.faults import Fault, FaultKind
from sync.sandbox.worlds import DuplicateRule, Flow, ValidationRule, World
from sync.store import changes
from tests.stage import RULEBOOK, Stage, in_blocks, staged, waiting


def planned(stage: Stage, count: int = 3) -> list[str]:
    leads = [stage.add_lead(Title="課長", LastName=f"佐藤{number}") for number in range(count)]
    stage.plan()
    return leads


def standings(stage: Stage, leads: list[str]) -> list[State]:
    return [stage.standing_of(lead) for lead in leads]


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


def test_w12_a_queue_that_may_no_longer_hold_leads_gets_none_and_the_field_is_named(tmp_path: Path) -> None:
    rules = """
- name: to the queue
  when: {prefecture: 大阪府}
  then:
    - assign: {queue: Partner_Leads}
"""
    with staged(tmp_path / "folder", rulebook={**RULEBOOK, "automation/rules.yaml": rules}) as stage:
        queues = [str(group["DeveloperName"]) for group in stage.server.world.tables["Group"].values()]
        assert "Partner_Leads" in queues
        stage.plan()
        lead = stage.add_lead(State="大阪府", owner="Inbound_Leads")
        stage.plan()
        stage.approve()
        stage.server.act(lambda world, _: without_leads(world, stage.owner_id("Partner_Leads")))
        stage.apply()
        assert (stage.standing_of(lead), stage.owner(lead)) == (State.REFUSED, "Inbound_Leads")
        assert stage.note_of(lead) == "note.refused"


def without_leads(world: World, queue_id: str) -> World:
    kept = {key: row for key, row in world.tables["QueueSobject"].items() if row["QueueId"] != queue_id}
    return replace(world, tables={**world.tables, "QueueSobject": kept})


def test_w13_a_flow_that_gives_the_old_owner_back_is_seen_after_the_write(stage: Stage) -> None:
    lead, *_ = waiting(stage, count=1)
    flow = Flow("Lead", "keeps owners", restores=("OwnerId",))
    stage.server.act(lambda world, _: replace(world, flows=(flow,)))
    stage.apply()
    assert (stage.standing_of(lead), stage.note_of(lead)) == (State.APPLIED, "note.changed_after")
    assert stage.owner(lead) == "Inbound_Leads"


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
    assert told(stage, leads[1]) == ("DUPLICATES_DETECTED", "")


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


def test_w21_a_value_too_long_for_its_field_is_refused_and_the_field_named(tmp_path: Path) -> None:
    long = f"{{field: mobile_phone, value: {'x' * 60}}}"
    rules = f"- name: long\n  when: {{title: {{is not empty: yes}}}}\n  then: [{{set: {long}}}]\n"
    with staged(tmp_path / "folder", rulebook={**RULEBOOK, "automation/rules.yaml": rules}) as stage:
        lead = stage.add_lead(Title="課長")
        stage.cycle()
        assert (stage.standing_of(lead), told(stage, lead)) == (State.REFUSED, ("STRING_TOO_LONG", "MobilePhone"))


def told(stage: Stage, record_id: str) -> tuple[object, object]:
    """The org's code and the fields in the note of a record's last change."""
    with stage.worker.store.read() as tx:
        note = changes.of_record(tx, record_id)[-1].note
    assert note is not None
    return note.params["code"], note.params["fields"]
