"""The sweep: what no stamp tells is found by comparing, and told as drift."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from engine.errors import OrgError
from sync.host.host import Clock
from sync.pull.sweep import sweep
from sync.run import begin
from sync.sandbox.database import Value
from sync.sandbox.worlds import World
from sync.store.figures import Drift
from sync.store.vocabulary import RunVerb
from tests import people
from tests.sandbox_org import with_rows
from tests.stage import RULEBOOK, Stage, staged


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """An empty org."""
    with staged(tmp_path / "folder", rulebook=RULEBOOK) as stage:
        yield stage


def swept(stage: Stage, *, accepts_gone: bool = False) -> Drift:
    """What the sweep found of leads."""
    stage.advance(120)
    with begin(stage.worker, RunVerb.SWEEP) as run:
        return sweep(run, accepts_gone=accepts_gone)["Lead"]


def in_bulk(stage: Stage) -> Stage:
    worker = stage.worker
    settings = worker.settings.model_copy(update={"bulk_query_records_min": 1})
    clock = Clock(worker.clock.now, worker.clock.monotonic, stage.advance)
    return replace(stage, worker=replace(worker, settings=settings, clock=clock))


def known(stage: Stage, record_id: str) -> dict[str, object]:
    (row,) = stage.worker.mirror.of("Lead", [record_id]).to_dicts()
    return row


def edit_unnoticed(stage: Stage, record_id: str, **values: Value) -> None:
    """A version whose stamp is older than any look-back when it is seen first."""

    def late(world: World, _: datetime) -> World:
        known = world.tables["Lead"][record_id]
        world.put({**known, "SystemModstamp": "2026-11-20T00:10:00.000+0000", **values})
        return world

    stage.server.act(late)


@pytest.fixture(params=["rest", pytest.param("bulk", marks=pytest.mark.long)])
def org(request: pytest.FixtureRequest, stage: Stage) -> Stage:
    return stage if request.param == "rest" else in_bulk(stage)


def test_nothing_differs_and_nothing_is_written(org: Stage) -> None:
    org.add_lead()
    assert [swept(org), swept(org)] == [Drift(listed=1), Drift(listed=1)]


def test_p16_a_lead_deleted_for_good_is_found_and_buried(org: Stage) -> None:
    gone, kept = org.add_lead(), org.add_lead()
    swept(org)
    org.server.act(lambda world, now: people.hard_delete(world, now, "takahashi", gone))
    assert swept(org) == Drift(listed=1, gone=1)
    assert (known(org, gone)["IsDeleted"], known(org, kept)["IsDeleted"]) == (True, False)
    assert swept(org) == Drift(listed=1)


def test_what_came_later_than_any_look_back_is_found(org: Stage) -> None:
    lead = org.add_lead(Title="課長")
    org.advance(2_000)
    swept(org)
    org.advance(2_000)
    edit_unnoticed(org, lead, Title="部長")
    assert swept(org) == Drift(listed=1, stale=1)


def with_a_formula(stage: Stage) -> Stage:
    """The same folder by a map that names a formula field, for whose sake a sweep reads leads whole."""
    text = stage.worker.field_map.text
    return stage.read_by(text.replace("industry: Industry", "industry: {field: Owner_Active__c, kind: boolean}"))


def test_what_was_deleted_without_a_sign_is_found_where_all_is_read_again(org: Stage) -> None:
    stage = with_a_formula(org)
    lead = stage.add_lead()
    stage.advance(2_000)
    swept(stage)
    stage.advance(2_000)
    edit_unnoticed(stage, lead, IsDeleted=True)
    assert (swept(stage), known(stage, lead)["IsDeleted"]) == (Drift(listed=1, deleted=1), True)


def test_p15_a_formula_that_changes_without_a_stamp_is_found(org: Stage) -> None:
    stage = with_a_formula(org)
    lead = stage.add_lead(owner="suzuki")
    stage.advance(2_000)
    swept(stage)
    stage.leave("suzuki")
    assert swept(stage) == Drift(listed=1, changed=1)
    assert known(stage, lead)["Owner_Active__c"] is False


@pytest.mark.long
def test_an_org_that_shows_hardly_anything_any_more_is_not_believed(stage: Stage) -> None:
    leads = [stage.add_lead() for _ in range(101)]
    swept(stage)

    def vanish(world: World, _: datetime) -> World:
        return with_rows(world, Lead=())

    stage.server.act(vanish)
    with pytest.raises(OrgError) as refused:
        swept(stage)
    assert refused.value.problems[0].code == "SF-126"
    assert known(stage, leads[0])["IsDeleted"] is False
    assert swept(stage, accepts_gone=True) == Drift(listed=0, gone=101)
