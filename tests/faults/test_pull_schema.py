"""What the org takes away between describe and query, or never let be asked (rows P14 and P17)."""

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from config.settings.syncs import Sync, Verb
from engine.errors import MapError
from sync.host.shutdown import Shutdown
from sync.pull.sweep import sweep
from sync.run import begin
from sync.sandbox.faults import Fault, FaultKind
from sync.sandbox.worlds import Switches
from sync.schedule.runner import work
from sync.store import slots
from sync.store.vocabulary import RunVerb, SlotState
from tests import people
from tests.scenes import begun
from tests.stage import RULEBOOK, Stage

WEB = "Web_Activity__c"
READERS = RULEBOOK | {
    "automation/rules.yaml": """
- name: has read on
  when: {activity: {kind: page view, count at least: 3}}
  then:
    - tag: reader
- name: greet
  when: {title: {is not empty: yes}}
  then:
    - tag: greeted
"""
}


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """An org that was pulled once."""
    with begun(tmp_path / "folder", Stage.pull, rulebook=READERS) as stage:
        yield stage


def refused(stage: Stage) -> dict[str, dict[str, object]]:
    """What the pull says is wrong, by code."""
    with pytest.raises(MapError) as failed:
        stage.pull()
    assert all(problem.where.startswith("map.yaml:") for problem in failed.value.problems)
    return {problem.code: dict(problem.params) for problem in failed.value.problems}


def test_p14_an_object_deleted_after_it_was_described_is_told_with_the_rules_that_go_by_it(stage: Stage) -> None:
    stage.switch(Switches(hidden=frozenset({WEB})))
    told = refused(stage)
    assert told["MP-201"] == {"object": WEB}
    assert told["MP-214"] == {"what": WEB, "rules": "'form submission', 'page view', 'has read on'"}
    assert refused(stage) == told
    stage.switch(Switches())
    stage.pull()


def test_p14_a_field_deleted_after_it_was_described_is_told_with_the_rules_that_go_by_it(stage: Stage) -> None:
    stage.switch(Switches(hidden=frozenset({"Lead.Title"})))
    told = refused(stage)
    assert told["MP-202"]["field"] == "Title"
    assert told["MP-214"] == {"what": "Title", "rules": "'buyer', 'user', 'fit', 'greet'"}


def test_p14_the_other_syncs_go_on(stage: Stage) -> None:
    stage.switch(Switches(hidden=frozenset({WEB})))
    assert [worked(stage, verb) for verb in (Verb.PLAN, Verb.APPLY)] == [
        (SlotState.FAILED, ("MP-201", "MP-214")),
        (SlotState.DONE, ()),
    ]


def worked(stage: Stage, verb: Verb) -> tuple[SlotState, tuple[str, ...]]:
    """How the slot of a sync of that verb ends."""
    worker = stage.worker
    with worker.store.transaction() as tx:
        slot = slots.take(tx, verb.value, worker.clock.now(), holder=worker.holder, at=worker.clock.now())
    assert slot
    ended, _ = work(
        slot, Sync(verb=verb, cron="0 * * * *"), store=worker.store, clock=worker.clock.now,
        opening=lambda: nullcontext(worker), beginning=begin, shutdown=Shutdown(),
    )  # fmt: skip
    return ended.state, ended.codes


@pytest.fixture(params=["rest", pytest.param("bulk", marks=pytest.mark.long)])
def unfiltered(request: pytest.FixtureRequest, stage: Stage) -> Stage:
    """Neither tasks nor leads can be asked for by their stamp."""
    stage.switch(Switches(unfiltered=frozenset({"Task.SystemModstamp", "Lead.SystemModstamp"}), page_size=3))
    stage.advance(stage.worker.settings.describe_seconds)
    return stage if request.param == "rest" else stage.set_to(bulk_query_records_min=1, range_records=3)


def subjects(stage: Stage) -> list[str]:
    found = stage.worker.mirror.latest("Task").collect()
    return sorted(found.filter(~found["IsDeleted"])["Subject"])


@pytest.mark.long
def test_p17_an_object_whose_stamp_cannot_be_asked_by_is_compared_whole_in_every_run(unfiltered: Stage) -> None:
    lead = unfiltered.add_lead()
    tasks = [unfiltered.add("Task", WhoId=lead, Subject=f"電話 {number}", Status="Completed") for number in range(5)]
    unfiltered.pull()
    unfiltered.edit("takahashi", tasks[3], Subject="メール")
    unfiltered.server.act(lambda world, now: people.remove(world, now, "takahashi", tasks[4]))
    run = unfiltered.pull()
    assert subjects(unfiltered) == ["メール", "電話 0", "電話 1", "電話 2"]
    assert run.figures.pull is not None
    assert run.figures.pull.new == {"Task": 2}


def test_p17_a_locator_that_is_gone_is_gone_on_without_there_too(stage: Stage) -> None:
    stage.switch(Switches(unfiltered=frozenset({"Task.SystemModstamp"}), page_size=3))
    stage.advance(stage.worker.settings.describe_seconds)
    lead = stage.add_lead()
    for number in range(8):
        stage.add("Task", WhoId=lead, Subject=f"電話 {number}", Status="Completed")
    stage.break_with(Fault(FaultKind.LOCATOR, path="/query/"), Fault(FaultKind.LOCATOR, path="/query/"))
    stage.pull()
    assert subjects(stage) == [f"電話 {number}" for number in range(8)]


def test_p17_a_row_that_leaves_the_filter_is_buried_there_too(unfiltered: Stage) -> None:
    text = unfiltered.worker.field_map.text
    stage = unfiltered.read_by(text.replace("asset: Subject}", "asset: Subject, filter: {Status: Completed}}"))
    lead = stage.add_lead()
    task = stage.add("Task", WhoId=lead, Subject="電話", Status="Completed")
    stage.pull()
    assert subjects(stage) == ["電話"]
    stage.edit("takahashi", task, Status="Not Started")
    stage.pull()
    assert subjects(stage) == []


def test_p17_such_an_object_is_swept_and_written_to_like_any_other(unfiltered: Stage) -> None:
    lead = unfiltered.add_lead(owner="Inbound_Leads", Title="課長")
    unfiltered.cycle()
    assert unfiltered.owner(lead) != "Inbound_Leads"
    unfiltered.advance(120)
    with begin(unfiltered.worker, RunVerb.SWEEP) as run:
        found = sweep(run)
    assert {name: drift.listed for name, drift in found.items() if drift.listed} == {"Lead": 1}
