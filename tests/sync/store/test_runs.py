"""Runs, the org of the store, and the texts that were used."""

from dataclasses import replace
from datetime import datetime

import pytest

from engine.errors import OtherOrgError, StoreError
from sync.store import orgs, runs, texts
from sync.store.database import Store
from sync.store.holders import Holder
from sync.store.runs import Run
from sync.store.texts import TextKind


def test_a_run_is_named_by_the_orgs_time_and_the_stores_sequence(store: Store, at: datetime, here: Holder) -> None:
    with store.transaction() as tx:
        ids = [runs.start(tx, verb="plan", at=at, holder=here) for _ in range(2)]
    assert ids == ["20261121T093000Z-0001", "20261121T093000Z-0002"]
    assert runs.sequence_of(ids[1]) == 2


def test_a_finished_run_keeps_its_outcome_and_figures(store: Store, run: str, at: datetime) -> None:
    with store.transaction() as tx:
        runs.finish(tx, run, outcome="done", figures={"pulled": 3}, at=at)
    with store.read() as tx:
        assert runs.run(tx, run) == Run(run, "run", at, at, "done", {"pulled": 3})


def test_a_run_ends_once(store: Store, run: str, at: datetime) -> None:
    with store.transaction() as tx:
        runs.finish(tx, run, outcome="done", figures={}, at=at)
    with pytest.raises(StoreError, match="SR-108"), store.transaction() as tx:
        runs.finish(tx, run, outcome="done", figures={}, at=at)


def test_only_runs_of_dead_processes_are_closed_as_interrupted(store: Store, at: datetime, here: Holder) -> None:
    with store.transaction() as tx:
        dead = runs.start(tx, verb="run", at=at, holder=replace(here, started="1"))
        runs.start(tx, verb="run", at=at, holder=here)
        runs.start(tx, verb="run", at=at, holder=replace(here, host="elsewhere"))
        assert runs.close_interrupted(tx, here=here, at=at) == (dead,)
        assert runs.close_interrupted(tx, here=here, at=at) == ()
        assert [run.outcome for run in runs.latest(tx)] == [None, None, "interrupted"]


def test_another_org_is_refused(store: Store, at: datetime) -> None:
    with store.transaction() as tx:
        for _ in range(2):
            orgs.pin(tx, org_id="00D000000000001AAA", is_sandbox=True, at=at)
    with pytest.raises(OtherOrgError, match="SR-107"), store.transaction() as tx:
        orgs.pin(tx, org_id="00D000000000002AAA", is_sandbox=True, at=at)


def test_a_text_is_kept_once(store: Store) -> None:
    with store.transaction() as tx:
        texts.keep(tx, TextKind.RULEBOOK, digest="d", text="name: リード")
        texts.keep(tx, TextKind.RULEBOOK, digest="d", text="name: リード")
        assert texts.text_of(tx, "d") == "name: リード"
        assert texts.text_of(tx, "e") is None
