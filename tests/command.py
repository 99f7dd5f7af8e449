"""The real command in a real process, for tests that kill it or read what it prints."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
_START = "from sync.cli.main import main; raise SystemExit(main())"


def start(folder: Path, *arguments: str, language: str = "en", crash_at: str = "") -> "subprocess.Popen[str]":
    """Start `leadsync ARGUMENTS --folder FOLDER`; streams are pipes."""
    environment = {
        **os.environ,  # noqa: TID251  # the child's own
        "LEADSYNC_LANG": language,
        "LEADSYNC_CRASH_AT": crash_at,
        "PYTHONPATH": str(ROOT),
    }
    return subprocess.Popen(
        [sys.executable, "-c", _START, *arguments, "--folder", str(folder)],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
    )  # fmt: skip


def leadsync(
    folder: Path, *arguments: str, language: str = "en", crash_at: str = ""
) -> "subprocess.CompletedProcess[str]":
    """Run it to its end."""
    process = start(folder, *arguments, language=language, crash_at=crash_at)
    out, err = process.communicate(timeout=120)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)
