"""What a person decides on a plan: on which of its changes, and what is refused before anything is done."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from engine.changes.states import State
from engine.errors import LeadsyncError, PlanStaleError, Problem, UsageError
from engine.messages import Message
from sync.app import open_worker
from sync.review.decisions import approve, expire, give_back, lift, refusal, reject
from sync.review.selection import Selection, chosen
from sync.sandbox.server import Opened
from sync.store import approvals, changes
from tests.scenes import begun
from tests.stage import RULEBOOK, START, Stage, staged, write_rulebook

DAY = 24 * 3_600
PERSON = "os:reviewer@desk"


def three_leads(stage: Stage) -> None:
    """Leads that wait for a person in one plan."""
    stage.plan()
    for name in ("佐藤", "鈴木", "高橋"):
        stage.add_lead(owner="Inbound_Leads", LastName=name, Title="課長")
    stage.plan()


@pytest.fixture
def waiting(tmp_path: Path) -> Iterator[Stage]:
    with begun(tmp_path / "folder", three_leads, rulebook=RULEBOOK) as stage:
        yield stage


def pairs(stage: Stage) -> list[tuple[str, str]]:
    """Record and change of all that the last plan proposed, in order."""
    with stage.worker.store.read() as tx:
        return [(each.change.record_id, each.change.change_id) for each in changes.of_plan(tx, stage.run_id)]


def decide(stage: Stage, *ids: str, plan_id: str | None = None) -> int:
    return approve(stage.worker, plan_id or stage.run_id, change_ids=ids, approver=PERSON, reason="as asked")


def problems(error: "pytest.ExceptionInfo[LeadsyncError]") -> Sequence[Problem]:
    return error.value.problems


def test_all_that_waits_is_approved_by_whom_and_why_is_kept(waiting: Stage) -> None:
    assert approve(waiting.worker, None, change_ids=None, approver=PERSON, reason="fine") == 3
    assert waiting.states() == {State.APPROVED: 3}
    with waiting.worker.store.read() as tx:
        found = approvals.approvals_of(tx, [change_id for _, change_id in pairs(waiting)])
    told = {(each.approver, each.reason) for each in found.values()}
    assert told == {(PERSON, "fine")}
    assert all(each.at <= waiting.worker.clock.now() for each in found.values())


def test_a_change_is_named_by_its_id_or_its_record_s_and_counts_once(waiting: Stage) -> None:
    (record, change), (other, _), _ = pairs(waiting)
    assert decide(waiting, record, change, other[:15], record[:15]) == 2
    assert waiting.states() == {State.APPROVED: 2, State.PLANNED: 1}


def test_what_does_not_wait_is_named_and_nothing_is_decided(waiting: Stage) -> None:
    (record, _), (other, _), _ = pairs(waiting)
    waiting.approve(other)
    with pytest.raises(PlanStaleError) as raised:
        decide(waiting, record, "nothing", other)
    assert problems(raised) == tuple(Problem("PL-403", given, {"plan": waiting.run_id}) for given in ("nothing", other))
    assert waiting.standing_of(record) is State.PLANNED


def test_a_rejection_says_by_whom_and_why(waiting: Stage) -> None:
    (record, _), *_ = pairs(waiting)
    assert reject(waiting.worker, waiting.run_id, change_ids=[record], approver=PERSON, reason="too early") == 1
    assert waiting.note(record) == Message.of("note.rejected", by=PERSON, reason="too early")
    assert reject(waiting.worker, waiting.run_id, change_ids=None, approver=PERSON, reason="no") == 2
    assert waiting.states() == {State.REJECTED: 3}


def test_of_plans_that_wait_the_named_one_is_decided(waiting: Stage) -> None:
    first = waiting.run_id
    (record, _), *_ = pairs(waiting)
    waiting.add_lead(owner="Inbound_Leads", Title="課長")
    waiting.plan()
    assert decide(waiting, record, plan_id=first) == 1
    assert reject(waiting.worker, first, change_ids=None, approver=PERSON, reason="no") == 2
    assert (waiting.states(first), waiting.states()) == ({State.APPROVED: 1, State.REJECTED: 2}, {State.PLANNED: 1})


def test_of_plans_that_wait_changes_are_chosen_of_the_named_one(waiting: Stage) -> None:
    first, proposed = waiting.run_id, pairs(waiting)
    waiting.add_lead(owner="Inbound_Leads", Title="課長")
    waiting.plan()
    store, mirror = waiting.worker.store, waiting.worker.mirror
    assert chosen(store, mirror, first, Selection()) == (first, tuple(change_id for _, change_id in proposed))
    with pytest.raises(UsageError) as raised:
        chosen(store, mirror, first, Selection(where=("grade = F",)))
    assert problems(raised) == (Problem("PL-423", "", {"plan": first}),)


def test_from_the_moment_it_expires_a_plan_is_approved_no_more_and_may_be_rejected(waiting: Stage) -> None:
    ends = waiting.header().expires_at
    assert ends
    plan, worker = waiting.header(), waiting.worker
    before = replace(worker, clock=replace(worker.clock, now=lambda: ends - timedelta(seconds=1)))
    after = replace(worker, clock=replace(worker.clock, now=lambda: ends))
    told = Problem("PL-406", "A1", {"plan": plan.plan_id, "at": f"{ends:%Y-%m-%d %H:%M} UTC"})
    assert refusal(before, plan, approves=True) is None
    assert refusal(after, plan, approves=True, where="A1") == told
    assert refusal(after, plan, approves=False) is None
    with pytest.raises(PlanStaleError) as raised:
        approve(after, None, change_ids=None, approver=PERSON)
    assert problems(raised) == (replace(told, where=""),)
    assert reject(after, None, change_ids=None, approver=PERSON, reason="too late") == 3


def test_a_baseline_is_decided_as_a_whole(tmp_path: Path) -> None:
    with staged(tmp_path / "folder", rulebook=RULEBOOK) as stage:
        lead = stage.add_lead(Title="課長")
        stage.plan(with_owners=False)
        with pytest.raises(UsageError) as raised:
            decide(stage, lead)
        assert problems(raised) == (Problem("PL-402", "", {"plan": stage.run_id}),)
        assert (decide(stage), stage.approve()) == (0, 1)


def test_of_a_plan_made_in_shadow_nothing_is_decided(waiting: Stage) -> None:
    rulebook = {**RULEBOOK, "rulebook.yaml": RULEBOOK["rulebook.yaml"] + "mode: shadow\n"}
    write_rulebook(waiting.folder, rulebook)
    with open_worker(waiting.folder, sandbox=Opened.of(waiting.server)) as worker:
        shadow = replace(waiting, worker=worker)
        shadow.plan()
        told = (Problem("PL-404", "", {"plan": shadow.run_id}),)
        for act in (shadow.approve, shadow.reject):
            with pytest.raises(UsageError) as raised:
                act()
            assert problems(raised) == told


def test_what_waited_until_its_plan_expired_is_ended_once(waiting: Stage) -> None:
    (approved, _), (record, _), _ = pairs(waiting)
    waiting.approve(approved)
    ends = waiting.header().expires_at
    assert ends
    store = waiting.worker.store
    early = expire(store, run_id=waiting.run_id, at=ends - timedelta(seconds=1))
    assert (early, expire(store, run_id=waiting.run_id, at=ends), expire(store, run_id=waiting.run_id, at=ends)) == (
        0,
        2,
        0,
    )
    assert waiting.states() == {State.APPROVED: 1, State.EXPIRED: 2}
    assert waiting.note(record) == Message.of("note.expired")


def test_what_was_rejected_is_forgotten_for_the_records_named_or_for_all(waiting: Stage) -> None:
    (record, _), *_ = pairs(waiting)
    waiting.reject()
    store = waiting.worker.store
    lifted = [lift(store, record_ids=ids, actor=PERSON, at=START) for ids in ([record[:15]], [record], None, None)]
    assert lifted == [1, 0, 2, 0]


def test_what_is_no_record_id_is_named(waiting: Stage) -> None:
    told = tuple(Problem("PL-411", "", {"given": given}) for given in ("佐藤", "x"))
    with pytest.raises(UsageError) as raised:
        lift(waiting.worker.store, record_ids=["佐藤", pairs(waiting)[0][0], "x"], actor=PERSON, at=START)
    assert problems(raised) == told
    with pytest.raises(UsageError) as raised:
        give_back(waiting.worker, ["佐藤", pairs(waiting)[0][0], "x"], fields=None, actor=PERSON)
    assert problems(raised) == told


def test_what_leadsync_does_not_write_or_has_not_pulled_is_named(waiting: Stage) -> None:
    (record, _), (gone, _), _ = pairs(waiting)
    waiting.remove(gone)
    waiting.plan()
    for given, fields, told in (
        ([record], ["company", "rating", "x"], [Problem("PL-414", "", {"given": name}) for name in ("company", "x")]),
        ([record, "00Q000000000999"], None, [Problem("PL-412", "00Q000000000999EAA", {})]),
        ([gone], None, [Problem("PL-412", gone, {})]),
    ):
        with pytest.raises(UsageError) as raised:
            give_back(waiting.worker, given, fields=fields, actor=PERSON)
        found = [
            replace(each, params={k: v for k, v in each.params.items() if k != "known"}) for each in problems(raised)
        ]
        assert found == told


def test_values_that_others_set_are_given_back_and_counted(waiting: Stage) -> None:
    waiting.approve()
    waiting.apply()
    (first, _), (second, _), _ = pairs(waiting)
    waiting.edit("suzuki", first, Persona__c="champion", Score__c=99)
    waiting.edit("suzuki", second, Persona__c="champion")
    waiting.pull()
    assert give_back(waiting.worker, [first, first[:15]], fields=["persona"], actor=PERSON) == 1
    assert give_back(waiting.worker, [first, second], fields=None, actor=PERSON) == 2
    assert give_back(waiting.worker, [first, second], fields=None, actor=PERSON) == 0
    assert waiting.memory().applied[first]["persona"] == "champion"


@pytest.mark.parametrize(
    ("owner", "fields", "given"),
    [
        ("smith", ["owner"], 1),
        ("smith", None, 0),
        ("smith", ["rating"], 0),
        ("ito", ["owner"], 0),
        ("Inbound_Leads", ["owner"], 0),
    ],
)
def test_an_owner_whom_leadsync_never_set_is_given_back_by_name_if_he_may_own(
    waiting: Stage, owner: str, fields: list[str] | None, given: int
) -> None:
    lead = waiting.add_lead(owner=owner)
    waiting.leave("ito")
    waiting.pull()
    assert give_back(waiting.worker, [lead], fields=fields, actor=PERSON) == given
