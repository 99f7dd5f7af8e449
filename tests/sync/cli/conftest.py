"""A folder with a small sandbox org, and the command line called in this process as a terminal would call it."""

import contextlib
import io
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from config.starters.start import start_folder
from sync.cli.main import main
from sync.sandbox.generate import generate
from sync.sandbox.saved_org import SavedWorld
from tests.scenes import closed


@dataclass(frozen=True)
class Answer:
    """What one call left: its exit code, stdout and stderr."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.out)
        return told


Call: TypeAlias = Callable[..., Answer]


@pytest.fixture(params=["en", "ja"])
def language(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The terminal's language, both in turn."""
    monkeypatch.setenv("LEADSYNC_LANG", request.param)
    return str(request.param)


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    """The terminal is English unless a test asks for both."""
    monkeypatch.setenv("LEADSYNC_LANG", "en")


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    def calling(*arguments: object) -> Answer:
        capsys.readouterr()
        code = main([str(each) for each in arguments])
        told = capsys.readouterr()
        return Answer(code, told.out, told.err)

    return calling


@pytest.fixture(scope="session")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose sandbox org nobody has pulled from yet."""
    folder = tmp_path_factory.mktemp("org") / "folder"
    start_folder(folder)
    SavedWorld(folder / "data" / "sandbox").save(generate(leads=40, seed=1, now=datetime(2026, 11, 20, tzinfo=UTC)))
    return closed(folder)


@pytest.fixture
def folder(untouched: Path, tmp_path: Path) -> Path:
    """A copy of it for one test."""
    return Path(shutil.copytree(untouched, tmp_path / "folder"))


@dataclass(frozen=True)
class Planned:
    """A folder and the id of the plan in it, owner moves included."""

    folder: Path
    plan: str


@pytest.fixture(scope="session")
def once_planned(untouched: Path, tmp_path_factory: pytest.TempPathFactory) -> Planned:
    folder = Path(shutil.copytree(untouched, tmp_path_factory.mktemp("planned") / "folder"))
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()):
        assert main(["plan", "--owners", "--folder", str(folder), "--json"]) == 0
    return Planned(closed(folder), json.loads(out.getvalue())["run"])


@pytest.fixture
def planned(once_planned: Planned, tmp_path: Path) -> Planned:
    """A copy of it for one test."""
    return Planned(Path(shutil.copytree(once_planned.folder, tmp_path / "planned")), once_planned.plan)
