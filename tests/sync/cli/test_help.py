"""Help needs no folder, speaks the reader's language, and does not load what only verbs use."""

import subprocess
import sys
from typing import Any

import pytest

from config.words.catalogue import catalogue
from sync.cli.main import VERBS

NAMES = [verb.__name__.rpartition(".")[2].replace("_", "-") for verb in VERBS]


def test_every_verb_of_the_command_line_is_there() -> None:
    assert set(NAMES) == {
        "demo", "init", "doctor", "validate", "plan", "show", "approve", "reject", "apply", "run", "explain", "report",
        "fields", "audit", "config", "lift", "give-back", "serve", "status", "pause", "resume", "sweep", "revert",
    }  # fmt: skip


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
    heavy = "{'polars', 'narwhals', 'sqlalchemy', 'requests', 'simple_salesforce', 'jinja2', 'alembic', 'lark'}"
    program = f"import sys; from sync.cli.main import main; main(['--help']); sys.exit(len({heavy} & set(sys.modules)))"

    assert subprocess.run([sys.executable, "-c", program], check=False, capture_output=True).returncode == 0


@pytest.mark.parametrize("name", ["", *NAMES])
def test_no_help_is_cut_short_or_left_in_english(call: Any, language: str, name: str) -> None:
    told = call(*name.split(), "--help").out
    assert "…" not in told
    assert language == "en" or not ("[default" in told or "[required" in told)
