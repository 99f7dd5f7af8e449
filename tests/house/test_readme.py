"""The README is true: its commands are one line each, its rules load, and it names every verb."""

import re
from pathlib import Path

from config.field_map.load import load_map
from config.rulebook.folder import rulebook_from
from sync.cli import verbs
from sync.cli.main import verbs_of

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", README, re.DOTALL)


def test_a_command_is_one_line_that_needs_python_and_pip_only() -> None:
    shown = [text.strip() for kind, text in BLOCKS if kind == "sh"]
    demo, tests = ([text for text in shown if text.endswith(ending)] for ending in ("leadsync demo", "pytest -q"))
    start = "python3 -m venv .venv && .venv/bin/pip install -q -r requirements"
    assert (len(demo), len(tests)) == (1, 1)
    assert [text for text in demo + tests if "\n" in text or not text.startswith(start)] == []


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


def test_the_table_of_verbs_has_every_verb_and_nothing_else() -> None:
    (table,) = re.findall(r"^\| verb \|.*\n(?:\|.*\n)+", README, re.MULTILINE)
    named = {words.split()[0] for row in table.splitlines() for words in re.findall(r"`(.+?)`", row.split("|")[1])}

    assert named ^ set(verbs_of(verbs)) == set()
