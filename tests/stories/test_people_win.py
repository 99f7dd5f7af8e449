"""What a person has changed is theirs as far as the rulebook says: until given back, for some days, or by contest."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.changes.memory import Overridden
from engine.changes.states import State
from engine.errors import UsageError
from sync.review.decisions import give_back
from sync.store.audit import links
from tests.scenes import begun
from tests.stage import RULEBOOK, Stage, ids, staged

DAY = 86_400


@contextmanager
def winning(folder: Path, said: str) -> Iterator[Stage]:
    """A stage whose rulebook says who wins and wants Kansai's leads back; the baseline is behind us."""
    head = f"name: story\ndefault profile: fit\napproval: {{fields: policy, owners: policy}}\npeople win: {said}\n"
    rules = RULEBOOK["automation/rules.yaml"].replace("{pool: kansai}", "{pool: kansai, reassign: yes}")
    texts = {**RULEBOOK, "rulebook.yaml": head, "automation/rules.yaml": rules}
    with begun(folder, Stage.plan, rulebook=texts) as stage:
        yield stage


def rated_by_hand(stage: Stage) -> str:
    """A lead that leadsync rated Warm and Suzuki Cold since."""
    lead = stage.add_lead(NumberOfEmployees=2000, Phone="03-5550-0100")
    stage.cycle()
    stage.edit("suzuki", lead, Rating="Cold")
    return lead


def moved_by_hand(stage: Stage) -> str:
    """A lead that leadsync gave to Yamamoto and he to Smith since, though a rule wants it back."""
    lead = stage.add_lead(owner="Inbound_Leads", State="大阪府")
    stage.cycle()
    stage.edit("yamamoto", lead, OwnerId=stage.owner_id("smith"))
    return lead


def test_a_value_is_theirs_until_it_is_given_back(stage: Stage) -> None:
    lead = rated_by_hand(stage)
    before = ids(stage.plan())
    assert give_back(stage.worker, [lead], fields=None, actor="os:chief@desk") == 1
    stage.cycle()
    assert (before, stage.lead(lead)["Rating"]) == ([], "Warm")


def test_what_was_given_back_is_in_the_audit_without_its_value(stage: Stage) -> None:
    lead = rated_by_hand(stage)
    stage.plan()
    give_back(stage.worker, [lead], fields=["rating"], actor="os:chief@desk")
    with stage.worker.store.read() as tx:
        told = [link.body.decode() for link in links(tx) if b'"given back"' in link.body]
    assert len(told) == 1
    assert (lead in told[0], "os:chief@desk" in told[0], "Cold" in told[0]) == (True, True, False)


def test_a_value_that_nobody_changed_cannot_be_given_back(stage: Stage) -> None:
    lead = stage.add_lead(NumberOfEmployees=2000)
    stage.cycle()
    stage.plan()
    assert give_back(stage.worker, [lead], fields=None, actor="os:chief@desk") == 0


def test_a_field_leadsync_does_not_write_cannot_be_given_back(stage: Stage) -> None:
    lead = rated_by_hand(stage)
    stage.plan()
    with pytest.raises(UsageError, match="PL-414"):
        give_back(stage.worker, [lead], fields=["company"], actor="os:chief@desk")


@pytest.mark.long
def test_a_value_is_theirs_for_so_many_days(tmp_path: Path) -> None:
    with winning(tmp_path / "folder", "{rating: 3 days}") as stage:
        lead = rated_by_hand(stage)
        stage.advance(3 * DAY)
        on_the_third = ids(stage.plan())
        stage.advance(DAY)
        assert (on_the_third, ids(stage.plan())) == ([], [lead])


@pytest.mark.long
def test_days_count_from_the_edit_whatever_the_connector_does_since(tmp_path: Path) -> None:
    with winning(tmp_path / "folder", "3 days") as stage:
        lead = rated_by_hand(stage)
        stage.plan()
        stage.advance(4 * DAY)
        stage.touch(lead, pi__score__c=77.0)
        assert ids(stage.plan()) == [lead]


@pytest.mark.long
def test_another_edit_counts_from_its_own_day(tmp_path: Path) -> None:
    with winning(tmp_path / "folder", "3 days") as stage:
        lead = rated_by_hand(stage)
        stage.plan()
        stage.advance(3 * DAY)
        stage.edit("suzuki", lead, Rating="Hot")
        stage.plan()
        stage.advance(2 * DAY)
        assert ids(stage.plan()) == []


def test_a_claim_is_forgotten_once_the_value_is_ours_again(stage: Stage) -> None:
    lead = rated_by_hand(stage)
    stage.plan()
    [overridden] = stage.memory().overrides[lead].values()
    stage.edit("suzuki", lead, Rating="Warm")
    stage.plan()
    assert (overridden.value, stage.memory().overrides) == ("Cold", {})


def test_a_claim_is_noted_when_it_is_first_seen(stage: Stage) -> None:
    lead = rated_by_hand(stage)
    stage.plan()
    first: Overridden = stage.memory().overrides[lead]["rating"]
    stage.touch(lead, pi__score__c=77.0)
    stage.plan()
    assert stage.memory().overrides[lead]["rating"] == first


@pytest.mark.long
def test_a_contested_value_is_proposed_again_for_a_person(tmp_path: Path) -> None:
    with winning(tmp_path / "folder", "contest") as stage:
        lead = rated_by_hand(stage)
        stage.plan()
        waits = stage.standing_of(lead)
        stage.approve(lead)
        stage.apply()
        assert (waits, stage.lead(lead)["Rating"]) == (State.PLANNED, "Warm")


def test_a_contest_says_what_stands_there(tmp_path: Path) -> None:
    with winning(tmp_path / "folder", "contest") as stage:
        lead = rated_by_hand(stage)
        stage.plan()
        told = [message.params for message in stage.change_of(lead).because if message.key == "reason.contested"]
        assert told == [{"field": "rating", "value": "Cold"}]


def test_a_contest_that_is_rejected_is_not_repeated(tmp_path: Path) -> None:
    with winning(tmp_path / "folder", "contest") as stage:
        lead = rated_by_hand(stage)
        stage.plan()
        stage.reject(lead)
        assert ids(stage.plan()) == []


def test_an_edit_after_a_contest_was_approved_is_not_overwritten(tmp_path: Path) -> None:
    with winning(tmp_path / "folder", "contest") as stage:
        lead = rated_by_hand(stage)
        stage.plan()
        stage.approve(lead)
        stage.edit("suzuki", lead, Rating="Hot")
        stage.apply()
        assert (stage.standing_of(lead), stage.lead(lead)["Rating"]) == (State.CONFLICT, "Hot")


@pytest.mark.long
def test_an_edit_of_a_value_that_was_ours_when_planned_is_not_overwritten(tmp_path: Path) -> None:
    with winning(tmp_path / "folder", "contest") as stage:
        lead = stage.add_lead(NumberOfEmployees=2000)
        stage.cycle()
        stage.edit("suzuki", lead, NumberOfEmployees=10)
        stage.plan()
        stage.edit("suzuki", lead, Rating="Cold")
        stage.apply()
        assert (stage.standing_of(lead), stage.lead(lead)["Rating"]) == (State.CONFLICT, "Cold")


@pytest.mark.long
@pytest.mark.parametrize(
    ("said", "owner"),
    [
        pytest.param("{owner: respect}", "smith", id="respected"),
        pytest.param("{owner: 2 days}", "yamamoto nakamura", id="after their days"),
        pytest.param("{owner: contest}", "yamamoto nakamura", id="contested and approved"),
    ],
)
def test_an_owner_whom_a_person_chose(tmp_path: Path, said: str, owner: str) -> None:
    with winning(tmp_path / "folder", said) as stage:
        lead = moved_by_hand(stage)
        stage.advance(3 * DAY)
        stage.cycle()
        assert stage.owner(lead) in owner.split()


@pytest.mark.long
def test_an_owner_given_back_is_moved_by_the_rules(tmp_path: Path) -> None:
    with winning(tmp_path / "folder", "respect") as stage:
        lead = stage.add_lead(owner="smith", State="大阪府")
        stage.cycle()
        kept = stage.owner(lead)
        give_back(stage.worker, [lead], fields=["owner"], actor="os:chief@desk")
        stage.cycle()
        assert (kept, stage.owner(lead)) == ("smith", "yamamoto")


def test_a_contested_owner_waits_for_a_person_though_policy_approves_owners(tmp_path: Path) -> None:
    with winning(tmp_path / "folder", "{owner: contest}") as stage:
        lead = moved_by_hand(stage)
        stage.plan()
        assert stage.standing_of(lead) is State.PLANNED


def test_what_a_person_put_there_is_not_cleared_and_later_rules_see_it(tmp_path: Path) -> None:
    """The very value that the rule would have put there: it looks the same, and it is not ours."""
    rules = (
        RULEBOOK["automation/rules.yaml"]
        + "- {name: unrated, when: {rating: {is empty: yes}}, then: [{tag: unrated}]}\n"
    )
    with staged(tmp_path / "folder", rulebook={**RULEBOOK, "automation/rules.yaml": rules}) as stage:
        theirs = stage.add_lead(NumberOfEmployees=10, Rating="Warm")
        ours = stage.add_lead(NumberOfEmployees=2000)
        stage.cycle()
        stage.edit("suzuki", ours, NumberOfEmployees=10, Phone="03-5550-0100")
        stage.cycle()
        assert (stage.lead(theirs)["Rating"], stage.lead(ours).get("Rating")) == ("Warm", None)
        assert [("unrated", "unrated") in stage.memory().tags.get(lead, ()) for lead in (theirs, ours)] == [False, True]
