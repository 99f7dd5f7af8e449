"""What can go wrong while changes are read (rows P of the fault table): late, at the same second, deleted, merged, hidden."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from engine.errors import MapError, TransientError
from sync.host.shutdown import Shutdown
from sync.pull.pull import pull
from sync.run import Run, begin
from sync.sandbox.faults import Fault, FaultKind
from sync.sandbox.worlds import Switches, World
from sync.store import data_files
from sync.store.vocabulary import LeaseName, RunVerb
from tests import people
from tests.sandbox_org import with_rows
from tests.stage import RULEBOOK, Stage, staged


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """An empty org that was pulled once."""
    with staged(tmp_path / "folder", rulebook=RULEBOOK) as stage:
        pulled(stage)
        yield stage


def pulled(stage: Stage) -> Run:
    stage.advance(120)
    with begin(stage.worker, RunVerb.PLAN) as run, stage.worker.hold(LeaseName.PULL) as lease:
        run.tell(pull(run, lease))
    return run


def known(stage: Stage, record_id: str) -> dict[str, object]:
    (row,) = stage.worker.mirror.of("Lead", [record_id]).to_dicts()
    return row


def versions(stage: Stage) -> int:
    with stage.worker.store.read() as tx:
        return sum(data_file.rows for data_file in data_files.listed(tx, "Lead"))


def fates(run: Run) -> object:
    assert run.figures.pull is not None
    return run.figures.pull.fates.get("Lead")


class Meddler(Shutdown):
    """Does something in the org after each page that is read."""

    def __init__(self, stage: Stage, work: object) -> None:
        super().__init__()
        self._stage, self._work, self.times = stage, work, 0

    def check(self) -> None:
        self.times += 1
        self._stage.server.act(self._work)  # type: ignore[arg-type]


def lost(world: World, _: datetime) -> World:
    """Every cursor is forgotten."""
    return replace(world, cursors={})


def test_p1_what_is_committed_after_its_stamp_is_found_within_the_look_back_and_once(stage: Stage) -> None:
    lead = stage.add_lead(Title="課長")
    pulled(stage)

    def edit(world: World, now: datetime) -> World:
        return people.edit(world, now, "takahashi", lead, {"Title": "部長"})

    stage.server.act(lambda world, now: people.late(world, now, 300, edit))
    pulled(stage)
    assert known(stage, lead)["Title"] == "課長"
    stage.advance(200)
    pulled(stage)
    assert known(stage, lead)["Title"] == "部長"
    before = versions(stage)
    pulled(stage)
    assert versions(stage) == before


def test_p2_p3_p7_a_cluster_of_one_second_is_read_whole_though_every_cursor_is_lost(stage: Stage) -> None:
    stage.switch(Switches(page_size=3))
    for _ in range(10):
        stage.add_lead()
    stamp = "2026-11-20T00:10:00.000+0000"

    def at_once(world: World, _: datetime) -> World:
        return with_rows(world, Lead=[{**row, "SystemModstamp": stamp} for row in world.tables["Lead"].rows()])

    stage.server.act(at_once)
    stage.advance(900)
    meddling = replace(stage, worker=replace(stage.worker, shutdown=Meddler(stage, lost)))
    pull = pulled(meddling).figures.pull
    assert pull is not None
    assert pull.rows["Lead"] == 10


def test_p3_a_query_whose_place_is_lost_again_and_again_ends_with_an_error(stage: Stage) -> None:
    stage.switch(Switches(page_size=1))
    for _ in range(12):
        stage.add_lead()
    meddling = replace(stage, worker=replace(stage.worker, shutdown=Meddler(stage, lost)))
    with pytest.raises(TransientError) as failed:
        pulled(meddling)
    assert failed.value.problems[0].code == "SF-123"


def test_p5_a_pull_that_fails_at_its_last_object_moves_no_watermark(stage: Stage) -> None:
    lead = stage.add_lead(Title="課長")
    with stage.worker.store.read() as tx:
        before = data_files.watermark(tx, "Lead")
    stage.break_with(Fault(FaultKind.LIMIT, path="/composite", holds="queryAll"))
    with pytest.raises(TransientError):
        pulled(stage)
    with stage.worker.store.read() as tx:
        assert data_files.watermark(tx, "Lead") == before
    pulled(stage)
    assert known(stage, lead)["Title"] == "課長"


def test_p13_p14_a_field_that_vanishes_after_it_was_described_is_named(stage: Stage) -> None:
    pulled(stage)
    stage.switch(Switches(hidden=frozenset({"Lead.Title"})))
    with pytest.raises(MapError, match=r"map\.yaml:\d+:\d+.*Title"):
        pulled(stage)
    stage.switch(Switches())
    pulled(stage)


def test_p16_a_deleted_lead_is_seen_deleted_and_one_that_comes_back_alive(stage: Stage) -> None:
    lead = stage.add_lead()
    pulled(stage)
    stage.remove(lead)
    assert fates(pulled(stage)) == {"deleted": 1}
    assert known(stage, lead)["IsDeleted"] is True
    stage.server.act(lambda world, now: people.undelete(world, now, "takahashi", lead))
    assert fates(pulled(stage)) == {"restored": 1}
    assert known(stage, lead)["IsDeleted"] is False


def test_p16_a_merged_lead_is_gone_and_names_its_survivor(stage: Stage) -> None:
    loser, winner = stage.add_lead(), stage.add_lead()
    pulled(stage)
    stage.server.act(lambda world, now: people.merge(world, now, "takahashi", winner_id=winner, loser_id=loser))
    assert fates(pulled(stage)) == {"deleted": 1, "merged": 1}
    assert known(stage, loser)["MasterRecordId"] == winner


def test_a_converted_lead_is_counted(stage: Stage) -> None:
    lead = stage.add_lead()
    pulled(stage)
    stage.convert(lead)
    assert fates(pulled(stage)) == {"converted": 1}


def test_an_idle_run_makes_two_calls_and_three_when_slow_objects_are_due(stage: Stage) -> None:
    pulled(stage)
    assert pulled(stage).org.calls == 2
    stage.advance(stage.worker.settings.slow_objects_seconds)
    assert pulled(stage).org.calls == 3


def test_what_the_org_has_more_objects_of_is_described_in_one_call_a_day(stage: Stage) -> None:
    stage.advance(stage.worker.settings.describe_seconds)
    assert pulled(stage).org.calls == 4
