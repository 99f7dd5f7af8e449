"""Runs, the org of the store, and the texts that were used."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from engine.errors import OtherOrgError, StoreError
from sync.store import leases, orgs, plans, runs
from sync.store.database import Store, Transaction
from sync.store.figures import Ended, Figures, Pulled
from sync.store.holders import Holder
from sync.store.runs import RunRecord
from sync.store.vocabulary import LeaseName, RunVerb, TextKind

FIGURES = Figures(pull=Pulled(rows={"Lead": 3}), end=Ended("山田製作所", api_calls=2, milliseconds=1500))


def test_a_run_is_named_by_the_orgs_time_and_the_stores_sequence(store: Store, at: datetime, here: Holder) -> None:
    with store.transaction() as tx:
        ids = [runs.start(tx, verb=RunVerb.PLAN, at=at, holder=here) for _ in range(2)]
        numbers = [runs.sequence_of(tx, each) for each in ids]
    assert (ids, numbers) == (["20261121T093000Z-0001", "20261121T093000Z-0002"], [1, 2])


def test_runs_are_found_by_when_they_began(store: Store, at: datetime, here: Holder) -> None:
    with store.transaction() as tx:
        first, second = (
            runs.start(tx, verb=RunVerb.PLAN, at=at + timedelta(hours=hours), holder=here) for hours in (0, 1)
        )
        found = [
            runs.begun(tx, before=at),
            runs.begun(tx, before=at + timedelta(seconds=1)),
            runs.begun(tx, before=at + timedelta(days=1)),
            runs.begun(tx, since=at + timedelta(hours=1), before=at + timedelta(days=1)),
        ]
    assert found == [set(), {first}, {first, second}, {second}]


def test_what_is_no_run_has_no_number(store: Store) -> None:
    with store.read() as tx, pytest.raises(StoreError, match="SR-108"):
        runs.sequence_of(tx, "20261121T093000Z-0009")


def test_a_finished_run_keeps_its_outcome_and_figures(store: Store, run: str, at: datetime) -> None:
    with store.transaction() as tx:
        runs.finish(tx, run, outcome="done", figures=FIGURES, at=at)
    with store.read() as tx:
        assert runs.run(tx, run) == RunRecord(run, "run", at, at, "done", FIGURES)


def test_a_run_ends_once(store: Store, run: str, at: datetime) -> None:
    with store.transaction() as tx:
        runs.finish(tx, run, outcome="done", figures=Figures(), at=at)
    with pytest.raises(StoreError, match="SR-108"), store.transaction() as tx:
        runs.finish(tx, run, outcome="done", figures=Figures(), at=at)


Close = Callable[[Transaction, datetime], tuple[str, ...]]
SOON, LATER = timedelta(seconds=59), timedelta(seconds=61)


@pytest.fixture
def close(here: Holder) -> Close:
    """What the next run does first, where leases last a minute."""
    return lambda tx, now: runs.close_interrupted(tx, here=here, at=now, clock=lambda: now, lease_seconds=60)


@pytest.fixture
def elsewhere(here: Holder) -> Holder:
    """A process on another machine."""
    return replace(here, host="elsewhere", pid=1)


def test_a_run_of_a_dead_process_is_closed_as_interrupted_at_once(
    store: Store, at: datetime, here: Holder, elsewhere: Holder, close: Close
) -> None:
    with store.transaction() as tx:
        dead = runs.start(tx, verb=RunVerb.RUN, at=at, holder=replace(here, started="1"))
        for holder in (here, elsewhere):
            runs.start(tx, verb=RunVerb.RUN, at=at, holder=holder)
        assert close(tx, at + SOON) == (dead,)
        assert close(tx, at + SOON) == ()
        assert [run.outcome for run in runs.latest(tx)] == [None, None, "interrupted"]


@pytest.mark.parametrize("place", [("elsewhere", "b"), ("here", "before the power cut")], ids=["host", "boot"])
def test_a_run_that_nobody_can_be_asked_about_is_closed_once_its_lease_is_over(
    store: Store, at: datetime, here: Holder, close: Close, place: tuple[str, str]
) -> None:
    holder = replace(here, host=place[0], boot=place[1])
    with store.transaction() as tx:
        run = runs.start(tx, verb=RunVerb.RUN, at=at, holder=holder)
        leases.take(tx, LeaseName.PULL, holder=holder, clock=lambda: at, lease_seconds=-1)
        assert close(tx, at + LATER) == (run,)


def test_a_run_of_a_living_process_beside_us_is_left_alone_though_it_holds_no_lease(
    store: Store, at: datetime, here: Holder, close: Close
) -> None:
    with store.transaction() as tx:
        runs.start(tx, verb=RunVerb.RUN, at=at, holder=here)
        assert close(tx, at + LATER) == ()


def test_a_run_elsewhere_whose_lease_somebody_took_is_closed(
    store: Store, at: datetime, here: Holder, elsewhere: Holder, close: Close
) -> None:
    with store.transaction() as tx:
        run = runs.start(tx, verb=RunVerb.RUN, at=at, holder=elsewhere)
        leases.take(tx, LeaseName.PULL, holder=elsewhere, clock=lambda: at, lease_seconds=-1)
        leases.take(tx, LeaseName.PULL, holder=here, clock=lambda: at, lease_seconds=3_600)
        assert close(tx, at + LATER) == (run,)


def test_a_run_elsewhere_that_renews_its_lease_is_left_alone(
    store: Store, at: datetime, elsewhere: Holder, close: Close
) -> None:
    with store.transaction() as tx:
        runs.start(tx, verb=RunVerb.RUN, at=at, holder=elsewhere)
        leases.take(tx, LeaseName.WRITE, holder=elsewhere, clock=lambda: at, lease_seconds=3_600)
        assert close(tx, at + LATER) == ()


def test_a_run_that_was_only_thought_to_be_over_ends_as_it_ended(
    store: Store, at: datetime, elsewhere: Holder, close: Close
) -> None:
    with store.transaction() as tx:
        run = runs.start(tx, verb=RunVerb.RUN, at=at, holder=elsewhere)
        close(tx, at + LATER)
        runs.finish(tx, run, outcome="done", figures=Figures(), at=at + LATER)
        assert [found.outcome for found in runs.latest(tx)] == ["done"]


def test_another_org_is_refused(store: Store, at: datetime) -> None:
    with store.transaction() as tx:
        for _ in range(2):
            orgs.pin(tx, org_id="00D000000000001AAA", is_sandbox=True, at=at)
    with pytest.raises(OtherOrgError, match="SR-107"), store.transaction() as tx:
        orgs.pin(tx, org_id="00D000000000002AAA", is_sandbox=True, at=at)


def test_a_text_is_kept_once(store: Store) -> None:
    with store.transaction() as tx:
        plans.keep_text(tx, TextKind.RULEBOOK, digest="d", text="name: リード")
        plans.keep_text(tx, TextKind.RULEBOOK, digest="d", text="name: リード")
        assert plans.text_of(tx, "d") == "name: リード"
        assert plans.text_of(tx, "e") is None
