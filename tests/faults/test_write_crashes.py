"""Crash anywhere while a Bulk job is written: the next run adopts it or stops it, and ends where an undisturbed one ends."""

import shutil
from pathlib import Path

import pytest

from sync.sandbox.saved_org import SavedWorld
from sync.sandbox.worlds import JobState
from tests.command import leadsync
from tests.faults.test_crashes import Outcome, outcome_of
from tests.scenes import closed
from tests.stage import staged

pytestmark = pytest.mark.long

POINTS = ("job expected", "job created", "intent committed", "rows uploaded", "job closed", "answer received",
          "answer committed")  # fmt: skip


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a baseline of fields approved, to be written by job: nothing sent yet."""
    folder = tmp_path_factory.mktemp("crash") / "folder"
    with staged(folder, leads=60, seed=4) as stage:
        stage.plan(with_owners=False)
        stage.approve()
        stage.advance(600)
    with (folder / "settings.yaml").open("a", encoding="utf-8") as settings:
        settings.write("\nguarded_records_max: 1\ncollections_records_max: 1\nbulk_poll_seconds: 1\n")
    return folder


@pytest.fixture
def folder(prepared: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(closed(prepared), tmp_path / "folder"))


@pytest.fixture(scope="module")
def undisturbed(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    folder = Path(shutil.copytree(closed(prepared), tmp_path_factory.mktemp("calm") / "folder"))
    assert leadsync(folder, "apply").returncode == 0
    return outcome_of(folder)


@pytest.mark.parametrize("point", POINTS)
def test_w22_a_worker_that_dies_around_a_job_is_followed_by_one_that_ends_the_same(
    folder: Path, undisturbed: Outcome, point: str
) -> None:
    assert leadsync(folder, "apply", crash_at=f"{point}:1").returncode == 137
    followed = leadsync(folder, "apply")
    assert (followed.returncode, followed.stderr.count("LS-101")) == (0, 0)
    assert outcome_of(folder) == undisturbed
    states = [job.state for job in SavedWorld(folder / "data" / "sandbox").load().jobs.values()]
    assert set(states) <= {JobState.COMPLETE, JobState.ABORTED}
    assert states.count(JobState.COMPLETE) == 1


def test_w22_dying_again_while_taking_a_job_over_changes_nothing(folder: Path, undisturbed: Outcome) -> None:
    for point in ("job created:1", "rows uploaded:1", "job closed:1"):
        assert leadsync(folder, "apply", crash_at=point).returncode == 137
    assert leadsync(folder, "apply", crash_at="answer committed:1").returncode == 137
    assert leadsync(folder, "apply").returncode == 0
    assert outcome_of(folder) == undisturbed
