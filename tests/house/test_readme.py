"""The README is true: its commands are one line each, its rules load, and it names every verb."""

import re
from pathlib import Path

import pytest

from config.field_map.load import load_map
from config.rulebook.folder import rulebook_from
from sync.cli.main import VERBS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("ending", ["leadsync demo", "pytest -q"])
def test_a_command_is_one_line_that_needs_python_and_pip_only(ending: str) -> None:
    (command,) = [text.strip() for kind, text in BLOCKS if kind == "sh" and text.strip().endswith(ending)]
    assert "\n" not in command
    assert command.startswith("python3 -m venv .venv && .venv/bin/pip install -q -r requirements")


def test_the_rules_shown_load() -> None:
    (shown,) = [text for kind, text in BLOCKS if kind == "yaml" and "# rulebook/" in text]
    parts = re.split(r"^# rulebook/(\S+) - .*\n", shown, flags=re.MULTILINE)[1:]
    texts = dict(zip(parts[::2], parts[1::2], strict=True))
    whole = {
        "rulebook.yaml": "name: shown\ndefault profile: 国内製造業\n",
        "assignment.yaml": "pools:\n  - {name: 関東, members: [a@example.jp], turn: least recent}\n",
        "scoring.yaml": "points: {form submission: 50}\n",
        **texts,
    }
    rulebook = rulebook_from(whole, load_map(ROOT / "config" / "starters" / "manufacturer" / "map.yaml"))
    assert (len(rulebook.profiles), len(rulebook.rules)) == (1, 1)


@pytest.mark.parametrize("verb", [module.__name__.rpartition(".")[2].replace("_", "-") for module in VERBS])
def test_every_verb_is_named(verb: str) -> None:
    assert re.search(rf"`{verb}\b", README)
