"""The house keeps its own rules: lint, format, types, one-way imports, and files that can be read top to bottom once."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("engine", "mapping", "config", "sync", "tests")
FILES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
LINES_MAX = 350


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a tool of this Python's environment at the project's root."""
    tool, *arguments = command
    return subprocess.run(
        [str(Path(sys.executable).parent / tool), *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_ruff_finds_nothing() -> None:
    found = run("ruff", "check", "--no-cache", *ROOMS)
    assert found.returncode == 0, found.stdout


def test_every_file_is_formatted() -> None:
    found = run("ruff", "format", "--check", "--no-cache", *ROOMS)
    assert found.returncode == 0, found.stdout


@pytest.mark.long
def test_mypy_strict_finds_nothing() -> None:
    found = run("mypy")
    assert found.returncode == 0, found.stdout


@pytest.mark.long
def test_imports_point_one_way() -> None:
    found = run("lint-imports", "--no-cache")
    assert found.returncode == 0, found.stdout


def test_every_file_is_short_enough_to_read() -> None:
    lines = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    assert {path: count for path, count in lines.items() if count > LINES_MAX} == {}


def test_no_file_is_named_for_nothing() -> None:
    hollow = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc"}
    assert [str(path.relative_to(ROOT)) for path in FILES if path.stem in hollow] == []


def test_the_top_level_holds_the_four_rooms_and_nothing_else() -> None:
    listed = run_git("ls-files").splitlines()
    top = {name.split("/")[0] for name in listed}
    allowed = {*ROOMS, "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md"}
    extra = {name for name in top - allowed if not name.startswith((".", "requirements"))}
    assert extra == set()


def run_git(*arguments: str) -> str:
    """What git says of this tree; a source archive without git has nothing to check here."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout  # noqa: S607
