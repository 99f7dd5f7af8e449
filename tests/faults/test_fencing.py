"""Whoever stood still while somebody else took over writes nothing more: at every point, not only where a batch is begun."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from engine.changes.change import Reach
from engine.changes.states import State
from engine.errors import LeaseError
from sync.apply.apply import outbox_of
from sync.apply.outbox import Outbox
from sync.cycle import propose, settle
from sync.host.host import CrashPoints
from sync.run import begin
from sync.store import batches, leases, tables
from sync.store.vocabulary import LeaseName, RunVerb, WriteMode
from tests.stage import Stage, waiting

# Entered by any run, or by whoever takes over.
_OF_RUNS = {"runs", "leases", "audit", "audit_values", "api_usage", "api_ledger", "describes", "orgs"}


@dataclass
class Watched(CrashPoints):
    """Something happens at the first pass of a point."""

    name: str = ""
    happens: Callable[[], None] = lambda: None
    passed: int = 0

    def reach(self, name: str) -> None:
        if name == self.name:
            self.passed += 1
            if self.passed == 1:
                self.happens()


def take_over(stage: Stage, name: LeaseName) -> None:
    """Another worker, after the lease has run out."""
    late = stage.worker.clock.now() + timedelta(days=1)
    with stage.worker.store.transaction() as tx:
        leases.take(tx, name, holder=stage.worker.holder, clock=lambda: late, lease_seconds=60)


def kept(stage: Stage) -> dict[str, list[Any]]:
    """All the store holds but for what tells of runs."""
    with stage.worker.store.read() as tx:
        return {
            table.name: [tuple(row) for row in tx.execute(select(table).order_by(*table.primary_key))]
            for table in tables.metadata.sorted_tables
            if table.name not in _OF_RUNS
        }


def watched(stage: Stage, point: str, happens: Callable[[], None]) -> tuple[Stage, Watched]:
    points = Watched(name=point, happens=happens)
    return replace(stage, worker=replace(stage.worker, points=points)), points


@pytest.mark.parametrize("point", ["data files written", "pull committed"])
def test_a_plan_is_not_made_over_the_head_of_who_took_over(stage: Stage, point: str) -> None:
    """Before the pull is listed, nothing is; once it is, no change is staged and no plan is shown."""
    stage.add_lead(Title="課長")
    stage.advance(120)
    found: list[dict[str, list[Any]]] = []

    def happens() -> None:
        take_over(stage, LeaseName.PULL)
        found.append(kept(stage))

    other, points = watched(stage, point, happens)
    with pytest.raises(LeaseError, match="LS-102"), begin(other.worker, RunVerb.PLAN) as run:
        propose(run, with_owners=True)
    assert points.passed == 1
    assert kept(stage) == found[0]


def test_a_pull_is_listed_in_one_transaction(stage: Stage) -> None:
    """Data files, watermarks and what drop folders told are seen together or not at all."""
    stage.add_lead(Title="課長")
    stage.advance(120)
    commits: list[object] = []
    counted: list[int] = []

    class Between(CrashPoints):
        def reach(self, name: str) -> None:
            if name in {"data files written", "pull committed"}:
                counted.append(len(commits))

    event.listen(stage.worker.store._engine, "commit", commits.append)
    other = replace(stage, worker=replace(stage.worker, points=Between()))
    with begin(other.worker, RunVerb.PLAN) as run:
        propose(run, with_owners=True)
    before, after = counted
    assert after - before == 1


@contextmanager
def sending(stage: Stage, reach: Reach) -> Iterator[tuple[Outbox, list[batches.Approved]]]:
    """A run of apply whose lease somebody takes as soon as it knows what is approved."""
    stage.advance(120)
    with begin(stage.worker, RunVerb.APPLY) as run, stage.worker.hold(LeaseName.WRITE) as lease:
        outbox = outbox_of(run, lease)
        with stage.worker.store.read() as tx:
            approved = batches.approved(tx, "Lead", reach, after="", most=100)
        yield outbox, approved


def test_what_turned_out_impossible_is_not_ended_by_who_lost_the_lease(stage: Stage) -> None:
    (lead,) = waiting(stage, 1)
    stage.convert(lead)
    stage.pull()
    with sending(stage, Reach.OWNER) as (outbox, approved):
        settled = outbox.settled()
        take_over(stage, LeaseName.WRITE)
        with pytest.raises(LeaseError, match="LS-102"):
            settled.carry(approved, WriteMode.GUARDED)
    assert stage.standing_of(lead) is State.APPROVED


def test_what_is_only_remembered_is_not_remembered_by_who_lost_the_lease(stage: Stage) -> None:
    lead = stage.add_lead(Title="課長")
    stage.plan()
    with sending(stage, Reach.FIELDS) as (outbox, approved):
        settled = outbox.settled()
        take_over(stage, LeaseName.WRITE)
        with pytest.raises(LeaseError, match="LS-102"):
            settled.remember(approved)
    assert stage.standing_of(lead) is State.APPROVED
    assert stage.memory().tags == {}


def test_what_a_dead_run_left_is_not_settled_by_who_lost_the_lease(stage: Stage) -> None:
    (lead,) = waiting(stage, 1)

    def die() -> None:
        raise KeyboardInterrupt

    other, points = watched(stage, "intent committed", die)
    with pytest.raises(KeyboardInterrupt), begin(other.worker, RunVerb.APPLY) as run:
        settle(run)
    assert (points.passed, stage.standing_of(lead)) == (1, State.SENDING)
    with sending(stage, Reach.OWNER) as (outbox, _):
        take_over(stage, LeaseName.WRITE)
        with pytest.raises(LeaseError, match="LS-102"):
            outbox.settled()
    assert stage.standing_of(lead) is State.SENDING


@pytest.mark.parametrize("mode", list(WriteMode))
def test_nothing_is_sent_by_who_lost_the_lease_in_any_mode(stage: Stage, mode: WriteMode) -> None:
    lead = stage.add_lead(Title="課長")
    stage.plan()
    with sending(stage, Reach.FIELDS) as (outbox, approved):
        settled = outbox.settled()
        take_over(stage, LeaseName.WRITE)
        with pytest.raises(LeaseError, match="LS-102"):
            settled.carry(approved, mode)
    assert (stage.standing_of(lead), stage.asked_to_write(lead)) == (State.APPROVED, [])
    assert not [job for job in stage.server.world.jobs.values() if job.kind == "ingest"]


def test_an_answer_is_written_down_though_the_lease_was_lost_meanwhile(stage: Stage) -> None:
    """What was sent was sent: whoever took over must not find it unknown."""
    lead = stage.add_lead(Title="課長")
    stage.plan()
    other, points = watched(stage, "answer received", lambda: take_over(stage, LeaseName.WRITE))
    stage.advance(120)
    with begin(other.worker, RunVerb.APPLY) as run:
        settle(run)
    assert (points.passed, stage.standing_of(lead)) == (1, State.APPLIED)
