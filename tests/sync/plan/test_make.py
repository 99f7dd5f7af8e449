"""Plans at size: the same however they are cut, seen whole or not at all."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from engine.changes.plan import ChangesDigest
from engine.changes.states import State
from engine.plan.guards import Entry, Passed
from engine.plan.planner import plan
from sync.audit.verify import verify_store
from sync.plan.make import HeldAtOnce, plan_org
from sync.pull.pull import pull
from sync.reports.shadow import comparing
from sync.run import begin
from sync.store import changes, checkpoints, memory, plans, proposals
from sync.store.plans import PlanRecord
from sync.store.proposals import Seal
from sync.store.vocabulary import LeaseName, RunVerb
from tests.stage import RULEBOOK, Stage, snapshot, staged

TINY = HeldAtOnce(prospects=7, page=3, drafts=2)


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[Stage]:
    """An org with some leads of everybody's, whose baseline is behind us."""
    with staged(tmp_path / "folder", leads=40, rulebook=RULEBOOK) as stage:
        stage.cycle(with_owners=False)
        yield stage


def plan_in(stage: Stage, held_at_once: HeldAtOnce, *, looks_at_all: bool = False) -> PlanRecord:
    stage.advance(120)
    with begin(stage.worker, RunVerb.PLAN) as run, stage.worker.hold(LeaseName.PULL) as lease:
        stage.run_id = run.run_id
        pull(run, lease)
        return plan_org(
            run,
            lease,
            comparing=partial(comparing, run),
            with_owners=True,
            looks_at_all=looks_at_all,
            held_at_once=held_at_once,
        ).plan


@pytest.mark.long
def test_a_plan_is_the_same_however_it_is_cut(busy: Stage) -> None:
    """Fields, turns, withdrawals and what is kept; in ranges of seven, pages of three, most drafts made twice."""
    leads = [busy.add_lead(owner="Inbound_Leads", Title="課長") for _ in range(8)]
    busy.leave("ito")
    busy.plan()
    busy.convert(leads[0])
    busy.edit("suzuki", leads[1], Title="部長", NumberOfEmployees=5000)
    leads += [busy.add_lead(owner="Inbound_Leads", Title="部長") for _ in range(5)]
    busy.advance(120)
    with begin(busy.worker, RunVerb.PLAN) as run, busy.worker.hold(LeaseName.PULL) as lease:
        pull(run, lease)
        with busy.worker.store.read() as tx:
            remembered = memory.recall(tx)
        whole = plan(snapshot(run), busy.worker.rulebook, remembered, moment=run.moment)
        cut = plan_org(
            run, lease, comparing=partial(comparing, run), with_owners=True, looks_at_all=True, held_at_once=TINY
        ).plan
    with busy.worker.store.read() as tx:
        stored = [standing.change for standing in changes.of_plan(tx, cut.plan_id)]
        assert stored == list(whole.changes)
        verify_store(tx)
    assert len(whole.withdrawn) > 1
    assert whole.counts["kept"] > TINY.page
    assert (cut.digest, dict(cut.counts), cut.proposed) == (whole.digest, dict(whole.counts), len(whole.changes))


@pytest.mark.long
def test_a_plan_saved_in_pages_is_kept_by_the_next(busy: Stage) -> None:
    for _ in range(8):
        busy.add_lead(owner="Inbound_Leads", Title="課長")
    first = plan_in(busy, TINY)
    again = plan_in(busy, TINY)
    assert first.proposed > TINY.page
    assert (again.proposed, again.counts["kept"]) == (0, first.proposed)


@pytest.mark.long
@pytest.mark.parametrize("looks_at_all", [False, True], ids=["part", "all"])
def test_what_a_plan_leaves_for_the_next_is_all_kept_in_pages_too(busy: Stage, *, looks_at_all: bool) -> None:
    for _ in range(8):
        busy.add_lead(owner="Inbound_Leads", Title="課長")
    busy.plan()
    busy.reject()
    quiet = plan_in(busy, TINY, looks_at_all=looks_at_all).counts["quiet"]
    with busy.worker.store.read() as tx:
        assert checkpoints.counts(tx)["quiet"] == quiet
    assert (quiet > 2 * TINY.page, plan_in(busy, HeldAtOnce()).counts["quiet"]) == (True, quiet)


def test_what_a_crash_left_of_a_plan_is_never_seen_and_dropped_by_the_next(stage: Stage) -> None:
    lead = stage.add_lead(owner="Inbound_Leads", Title="課長")
    proposed = stage.plan()
    (change,) = proposed.changes
    stage.reject()
    store = stage.worker.store
    with begin(stage.worker, RunVerb.PLAN) as run, store.transaction() as tx:
        proposals.stage(tx, run.run_id, [(replace(change, change_id="f" * 32), Entry(State.APPROVED))])
        seal = Seal(run.run_id, Passed(), "policy@000000000001", run.at)
        assert proposals.seal_page(tx, seal, after="", rolled=ChangesDigest()) is None
    with store.read() as tx:
        verify_store(tx)
        assert [standing.state for standing in changes.of_record(tx, lead)] == [State.REJECTED]
        assert (plans.record(tx, run.run_id), changes.find(tx, ["f" * 32])) == (None, {})
    stage.plan()
    with store.read() as tx:
        assert not proposals.is_left(tx)
        verify_store(tx)
