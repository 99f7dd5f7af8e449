"""What the rules decide arrives in the org's fields, and only that."""

from engine.changes.states import State
from tests.stage import Stage, ids


def test_persona_grade_and_score_are_written(stage: Stage) -> None:
    lead = stage.add_lead(Title="製造部長", NumberOfEmployees=500)
    stage.cycle()
    written = {
        name: stage.lead(lead)[name] for name in ("Persona__c", "Buyer_Role__c", "Profile__c", "Grade__c", "Score__c")
    }
    assert written == {
        "Persona__c": "buyer", "Buyer_Role__c": "decision maker", "Profile__c": "fit", "Grade__c": "B-", "Score__c": 0,
    }  # fmt: skip


def test_the_reason_for_a_grade_rides_along(stage: Stage) -> None:
    lead = stage.add_lead(Title="製造部長", NumberOfEmployees=500)
    stage.cycle()
    assert stage.lead(lead)["Grade_Reason__c"] == "size+2 title+3 = B-"


def test_the_run_is_written_on_the_record(stage: Stage) -> None:
    lead = stage.add_lead(Title="課長")
    stage.plan()
    stage.apply()
    runs = {write.after["Leadsync_Run__c"] for write in stage.our_writes(lead)}
    assert len(runs) == 1
    assert stage.lead(lead)["Leadsync_Run__c"] in runs


def test_a_changed_title_regrades(stage: Stage) -> None:
    lead = stage.add_lead(Title="担当", NumberOfEmployees=500)
    stage.cycle()
    before = stage.lead(lead)["Grade__c"]
    stage.edit("suzuki", lead, Title="営業部長")
    stage.cycle()
    assert (before, stage.lead(lead)["Grade__c"]) == ("D-", "B-")


def test_policy_lets_fields_through_without_a_person(stage: Stage) -> None:
    stage.add_lead(Title="課長")
    stage.plan()
    assert stage.states() == {State.APPROVED: 1}


def test_a_second_run_proposes_nothing(stage: Stage) -> None:
    stage.add_lead(Title="課長")
    stage.cycle()
    assert ids(stage.plan()) == []


def test_a_rule_that_stops_holding_clears_what_it_set(stage: Stage) -> None:
    lead = stage.add_lead(NumberOfEmployees=2000)
    stage.cycle()
    rated = stage.lead(lead)["Rating"]
    stage.edit("suzuki", lead, NumberOfEmployees=10)
    stage.cycle()
    assert (rated, stage.lead(lead).get("Rating")) == ("Warm", None)


def test_a_rule_never_clears_what_a_person_set(stage: Stage) -> None:
    lead = stage.add_lead(NumberOfEmployees=10, Rating="Warm")
    stage.cycle()
    assert stage.lead(lead)["Rating"] == "Warm"


def test_a_tag_needs_no_write(stage: Stage) -> None:
    lead = stage.add_lead(Title="課長")
    stage.cycle()
    writes = len(stage.our_writes(lead))
    assert (stage.memory().tags[lead], writes) == (frozenset({("greeted", "greet")}), 1)


def test_a_once_rule_fires_once(stage: Stage) -> None:
    lead = stage.add_lead(Title="課長")
    stage.cycle()
    stage.edit("suzuki", lead, Title=None)
    stage.cycle()
    stage.edit("suzuki", lead, Title="部長")
    proposed = stage.cycle()
    assert all(not change.effects.firings for change in proposed.changes)
