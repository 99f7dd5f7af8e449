"""Every room's sign is true: what it names is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("engine", "mapping", "config", "sync", "tests")
SIGNS = [ROOT / "README.md", *(sign for room in ROOMS for sign in (ROOT / room).rglob("README.md"))]
_NAMED = re.compile(r"`([\w./]+\.(?:py|json|toml))`|\]\(([\w./]+)\)")
_PATH = re.compile(rf"(?<![\w./}}-])(?:{'|'.join(ROOMS)})(?:/\w+)+(?:\.(?:py|json|toml|yaml|md)\b)?")


def test_every_file_a_sign_names_is_there() -> None:
    named = {
        (sign, name) for sign in SIGNS for pair in _NAMED.findall(sign.read_text("utf-8")) for name in pair if name
    }
    lost = {f"{sign.relative_to(ROOT)}: {name}" for sign, name in named if not _is_there(sign.parent, name)}
    assert lost == set()


def test_every_path_a_source_names_is_there() -> None:
    sources = [path for room in ROOMS for path in (ROOT / room).rglob("*.py") if path != Path(__file__)]
    lost = {f"{path.relative_to(ROOT)}: {name}" for path in sources for name in lost_in(path.read_text("utf-8"))}
    assert lost == set()


@pytest.mark.parametrize("planted", ["sync/gone.py", "engine/gone", "mapping/gone/fields", "tests/gone/a.json"])
def test_a_path_that_is_gone_is_found_with_and_without_backticks(planted: str) -> None:
    there = "`engine/values.py`, engine/values.Scalar, sync/app and config/words/*.toml"
    assert lost_in(f"(`{planted}`), as {planted}.SOMETHING, {there}.") == [planted] * 2


def test_every_folder_of_code_has_a_sentence_that_says_what_it_is_for() -> None:
    folders = {path.parent for room in ROOMS[:-1] for path in (ROOT / room).rglob("*.py")}
    silent = {
        str(folder.relative_to(ROOT))
        for folder in folders
        if not (folder / "__init__.py").is_file() or len((folder / "__init__.py").read_text("utf-8").strip()) < 20
    }
    assert silent == set()


def lost_in(text: str) -> list[str]:
    """Paths from the root that lead nowhere; a module may go without its `.py`."""
    return [path for path in _PATH.findall(text) if not (ROOT / path).exists() and not (ROOT / f"{path}.py").exists()]


def _is_there(folder: Path, name: str) -> bool:
    return any((start / name).exists() for start in (folder, ROOT, *folder.parents[:2]))
