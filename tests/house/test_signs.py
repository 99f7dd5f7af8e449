"""Every room's sign is true: what it names is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("engine", "mapping", "config", "sync", "tests")
SIGNS = [ROOT / "README.md", *(sign for room in ROOMS for sign in (ROOT / room).rglob("README.md"))]
_NAMED = re.compile(r"`([\w./]+\.(?:py|json|toml))`|\]\(([\w./]+)\)")
_PATH = re.compile(r"`((?:engine|mapping|config|sync|tests)/[\w/]+\.py)`")


def test_every_file_a_sign_names_is_there() -> None:
    named = {
        (sign, name) for sign in SIGNS for pair in _NAMED.findall(sign.read_text("utf-8")) for name in pair if name
    }
    lost = {f"{sign.relative_to(ROOT)}: {name}" for sign, name in named if not _is_there(sign.parent, name)}
    assert lost == set()


def test_every_file_a_docstring_names_is_there() -> None:
    sources = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    named = {(path, name) for path in sources for name in _PATH.findall(path.read_text("utf-8"))}
    lost = {f"{path.relative_to(ROOT)}: {name}" for path, name in named if not (ROOT / name).exists()}
    assert lost == set()


def test_every_folder_of_code_has_a_sentence_that_says_what_it_is_for() -> None:
    folders = {path.parent for room in ROOMS[:-1] for path in (ROOT / room).rglob("*.py")}
    silent = {
        str(folder.relative_to(ROOT))
        for folder in folders
        if not (folder / "__init__.py").is_file() or len((folder / "__init__.py").read_text("utf-8").strip()) < 20
    }
    assert silent == set()


def _is_there(folder: Path, name: str) -> bool:
    return any((start / name).exists() for start in (folder, ROOT, *folder.parents[:2]))
