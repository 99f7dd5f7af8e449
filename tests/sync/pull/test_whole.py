"""What is read whole takes the place of all that was known: of small objects, and of those a map reads differently now."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from engine.errors import OrgError
from sync.host.host import CrashPoints
from sync.pull.sweep import sweep
from sync.run import Run, begin
from sync.sandbox.database import Record
from sync.sandbox.worlds import Switches, World
from sync.store import runs
from sync.store.figures import Drift
from sync.store.vocabulary import RunVerb
from tests.sandbox_org import with_rows
from tests.stage import RULEBOOK, Stage, staged


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with staged(tmp_path / "folder", rulebook=RULEBOOK) as stage:
        yield stage


@pytest.fixture(params=["rest", pytest.param("bulk", marks=pytest.mark.long)])
def org(request: pytest.FixtureRequest, stage: Stage) -> Stage:
    return stage if request.param == "rest" else stage.set_to(bulk_query_records_min=1, range_records=2)


def living(stage: Stage, name: str) -> list[str]:
    found = stage.worker.mirror.latest(name).collect()
    return found.filter(~found["IsDeleted"])["Id"].to_list()


@pytest.mark.long
def test_no_member_of_a_large_group_is_buried_however_many_pages_and_files_it_takes(stage: Stage) -> None:
    stage.switch(Switches(page_size=2))
    small = stage.set_to(range_records=4, slow_objects_seconds=60)
    for _ in range(3):
        small.pull()
        for name in ("Group", "GroupMember", "QueueSobject", "UserRole"):
            assert living(small, name) == sorted(stage.server.world.tables[name]), name


def test_a_member_who_left_a_large_group_is_buried(stage: Stage) -> None:
    stage.switch(Switches(page_size=2))
    small = stage.set_to(range_records=4, slow_objects_seconds=60)
    small.pull()
    gone = max(stage.server.world.tables["GroupMember"])
    unnoticed(small, "GroupMember", lambda key, row: None if key == gone else row)
    small.pull()
    assert living(small, "GroupMember") == sorted(stage.server.world.tables["GroupMember"])


def tasks(stage: Stage, *, done: int, begun: int = 0) -> list[str]:
    """So many completed and others; the completed ones."""
    lead = stage.add_lead()
    for _ in range(begun):
        stage.add("Task", WhoId=lead, Subject="電話", Status="Not Started")
    return sorted(stage.add("Task", WhoId=lead, Subject="電話", Status="Completed") for _ in range(done))


def completed_only(stage: Stage) -> Stage:
    text = stage.worker.field_map.text
    return stage.read_by(text.replace("asset: Subject}", "asset: Subject, filter: {Status: Completed}}"))


def test_a_narrower_filter_buries_what_it_leaves_out_once(org: Stage) -> None:
    done = tasks(org, done=3, begun=5)
    org.pull()
    assert len(living(org, "Task")) == 8
    narrow = completed_only(org)
    assert fates(narrow.pull()) == {"Task": {"outside": 5}}
    assert living(org, "Task") == done
    assert fates(narrow.pull()) == {}


def test_a_wider_filter_brings_back_what_was_outside(org: Stage) -> None:
    tasks(org, done=1, begun=2)
    org.pull()
    completed_only(org).pull()
    org.pull()
    assert len(living(org, "Task")) == 3


def unnoticed(stage: Stage, name: str, changed: Callable[[str, Record], Record | None]) -> None:
    """Records of an object become others, or none at all, and no stamp tells."""

    def act(world: World, _: datetime) -> World:
        rows = [new for key, row in world.tables[name].items() if (new := changed(key, row))]
        return with_rows(world, **{name: rows})

    stage.server.act(act)


def drift(run: Run | runs.RunRecord) -> Mapping[str, Drift]:
    assert run.figures.sweep is not None
    return run.figures.sweep.drift


def fates(run: Run) -> Mapping[str, Mapping[str, int]]:
    assert run.figures.pull is not None
    return run.figures.pull.fates


def swept(stage: Stage) -> Run:
    stage.advance(120)
    with begin(stage.worker, RunVerb.SWEEP) as run:
        sweep(run)
    return run


@pytest.mark.long
def test_a_sweep_looks_at_what_the_filters_leave_out_before_it_calls_it_gone(org: Stage) -> None:
    done = tasks(org, done=102)
    stage = completed_only(org)
    stage.advance(2_000)
    stage.pull()
    unnoticed(stage, "Task", lambda key, row: row if key == done[0] else {**row, "Status": "Not Started"})
    assert drift(swept(stage))["Task"] == Drift(listed=1, outside=101)
    assert living(stage, "Task") == done[:1]


@pytest.mark.long
def test_filtered_records_that_are_really_gone_are_not_believed_either(org: Stage) -> None:
    done = tasks(org, done=101)
    stage = completed_only(org)
    stage.advance(2_000)
    stage.pull()
    unnoticed(stage, "Task", lambda _key, _row: None)
    with pytest.raises(OrgError) as refused:
        swept(stage)
    assert [problem.code for problem in refused.value.problems] == ["SF-126"]
    assert living(stage, "Task") == done


def test_one_object_that_vanished_does_not_end_the_sweep_of_the_others(stage: Stage) -> None:
    """Leads come first, and the error last."""
    tasks(stage, done=1)
    for _ in range(101):
        stage.add_lead()
    stage.pull()
    unnoticed(stage, "Lead", lambda _key, _row: None)
    unnoticed(stage, "Task", lambda _key, _row: None)
    with pytest.raises(OrgError) as refused:
        swept(stage)
    assert [dict(problem.params)["object"] for problem in refused.value.problems] == ["Lead"]
    with stage.worker.store.read() as tx:
        (last,) = runs.latest(tx, limit=1)
    assert last.figures.end is not None
    assert (last.outcome, last.figures.end.codes) == ("failed", ("SF-126",))
    assert drift(last) == {**drift(last), "Task": Drift(listed=0, gone=1)}
    assert "Lead" not in drift(last)
    assert last.figures.sweep is not None
    assert last.figures.sweep.retired is not None
    assert (living(stage, "Task"), len(living(stage, "Lead"))) == ([], 102)


def test_what_moves_while_it_is_compared_is_no_drift(org: Stage) -> None:
    """The next pull sees it."""
    lead, gone = org.add_lead(Title="課長"), org.add_lead()
    org.pull()
    busy = replace(org, worker=replace(org.worker, points=Meanwhile(org, lead, gone)))
    assert drift(swept(busy))["Lead"] == Drift(listed=3)
    org.pull()
    assert len(living(org, "Lead")) == 2


class Meanwhile(CrashPoints):
    """People at work between the pull of a sweep and its comparison: one lead edited, one deleted, one new."""

    def __init__(self, stage: Stage, edited: str, deleted: str) -> None:
        super().__init__()
        self._stage, self._edited, self._deleted = stage, edited, deleted

    def reach(self, point: str) -> None:
        if point == "pull committed":
            self._stage.advance(60)
            self._stage.edit("takahashi", self._edited, Title="部長")
            self._stage.remove(self._deleted)
            self._stage.add_lead()
