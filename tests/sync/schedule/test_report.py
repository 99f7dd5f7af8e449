"""The pages that runs of the schedule leave behind."""

from contextlib import nullcontext
from pathlib import Path

import pytest

from config.settings.settings import FILE
from sync.run import begin
from sync.schedule.serve import Server
from sync.store import slots
from sync.store.slots import Slot
from sync.store.vocabulary import SlotState
from tests.stage import Stage

SETTINGS = "org: sandbox\nlanguage: ja\nsyncs: {leads: {cron: '*/15 * * * *'}, sweep: off}\n"


@pytest.fixture
def server(stage: Stage) -> Server:
    (stage.folder / FILE).write_text(SETTINGS, encoding="utf-8")
    made = Server(stage.worker, lambda: nullcontext(stage.worker), begin, lambda *_: None)
    made.run_due()
    return made


def look(stage: Stage, server: Server) -> Slot:
    stage.advance(900)
    assert server.run_due()
    with stage.worker.store.read() as tx:
        found = slots.last(tx, "leads")
    assert found is not None
    return found


def reports(stage: Stage) -> Path:
    return stage.worker.settings.data_folder / "reports"


def test_a_run_that_proposed_something_leaves_its_page(stage: Stage, server: Server) -> None:
    stage.add_lead(owner="suzuki", Title="部長")
    run_id = look(stage, server).run_id
    page = reports(stage) / f"{run_id}.html"

    assert [path.name for path in reports(stage).iterdir()] == [page.name]
    assert page.stat().st_mode & 0o777 == 0o600
    assert "山田製作所" in page.read_text(encoding="utf-8")


def test_a_run_with_nothing_to_tell_leaves_none(stage: Stage, server: Server) -> None:
    look(stage, server)

    assert not reports(stage).exists()


def test_the_page_of_an_earlier_plan_tells_what_was_written_since(stage: Stage, server: Server) -> None:
    stage.add_lead(owner="Inbound_Leads", Title="課長")
    stage.plan()
    plan = stage.run_id
    stage.approve()
    look(stage, server)

    assert stage.our_writes()
    assert (reports(stage) / f"{plan}.html").exists()


def test_a_page_that_cannot_be_written_does_not_undo_the_run(stage: Stage, server: Server) -> None:
    lead = stage.add_lead(owner="suzuki", Title="部長")
    reports(stage).write_text("in the way", encoding="utf-8")
    ended = look(stage, server)

    assert (ended.state, ended.codes) == (SlotState.PARTLY, ("SC-107",))
    assert [write.record_id for write in stage.our_writes()] == [lead]
