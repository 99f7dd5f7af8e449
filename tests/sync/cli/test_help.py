"""Help needs no folder, speaks the reader's language, and does not load what only verbs use. Its verbs are files."""

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from config.words.catalogue import catalogue
from sync.cli import verbs
from sync.cli.main import verbs_of

NAMES = list(verbs_of(verbs))
# Words of Typer's own page.
ENGLISH = re.compile(r"Usage|OPTIONS|COMMAND|ARGS|default|required|<(bool|int|str|list)")


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """An empty folder of verbs, other than ours."""
    folder = tmp_path / "verbs_of_a_test"
    folder.mkdir()
    (folder / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, folder.name, raising=False)
    return import_module(folder.name)


def test_a_verb_is_a_file_and_listed_nowhere(package: ModuleType) -> None:
    (Path(package.__path__[0]) / "give_back.py").write_text("def add(app, terminal): ...\n", encoding="utf-8")

    found = verbs_of(package)

    assert (list(found), found["give-back"].__name__) == (["give-back"], f"{package.__name__}.give_back")


def test_a_verb_without_words_is_named(package: ModuleType) -> None:
    (Path(package.__path__[0]) / "wave.py").write_text("def add(app, terminal): ...\n", encoding="utf-8")

    with pytest.raises(LookupError, match=r"wave: config/words/verbs.toml has no 'cli.wave'"):
        verbs_of(package)


def test_verbs_stand_as_their_words_do(call: Any) -> None:
    shown = re.findall(r"^│ ([a-z]\S*)", call().out, re.MULTILINE)

    assert shown == [key.removeprefix("cli.") for key in catalogue() if key.removeprefix("cli.") in NAMES]
    assert (shown[0], len(shown)) == ("demo", len(NAMES))


@pytest.mark.parametrize("name", NAMES)
def test_a_verb_says_what_it_does(call: Any, language: str, name: str) -> None:
    told = call(name, "--help")

    assert told.code == 0
    assert catalogue()[f"cli.{name}"][language][:12] in told.out


def test_without_a_verb_the_help_is_shown(call: Any, language: str) -> None:
    told = call()

    assert told.code == 0
    assert all(name in told.out for name in NAMES)
    assert catalogue()["cli.panel.verbs"][language] in told.out


def test_help_loads_no_library_of_a_verb() -> None:
    heavy = "{'polars', 'narwhals', 'sqlalchemy', 'requests', 'simple_salesforce', 'jinja2', 'alembic'}"
    program = f"import sys; from sync.cli.main import main; main(['--help']); sys.exit(len({heavy} & set(sys.modules)))"

    assert subprocess.run([sys.executable, "-c", program], check=False, capture_output=True).returncode == 0


@pytest.mark.parametrize("name", ["", *NAMES])
def test_no_help_is_cut_short_or_left_in_english(call: Any, language: str, name: str) -> None:
    told = call(*name.split(), "--help").out
    assert "…" not in told
    assert language == "en" or not ENGLISH.search(told)
