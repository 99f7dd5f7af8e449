"""What can go wrong while much is read (rows P and T of the fault table): nothing is half read, and nothing read twice."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from engine.errors import TransientError
from sync.host.host import Clock
from sync.pull.pull import pull
from sync.run import Run, begin
from sync.sandbox.faults import Fault, FaultKind
from sync.store import data_files, jobs
from sync.store.vocabulary import LeaseName, RunVerb
from tests.scenes import begun
from tests.stage import RULEBOOK, Stage

TEXTS = (
    '"quoted", and not',
    "lone\rreturn",
    "two\nlines\r\nthree",
    "nul\0byte",
    "#N/A",
    "絵文字🎌",
    "two  spaces",
    "=1+1",
)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """An empty org that was pulled once."""
    with begun(tmp_path / "folder", pulled, rulebook=RULEBOOK) as stage:
        yield stage


@pytest.fixture
def much(stage: Stage) -> Stage:
    """An org with eight new leads, where one record is much, three are a page, and waiting takes no time."""
    for text in TEXTS:
        stage.add_lead(Company=text)
    stage.advance(120)
    worker = stage.worker
    settings = worker.settings.model_copy(update={"bulk_query_records_min": 1, "range_records": 3})
    clock = Clock(worker.clock.now, lambda: worker.clock.now().timestamp(), stage.advance)
    return replace(stage, worker=replace(worker, settings=settings, clock=clock))


def pulled(stage: Stage) -> Run:
    """A run that only pulls."""
    with begin(stage.worker, RunVerb.PLAN) as run, stage.worker.hold(LeaseName.PULL) as lease:
        run.tell(pull(run, lease))
    return run


def companies(stage: Stage) -> list[str]:
    return sorted(stage.worker.mirror.latest("Lead").collect()["Company"])


def mark(stage: Stage) -> object:
    with stage.worker.store.read() as tx:
        return data_files.watermark(tx, "Lead")


def query_jobs(stage: Stage) -> int:
    return len([job for job in stage.server.world.jobs.values() if job.kind == "query"])


def rows(run: Run) -> int:
    assert run.figures.pull is not None
    return run.figures.pull.rows["Lead"]


def fails(stage: Stage, code: str) -> None:
    with pytest.raises(TransientError) as failed:
        pulled(stage)
    assert failed.value.problems[0].code == code


def test_p8_every_page_of_a_result_is_read(much: Stage) -> None:
    assert rows(pulled(much)) == len(TEXTS)
    assert companies(much) == sorted(TEXTS)


def test_p11_texts_come_as_they_are(much: Stage) -> None:
    pulled(much)
    assert set(companies(much)) == set(TEXTS)


@pytest.mark.parametrize("kind", [FaultKind.CUT, FaultKind.SHORT])
def test_p9_a_page_that_is_torn_is_asked_for_again(much: Stage, kind: FaultKind) -> None:
    much.break_with(Fault(kind, path="/results", after=60))
    pulled(much)
    assert companies(much) == sorted(TEXTS)


@pytest.mark.parametrize("kind", [FaultKind.SHORT, FaultKind.REPEATED])
def test_p4_p10_a_result_that_is_not_what_it_says_is_not_taken_over(much: Stage, kind: FaultKind) -> None:
    before = mark(much)
    much.break_with(Fault(kind, path="/results", times=9))
    fails(much, "SF-127")
    assert (mark(much), companies(much)) == (before, [])
    much.server.act(lambda world, _: replace(world, faults=()))
    pulled(much)
    assert companies(much) == sorted(TEXTS)


def test_p6_a_query_that_failed_fails_the_run_and_the_next_asks_anew(much: Stage) -> None:
    before = mark(much)
    much.break_with(Fault(FaultKind.JOB_FAILED, path="jobs/query"))
    fails(much, "SF-124")
    assert mark(much) == before
    pulled(much)
    assert companies(much) == sorted(TEXTS)


def test_a_later_run_goes_on_behind_the_last_page_that_is_on_disk(much: Stage) -> None:
    much.break_with(Fault(FaultKind.LIMIT, path="/results", skip=2))
    fails(much, "SF-110")
    with much.worker.store.read() as tx:
        (job,) = jobs.queries(tx)
    assert [page["rows"] for page in job.pages] == [3, 3]
    again = pulled(much)
    assert (query_jobs(much), rows(again), companies(much)) == (1, 8, sorted(TEXTS))
    with much.worker.store.read() as tx:
        assert jobs.queries(tx) == ()


def test_pages_of_a_question_nobody_asks_any_more_are_thrown_away(much: Stage) -> None:
    much.break_with(Fault(FaultKind.LIMIT, path="/results", skip=1))
    fails(much, "SF-110")
    few = replace(much, worker=replace(much.worker, settings=much.worker.settings.model_copy(
        update={"bulk_query_records_min": 100})))  # fmt: skip
    pulled(few)
    assert companies(much) == sorted(TEXTS)
    pulled(few)
    files = {path.name for path in (much.worker.mirror.folder / "Lead").iterdir()}
    with much.worker.store.read() as tx:
        assert files == {
            data_file.path.split("/")[1] for data_file in data_files.kept(tx) if data_file.object == "Lead"
        }


@pytest.mark.long
def test_t10_a_job_that_never_ends_stops_at_the_deadline_and_is_gone_on_with(much: Stage) -> None:
    much = much.set_to(run_deadline_seconds=600)
    much.break_with(Fault(FaultKind.JOB_STUCK, path="jobs/query"))
    fails(much, "SF-125")
    fails(much, "SF-125")
    assert query_jobs(much) == 1
    much.advance(timedelta(days=1).total_seconds())
    pulled(much)
    assert (query_jobs(much), companies(much)) == (2, sorted(TEXTS))


def test_a_job_the_org_has_forgotten_is_asked_anew(much: Stage) -> None:
    much.break_with(Fault(FaultKind.LIMIT, path="/results", skip=1))
    fails(much, "SF-110")
    much.server.act(lambda world, _: replace(world, jobs={}))
    pulled(much)
    assert companies(much) == sorted(TEXTS)


@pytest.mark.long  # the retries of a single call really wait
def test_w23_a_poll_that_fails_ends_no_job(much: Stage) -> None:
    much.break_with(Fault(FaultKind.MAINTENANCE, path="/jobs/query/", times=6))
    pulled(much)
    assert (query_jobs(much), companies(much)) == (1, sorted(TEXTS))
