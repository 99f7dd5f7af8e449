"""The demo's answer: runs whose changes add up, nothing left to propose, every write accounted for."""

from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """One small demo, as JSON."""
    import contextlib
    import io
    import json

    from sync.cli.main import main

    folder = tmp_path_factory.mktemp("demo") / "folder"
    with contextlib.redirect_stdout(io.StringIO()) as out:
        assert main(["demo", "--leads", "60", "--seed", "3", "--folder", str(folder), "--json"]) == 0
    document: dict[str, Any] = json.loads(out.getvalue())
    return document


def test_proposed_is_the_sum_over_states(told: dict[str, Any]) -> None:
    assert [run["proposed"] for run in told["runs"]] == [sum(run["states"].values()) for run in told["runs"]]


def test_nothing_is_left_and_nothing_is_unexplained(told: dict[str, Any]) -> None:
    sound = {name: told[name] for name in ("idle_plan_changes", "unexplained_writes", "audit_ok")}

    assert sound == {"idle_plan_changes": 0, "unexplained_writes": 0, "audit_ok": True}


def test_report_and_audit_are_there(told: dict[str, Any]) -> None:
    assert Path(told["report"]).is_file()
    assert Path(told["audit"]).is_file()


def test_every_run_says_what_it_cost(told: dict[str, Any]) -> None:
    assert all(run["api_calls"] > 0 and run["seconds"] >= 0 and run["pulled"] for run in told["runs"])
    assert told["schema_version"] == 1
