"""The page of the first day is true: its commands run in order on the sandbox org, and say what it shows."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from openpyxl import load_workbook

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "config" / "starters" / "README.md").read_text(encoding="utf-8")
BLOCKS: list[tuple[str, str]] = re.findall(r"```(sh|text)\n(.*?)```", PAGE, re.DOTALL)
# Numbers, days and months differ from day to day; frames are drawn as wide as the terminal.
_DIFFERS = re.compile(r"\d[\d,.:]*|\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|[A-Z][a-z]{2} (?=#))\b")
_FRAMES = str.maketrans(dict.fromkeys("│┃", " "))


@dataclass
class Reader:
    """Somebody who types what the page says. `said`: what the last block of commands answered."""

    cwd: Path
    environment: dict[str, str]
    said: str = ""
    lead: str = ""
    applied: list[str] = field(default_factory=list)

    def types(self, line: str) -> None:
        if line.startswith("cd "):
            self.cwd = (self.cwd / line.removeprefix("cd ")).resolve()
            return
        if "--from owners.xlsx" in line:
            fill_in(self.cwd / "owners.xlsx")
        line = line.replace("LEAD", self.lead).replace("RUN", self.applied[-1] if self.applied else "")
        done = subprocess.run(
            ["/bin/sh", "-ec", line], cwd=self.cwd, env=self.environment, capture_output=True, text=True, check=False
        )
        # 3: something of it is held, as the page says of the owners.
        assert done.returncode in (0, 3), f"{line}\n{done.stdout}\n{done.stderr}"
        self.said += done.stdout + done.stderr
        if line == "leadsync plan" and not self.lead:
            self.lead = re.findall(r"00Q\w{15}", self.asks("show", "--json"))[0]
        if line == "leadsync apply":
            self.applied.append(json.loads(self.asks("status", "--json"))["runs"][0]["run"])

    def asks(self, *words: str) -> str:
        asked = subprocess.run(  # words of this test
            [shutil.which("leadsync", path=self.environment["PATH"]) or "", *words],
            cwd=self.cwd,
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return asked.stdout


def fill_in(workbook: Path) -> None:
    """Approve all but the first two, as a sales lead would."""
    book = load_workbook(workbook)
    sheet = book.worksheets[0]
    for row in range(2, sheet.max_row + 1):
        sheet.cell(row, 1).value = "reject" if row < 4 else "approve"
        sheet.cell(row, 2).value = "already talking" if row < 4 else None
    book.save(workbook)


def shape(line: str) -> str:
    """A line without what differs from one run to the next."""
    return " ".join(_DIFFERS.sub("#", _DIFFERS.sub("#", line)).translate(_FRAMES).split())


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    """A new user with `leadsync` on the path, in a checkout beside which there is room for a folder."""
    command = tmp_path / "bin" / "leadsync"
    command.parent.mkdir()
    start = "from sync.cli.main import main; raise SystemExit(main())"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{start}" "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    (tmp_path / "checkout").mkdir()
    environment = {
        **os.environ,  # noqa: TID251  # the child's own
        "PATH": f"{command.parent}:{os.environ['PATH']}",  # noqa: TID251
        "PYTHONPATH": str(ROOT),
        "LEADSYNC_LANG": "en",
    }
    return Reader(tmp_path / "checkout", environment)


@pytest.mark.skipif(sys.platform == "win32", reason="the page is written for a shell")
def test_the_first_day_goes_as_the_page_says(reader: Reader) -> None:
    for kind, text in BLOCKS:
        if kind == "sh":
            reader.said = ""
            for line in text.strip().splitlines():
                if "pip install" not in line and not line.startswith("export PATH"):
                    reader.types(line)
        else:
            told = "\n".join(map(shape, reader.said.splitlines()))
            assert [line for line in text.strip().splitlines() if shape(line) not in told] == []


def test_the_page_installs_as_the_readme_does() -> None:
    (install,) = [line for line in PAGE.splitlines() if "pip install" in line and line.startswith("python3")]
    assert install in (ROOT / "README.md").read_text(encoding="utf-8")
