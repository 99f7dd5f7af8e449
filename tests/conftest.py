"""What tests of every room may ask for: the shared folder of facts and recordings, which is read in place and never copied."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stage import RULEBOOK, Stage, staged

_SHARED = Path(__file__).parents[2] / "shared"
# Named by continuous integration: what must be there, so that a skip becomes a failure.
_REQUIRED = {name for name in os.environ.get("LEADSYNC_REQUIRE", "").split(",") if name}  # noqa: TID251


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of recorded traffic and real data beside the project; without it the test is skipped, saying so."""
    if not (_SHARED / "fixtures").is_dir():
        reason = "../shared is not here: recorded traffic and real data cannot be compared"
        if "shared" in _REQUIRED:
            pytest.fail(reason)
        pytest.skip(reason)
    return _SHARED


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """An empty org and the rulebook of tests/stage.py; the baseline (of nothing) is behind us."""
    with staged(tmp_path / "folder", rulebook=RULEBOOK) as stage:
        stage.plan()
        yield stage
