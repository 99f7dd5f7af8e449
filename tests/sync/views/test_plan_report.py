"""A plan's report from what the folder knows: as it was when the plan was made, and what the data behind it is worth."""

from pathlib import Path

import pytest

from config.words.catalogue import Language, Words
from engine.messages import Message
from sync.app import open_worker
from sync.sandbox.database import Value
from sync.sandbox.server import Opened
from sync.sandbox.worlds import World
from sync.views.plan_report import overview_of, report_of
from sync.views.report import RunReport
from sync.views.rows import OwnerKind
from tests.stage import RULEBOOK, Stage, staged


def kinds(report: RunReport) -> dict[str, OwnerKind]:
    """What each owner of records was, by id."""
    return {load.owner.id: load.owner.kind for load in report.loads}


def with_values(world: World, record_id: str, **values: Value) -> World:
    """The lead as no form would have saved it."""
    world.put({**world.tables["Lead"][record_id], **values})
    return world


def test_an_old_report_shows_who_was_active_then(stage: Stage) -> None:
    stage.add_lead(owner="suzuki", Title="課長")
    stage.plan()
    before, suzuki = stage.header(), stage.owner_id("suzuki")
    stage.leave("suzuki")
    stage.plan()
    assert kinds(report_of(stage.worker, before))[suzuki] is OwnerKind.USER
    assert kinds(report_of(stage.worker, stage.header()))[suzuki] is OwnerKind.INACTIVE


def test_what_is_counted_without_names_is_what_the_report_counts(stage: Stage) -> None:
    for title in ("部長", "課長", "担当"):
        stage.add_lead(owner="Inbound_Leads", Title=title, NumberOfEmployees=1000)
    stage.plan()
    plan = stage.header()
    assert overview_of(stage.worker.store, stage.worker.mirror, plan) == report_of(stage.worker, plan).overview
    assert overview_of(stage.worker.store, stage.worker.mirror, plan).moved == 3


def test_a_report_tells_the_time_in_the_zone_of_its_plan(tmp_path: Path) -> None:
    header = RULEBOOK["rulebook.yaml"] + "time zone: Europe/London\n"
    with staged(tmp_path / "folder", rulebook=RULEBOOK | {"rulebook.yaml": header}) as stage:
        stage.plan()
        assert report_of(stage.worker, stage.header()).heading.zone == "Europe/London"


def test_values_that_could_not_be_read_are_in_the_report(stage: Stage) -> None:
    lead = stage.add_lead(Title="課長")
    stage.server.act(lambda world, _: with_values(world, lead, NumberOfEmployees="many"))
    stage.plan()
    report = report_of(stage.worker, stage.header())
    assert Message.of("report.quality.unparsed", count=1, fields="Lead.NumberOfEmployees: 1") in report.heading.quality


@pytest.mark.long
@pytest.mark.parametrize("language", Language)
def test_values_that_are_not_what_the_map_says_are_in_the_report(tmp_path: Path, language: Language) -> None:
    """Every record of the mirror counts, not only what this run brought."""
    with staged(tmp_path / "folder", rulebook=RULEBOOK) as stage:
        field_map = stage.folder / "map.yaml"
        text = field_map.read_text(encoding="utf-8")
        field_map.write_text(text.replace("pi__grade__c, kind: text", "pi__grade__c, kind: grade"), encoding="utf-8")
        with open_worker(stage.folder, sandbox=Opened.of(stage.server)) as stage.worker:
            stage.touch(stage.add_lead(Title="課長"), pi__grade__c="S")
            stage.touch(stage.add_lead(Title="部長"), pi__grade__c="A+")
            stage.plan()
            stage.plan()
            report = report_of(stage.worker, stage.header())
    told = Message.of("report.quality.unfit", count=1, fields="Lead.pi__grade__c: 1")
    assert told in report.heading.quality
    assert "Lead.pi__grade__c: 1" in Words(language).message(told)


def test_data_that_is_well_needs_no_words(stage: Stage) -> None:
    stage.add_lead(Title="課長")
    stage.plan()
    report = report_of(stage.worker, stage.header())
    told = {"report.quality.activity", "report.quality.source_none"}
    assert {message.key for message in report.heading.quality} == told
