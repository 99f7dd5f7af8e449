"""Plans as saved, and approvals."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from engine.changes.change import Change
from engine.changes.plan import Notice, Plan, Withdrawal
from engine.changes.states import State
from engine.errors import PlanStaleError
from engine.messages import Message
from sync.store import approvals, audit, changes, plans, runs
from sync.store.approvals import Approval
from sync.store.changes import Move
from sync.store.database import Store
from sync.store.holders import Holder
from sync.store.vocabulary import RunVerb
from tests.sync.store import small_plans

Propose = Callable[..., None]
Make = Callable[..., Change]


@pytest.fixture
def plan(run: str, at: datetime) -> Plan:
    """An empty plan."""
    return Plan("00D", at, "Asia/Tokyo", "0" * 64, run, is_baseline=False, changes=())


@pytest.fixture
def next_run(store: Store, run: str, at: datetime, here: Holder) -> str:
    """The run after `run`."""
    assert run
    with store.transaction() as tx:
        return runs.start(tx, verb=RunVerb.PLAN, at=at, holder=here)


def _save(store: Store, plan: Plan, run: str, expires_at: datetime | None = None) -> None:
    states = {change.change_id: State.PLANNED for change in plan.changes}
    with store.transaction() as tx:
        small_plans.propose(
            tx, plan, run=run, field_map="1" * 64, states=states, policy="policy@000000000001", expires_at=expires_at
        )


def test_a_header_comes_back_as_it_was(store: Store, run: str, at: datetime, plan: Plan) -> None:
    saved = replace(plan, counts={"evaluated": 5}, notices=(Notice("00Q", Message.of("notice.x", pool="関東")),))
    _save(store, saved, run, at)
    with store.read() as tx:
        assert plans.latest(tx) == plans.record(tx, run)
        assert plans.record(tx, run) == plans.PlanRecord(
            plan_id=run,
            org_id="00D",
            at=at,
            zone="Asia/Tokyo",
            rulebook="0" * 64,
            field_map="1" * 64,
            snapshot=run,
            is_baseline=False,
            digest=saved.digest,
            proposed=0,
            expires_at=at,
            counts={"evaluated": 5},
            notices=saved.notices,
            whole_id=run,
        )


def test_a_plan_supersedes_what_it_withdraws_and_proposes_anew(
    store: Store, run: str, next_run: str, plan: Plan, propose: Propose, change: Make
) -> None:
    old, new = change(1, grade="A"), change(1, grade="B")
    propose(State.PLANNED, old)
    because = Message.of("because.target")
    _save(
        store, replace(plan, changes=(new,), withdrawn=(Withdrawal(old.change_id, old.record_id, because),)), next_run
    )
    with store.read() as tx:
        found = changes.find(tx, [old.change_id, new.change_id])
        assert {each.state: each.note for each in found.values()} == {State.SUPERSEDED: because, State.PLANNED: None}
        assert (changes.counts(tx, run), changes.counts(tx, next_run)) == ({State.SUPERSEDED: 1}, {State.PLANNED: 1})


def test_a_plan_over_a_change_that_went_out_meanwhile_leaves_no_trace(
    store: Store, next_run: str, at: datetime, plan: Plan, propose: Propose, change: Make
) -> None:
    old, new = change(1, grade="A"), change(1, grade="B")
    propose(State.APPROVED, old)
    with store.transaction() as tx:
        changes.move(tx, [Move(old.change_id, State.SENDING)], run=None, at=at)
        before = audit.head(tx)
    with pytest.raises(PlanStaleError, match="PL-305"):
        _save(
            store,
            replace(plan, changes=(new,), withdrawn=(Withdrawal(old.change_id, old.record_id, Message("x")),)),
            next_run,
        )
    with store.read() as tx:
        assert (audit.head(tx), plans.record(tx, next_run)) == (before, None)


def test_a_plan_over_a_record_that_got_an_open_change_meanwhile_is_stale(
    store: Store, next_run: str, plan: Plan, propose: Propose, change: Make
) -> None:
    propose(State.PLANNED, change(1, grade="A"))
    with pytest.raises(PlanStaleError, match="PL-305"):
        _save(store, replace(plan, changes=(change(1, grade="B"),)), next_run)


def test_what_policy_lets_through_is_approved_by_it(store: Store, at: datetime, propose: Propose, change: Make) -> None:
    let_through = change(1, grade="A")
    propose(State.APPROVED, let_through)
    with store.read() as tx:
        found = approvals.approvals_of(tx, [let_through.change_id])
    assert found == {
        let_through.change_id: Approval(let_through.change_id, let_through.digest, "policy@000000000001", at)
    }


def test_a_person_approves_what_was_shown(store: Store, run: str, at: datetime, propose: Propose, change: Make) -> None:
    shown = [change(number, grade="A") for number in range(3)]
    propose(State.PLANNED, *shown)
    with store.transaction() as tx:
        approvals.approve(tx, [(each.change_id, each.digest) for each in shown[:2]], approver="os:a@h", at=at)
        assert changes.counts(tx, run) == {State.APPROVED: 2, State.PLANNED: 1}


def test_another_digest_than_the_one_shown_approves_nothing(
    store: Store, run: str, at: datetime, propose: Propose, change: Make
) -> None:
    good, other = change(1, grade="A"), change(2, grade="A")
    propose(State.PLANNED, good, other)
    pairs = [(good.change_id, good.digest), (other.change_id, good.digest)]
    with pytest.raises(PlanStaleError, match="PL-304"), store.transaction() as tx:
        approvals.approve(tx, pairs, approver="os:a@h", at=at)
    with store.read() as tx:
        assert changes.counts(tx, run) == {State.PLANNED: 2}
        assert approvals.approvals_of(tx, [good.change_id]) == {}


def test_a_change_is_approved_once(store: Store, at: datetime, propose: Propose, change: Make) -> None:
    shown = change(1, grade="A")
    propose(State.APPROVED, shown)
    with pytest.raises(PlanStaleError, match="PL-302"), store.transaction() as tx:
        approvals.approve(tx, [(shown.change_id, shown.digest)], approver="os:a@h", at=at)


def test_what_waits_is_planned_or_held_by_plan(store: Store, run: str, at: datetime, plan: Plan, change: Make) -> None:
    planned, held, done = (change(number, grade="A") for number in (1, 2, 3))
    _save(store, replace(plan, changes=(planned, held, done)), run)
    with store.transaction() as tx:
        changes.move(tx, [Move(held.change_id, State.HELD), Move(done.change_id, State.REJECTED)], run=None, at=at)

        assert plans.waiting(tx) == {run: 2}
        assert changes.counts(tx, run) == {State.PLANNED: 1, State.HELD: 1, State.REJECTED: 1}
        assert plans.rulebooks(tx, [run]) == {run: plan.rulebook}
        assert (plans.last_zone(tx), plans.of_run(tx, run), plans.of_run(tx, "another")) == (plan.zone, (run,), ())


def test_what_waits_past_its_plans_end_is_due(store: Store, run: str, at: datetime, plan: Plan, change: Make) -> None:
    waiting, done = change(1, grade="A"), change(2, grade="A")
    _save(store, replace(plan, changes=(waiting, done)), run, at + timedelta(days=2))
    with store.transaction() as tx:
        changes.move(tx, [Move(done.change_id, State.REJECTED)], run=None, at=at)
        assert plans.due(tx, at=at + timedelta(days=1), most=9) == ()
        assert plans.due(tx, at=at + timedelta(days=2), most=9) == (waiting.change_id,)


def test_a_baseline_establishes_once_somebody_approves_it(
    store: Store, run: str, at: datetime, plan: Plan, change: Make
) -> None:
    shown = change(1, grade="A")
    _save(store, replace(plan, is_baseline=True, changes=(shown,)), run)
    with store.transaction() as tx:
        assert not plans.is_established(tx)
        approvals.approve(tx, [(shown.change_id, shown.digest)], approver="os:a@h", at=at)
        assert plans.is_established(tx)


def test_a_baseline_with_nothing_to_approve_establishes_at_once(store: Store, run: str, plan: Plan) -> None:
    _save(store, replace(plan, is_baseline=True), run)
    with store.read() as tx:
        assert plans.is_established(tx)


def test_plans_follow_each_other_as_their_runs_did_though_a_clock_went_back(
    store: Store, run: str, at: datetime, plan: Plan, change: Make, here: Holder
) -> None:
    with store.transaction() as tx:
        later = runs.start(tx, verb=RunVerb.PLAN, at=at - timedelta(hours=1), holder=here)
    _save(store, replace(plan, changes=(change(1, grade="A"),)), run)
    _save(store, replace(plan, changes=(change(2, grade="A"),), zone="Pacific/Honolulu"), later)
    with store.read() as tx:
        last = plans.latest(tx)
        told = (list(plans.waiting(tx)), plans.ids(tx), plans.last_zone(tx))
    assert last is not None
    assert (last.plan_id, *told) == (later, [run, later], (run, later), "Pacific/Honolulu")
