"""What ships is what runs: the wheel, alone in a clean environment, brings its rulebook, words, migrations and styles."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.long
def test_the_wheel_runs_a_demo_far_from_this_tree(tmp_path: Path) -> None:
    hatchling = str(Path(sys.executable).parent / "hatchling")
    subprocess.run([hatchling, "build", "-t", "wheel", "-d", str(tmp_path)], cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    venv.create(tmp_path / "clean", with_pip=True)
    python = tmp_path / "clean" / "bin" / "python"
    installing = [str(python), "-m", "pip", "install", "-q", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(installing, check=True, capture_output=True, cwd=tmp_path)
    # The libraries are this environment's; leadsync itself must come from the wheel, which comes first.
    inside = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], check=True, capture_output=True, text=True
    ).stdout.strip()  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([inside, sysconfig.get_path("purelib")])}  # noqa: TID251
    ended = subprocess.run(
        [tmp_path / "clean" / "bin" / "leadsync", "demo", "--leads", "20", "--folder", tmp_path / "demo", "--json"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    assert (told["idle_plan_changes"], told["unexplained_writes"], told["audit_ok"]) == (0, 0, True)
    assert Path(told["report"]).read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
