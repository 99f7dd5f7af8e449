"""What can go wrong between two pages of a pull by REST (rows P4 to P7): nothing is missed, nothing is called done."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from engine.errors import LeadsyncError, OrgError, TransientError
from sync.host.host import CrashPoints
from sync.host.shutdown import Shutdown
from sync.sandbox.faults import Fault, FaultKind
from sync.sandbox.worlds import Switches
from sync.store import data_files, runs
from sync.store.data_files import Watermark
from tests.scenes import begun
from tests.stage import RULEBOOK, Stage

LEADS = 8
NEXT_PAGE = "/query/"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """An org that was pulled once and has eight new leads since, three to a page."""
    with begun(tmp_path / "folder", Stage.pull, rulebook=RULEBOOK) as stage:
        stage.switch(Switches(page_size=3))
        for _ in range(LEADS):
            stage.add_lead()
        yield stage


def leads(stage: Stage) -> int:
    return stage.worker.mirror.latest("Lead").collect().height


def mark(stage: Stage) -> Watermark | None:
    with stage.worker.store.read() as tx:
        return data_files.watermark(tx, "Lead")


def written(stage: Stage) -> int:
    with stage.worker.store.read() as tx:
        return sum(data_file.rows for data_file in data_files.listed(tx, "Lead"))


def outcome(stage: Stage) -> str | None:
    with stage.worker.store.read() as tx:
        return runs.latest(tx, limit=1)[0].outcome


def fails(stage: Stage, kind: type[LeadsyncError], code: str) -> None:
    """The pull fails with this, says so, and moves nothing; without the fault the next one has everything."""
    before = mark(stage)
    with pytest.raises(kind) as failed:
        stage.pull()
    assert failed.value.problems[0].code == code
    assert (outcome(stage), mark(stage), leads(stage)) == ("failed", before, 0)
    stage.server.act(lambda world, _: replace(world, faults=()))
    stage.pull()
    assert leads(stage) == LEADS


@pytest.mark.parametrize("page", [2, 3])
def test_p4_a_page_of_fewer_rows_than_were_counted_fails_the_run(stage: Stage, page: int) -> None:
    stage.break_with(Fault(FaultKind.SHORT, path=NEXT_PAGE, skip=page - 2))
    fails(stage, TransientError, "SF-121")


@pytest.mark.parametrize("page", [2, 3])
def test_p6_a_query_that_times_out_at_a_later_page_fails_the_run(stage: Stage, page: int) -> None:
    stage.break_with(Fault(FaultKind.SLOW_QUERY, path=NEXT_PAGE, skip=page - 2))
    fails(stage, OrgError, "SF-122")


@pytest.mark.parametrize("page", [2, 3])
def test_p7_a_locator_that_is_gone_is_gone_on_without(stage: Stage, page: int) -> None:
    stage.break_with(Fault(FaultKind.LOCATOR, path=NEXT_PAGE, skip=page - 2))
    stage.pull()
    assert (leads(stage), written(stage)) == (LEADS, LEADS)


def test_p7_a_session_that_is_rotated_at_page_two_and_takes_its_locators_along(stage: Stage) -> None:
    stage.break_with(Fault(FaultKind.EXPIRED, path=NEXT_PAGE), Fault(FaultKind.LOCATOR, path=NEXT_PAGE))
    stage.pull()
    assert (leads(stage), written(stage)) == (LEADS, LEADS)


class DiedError(Exception):
    """The process, at some point."""


@dataclass(slots=True)
class Death:
    """Comes at the n-th step of a pull, whatever that is."""

    after: int
    name: str = ""

    def step(self, name: str) -> None:
        self.after -= 1
        if self.after == 0:
            self.name = name
            raise DiedError


@dataclass(slots=True)
class DeadlyPoints(CrashPoints):
    step: Callable[[str], None] = field(default=lambda _: None)

    def reach(self, name: str) -> None:
        self.step(name)


class DeadlyShutdown(Shutdown):
    def __init__(self, step: Callable[[str], None]) -> None:
        super().__init__()
        self._step = step

    def check(self) -> None:
        self._step("page")


@pytest.mark.long
@pytest.mark.parametrize(
    ("way", "points"),
    [("rest", {"page", "data files written", "pull committed"}), ("bulk", {"query job kept", "page kept"})],
)
def test_p5_wherever_a_pull_dies_the_watermark_is_behind_what_was_not_kept(
    stage: Stage, way: str, points: set[str]
) -> None:
    if way == "bulk":
        stage = stage.set_to(bulk_query_records_min=1, range_records=3)
    before, names = mark(stage), set()
    for number in range(1, 100):
        death = Death(number)
        deadly = replace(
            stage,
            worker=replace(stage.worker, points=DeadlyPoints(step=death.step), shutdown=DeadlyShutdown(death.step)),
        )
        with suppress(DiedError):
            deadly.pull()
        names.add(death.name)
        assert leads(stage) == (0 if mark(stage) == before else LEADS)
        if leads(stage):
            break
    stage.pull()
    assert (leads(stage), written(stage)) == (LEADS, LEADS)
    assert names >= points
