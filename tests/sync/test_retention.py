"""How long reports are kept, and what of the folder is not ours to remove."""

from pathlib import Path

import pytest

from sync.reports.forms import Form
from sync.retention import retire

OLD, NEW = "20261120T110000Z-0001", "20261120T120000Z-0002"


@pytest.mark.parametrize("ending", [*(f".{ending}" for form in Form for ending in form.endings), "-agreement.csv"])
def test_reports_of_old_runs_are_removed_in_every_form(tmp_path: Path, ending: str) -> None:
    old, new = (tmp_path / f"{run_id}{ending}" for run_id in (OLD, NEW))
    for path in (old, new):
        path.touch()

    assert (retire(tmp_path, {OLD}), old.exists(), new.exists()) == (1, False, True)


@pytest.mark.parametrize(
    "name", ["notes.txt", f"{OLD}.xlsx", "2020.csv", f"copy of {OLD}.html", f"{NEW}.html", "20200101T000000Z-0001.html"]
)
def test_what_is_of_no_old_run_stays(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()

    assert retire(tmp_path, {OLD}) == 0


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert retire(tmp_path / "reports", {OLD}) == 0
