"""What a sweep found: told at once, in a line of `status`, later by `report`, and in the log."""

import json
from pathlib import Path
from typing import Any

import pytest

from config.words.catalogue import Language, Words
from sync.sandbox.saved_org import SavedWorld


@pytest.fixture
def drifted(call: Any, folder: Path) -> Path:
    """A folder that knows a lead which is gone for good."""
    assert call("sweep", "--folder", folder).code == 0
    leads = SavedWorld(folder / "data" / "sandbox").load().tables["Lead"]
    leads.drop(next(iter(leads)))
    return folder


@pytest.mark.long
def test_drift_can_be_read_afterwards(call: Any, drifted: Path, language: str) -> None:
    words = Words(Language(language))
    told = call("sweep", "--folder", drifted)
    finished = [json.loads(line) for line in told.err.splitlines() if line.startswith("{")]
    (log,) = [line for line in finished if line["event"] == "run finished"]
    assert log["drift"]["Lead"] == {
        "listed": 39, "missing": 0, "stale": 0, "deleted": 0, "outside": 0, "gone": 1, "changed": 0,
    }  # fmt: skip

    listed = sum(counts["listed"] for counts in log["drift"].values())
    line = words.say("cli.sweep.line.drift", listed=f"{listed:,}", objects="Lead 1")
    assert line in call("status", "--folder", drifted).out

    again = call("report", log["run"][-4:], "--folder", drifted)
    assert again.out == told.out
    assert words.say("drift.gone") in again.out


def test_a_sweep_that_found_nothing_says_so_in_its_line(call: Any, folder: Path) -> None:
    call("sweep", "--folder", folder)
    assert "records as in the org" in call("status", "--folder", folder).out


@pytest.mark.long
def test_the_report_of_a_sweep_is_a_document_too(call: Any, drifted: Path) -> None:
    told = call("sweep", "--folder", drifted, "--json").document
    assert call("report", told["run"], "--folder", drifted, "--json").document == told
    assert told["objects"]["Lead"]["gone"] == 1


@pytest.mark.long
def test_a_sweep_is_written_to_no_file_and_says_so(call: Any, drifted: Path, tmp_path: Path) -> None:
    run_id = call("sweep", "--folder", drifted, "--json").document["run"]
    told = call("report", run_id, "--to", tmp_path / "sweep.html", "--folder", drifted)
    assert ("CL-122" in told.err, (tmp_path / "sweep.html").exists()) == (True, False)


@pytest.mark.long
def test_a_report_of_no_run_at_all_is_refused_as_before(call: Any, drifted: Path) -> None:
    assert "PL-401" in call("report", "99999999", "--folder", drifted).err


@pytest.mark.long
def test_the_last_sweep_is_told_however_many_runs_there_were_since(call: Any, folder: Path) -> None:
    call("sweep", "--folder", folder)
    for _ in range(6):
        call("apply", "--folder", folder)
    assert "records as in the org" in call("status", "--folder", folder).out
