"""How long reports are kept, and what of the folder is not ours to remove."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from sync.reports.forms import Form
from sync.retention import retire

BEFORE = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize("ending", [*(f".{ending}" for form in Form for ending in form.endings), "-agreement.csv"])
def test_reports_of_runs_before_then_are_removed_in_every_form(tmp_path: Path, ending: str) -> None:
    old, new = (tmp_path / f"20261120T{hour}0000Z-0001{ending}" for hour in (11, 12))
    for path in (old, new):
        path.touch()

    assert (retire(tmp_path, before=BEFORE), old.exists(), new.exists()) == (1, False, True)


@pytest.mark.parametrize(
    "name", ["notes.txt", "20200101T000000Z-0001.xlsx", "2020.csv", "copy of 20200101T000000Z-0001.html"]
)
def test_what_people_put_there_stays(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()

    assert retire(tmp_path, before=BEFORE) == 0


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert retire(tmp_path / "reports", before=BEFORE) == 0
