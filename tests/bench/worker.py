"""What the worker costs, measured on this machine: `python tests/bench/worker.py` writes README.md beside this file.

    python tests/bench/worker.py [--leads 100000] [--most 1000000] [--only day|size|ratios]

With `--only` one part is measured anew and the others stay as they were written. Every step is a process of its own against an org in another one (`org.py`), over real HTTP, with a real store and mirror. Seconds
and memory are of the worker's process alone; the org's own work is part of the waiting. Ratios compare two ways of doing the
same on the same org in one run; absolute figures are this machine's.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
LEADSYNC = (sys.executable, "-c", "from sync.cli.main import main; raise SystemExit(main())")


@dataclass(frozen=True, slots=True)
class Step:
    """One command: what it was for, what it took, and what it said."""

    name: str
    seconds: float
    cpu_seconds: float
    peak_mib: int
    calls: int
    told: dict[str, object] = field(default_factory=dict)


class Org:
    """The org's process, obeying a line at a time."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.built = self._answer()

    def do(self, line: str) -> dict[str, object]:
        print(line, file=_open(self._process.stdin), flush=True)
        return self._answer()

    @property
    def calls(self) -> int:
        return int(str(self.do("calls")["calls"]))

    def _answer(self) -> dict[str, object]:
        line = _open(self._process.stdout).readline()
        if not line:
            raise SystemExit("the org's process has ended")
        answer: dict[str, object] = json.loads(line)
        return answer


@contextmanager
def org_of(folder: Path, *, leads: int, activities: float) -> Iterator[Org]:
    """A folder with its org served from another process."""
    from config.starters.start import start_folder

    start_folder(folder)
    command = [sys.executable, str(HERE / "org.py"), str(folder), str(leads), str(activities)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=_environment()
    ) as process:
        try:
            yield Org(process)
        finally:
            _open(process.stdin).close()


def step(org: Org, folder: Path, name: str, *arguments: str, ok: Sequence[int] = (0, 3)) -> Step:
    """Run the command in a process of its own and take its measure."""
    calls = org.calls
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as talk:
        started = time.monotonic()
        process = subprocess.Popen(
            [*LEADSYNC, *arguments, "--folder", str(folder)], stdout=out, stderr=talk, env=_environment(), cwd=ROOT
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - started
        out.seek(0)
        talk.seek(0)
        said, complaint = out.read(), talk.read()
    if process.returncode not in ok:
        raise SystemExit(f"{name} ended with {process.returncode}\n{said[-2000:]}\n{complaint[-2000:]}")
    told = json.loads(said) if said.startswith("{") else {}
    made = Step(name, seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024, org.calls - calls, told)
    print(
        f"{name}: {made.seconds:.1f} s, {made.cpu_seconds:.1f} s CPU, {made.peak_mib} MiB, {made.calls} calls",
        flush=True,
    )
    return made


def end_to_end(leads: int) -> list[Step]:
    """First sync by Bulk, baseline plan, its apply, an incremental run after a weekend of the connector, an idle run."""
    with _folder() as folder, org_of(folder, leads=leads, activities=2) as org:
        print(f"org of {leads} leads: {org.built}", flush=True)
        steps = [step(org, folder, "first sync and baseline plan", "plan", "--json")]
        steps.append(step(org, folder, "approve", "approve", "--all"))
        steps.append(step(org, folder, "apply the baseline", "apply", "--json"))
        org.do("advance 3600")
        org.do("connector 0.05")
        org.do("advance 3600")
        steps.append(step(org, folder, "run after edits on 5 %", "run", "--json"))
        org.do("advance 3600")
        steps.append(step(org, folder, "idle run", "run", "--json"))
        return steps


def planned(leads: int) -> list[Step]:
    """Pulled, evaluated and planned as a baseline; approved, and planned again with nothing new and with little."""
    with _folder() as folder, org_of(folder, leads=leads, activities=1) as org:
        print(f"org of {leads} leads: {org.built}", flush=True)
        steps = [step(org, folder, "first sync and baseline plan", "plan", "--json")]
        steps.append(step(org, folder, "approve", "approve", "--all"))
        for _ in range(2):  # the first has just the approvals to look at
            org.do("advance 600")
            steps.append(step(org, folder, "plan again, nothing new", "plan", "--json"))
        org.do("connector 0.01")
        org.do("advance 600")
        steps.append(step(org, folder, "plan after edits on 1 %", "plan", "--json"))
        return steps


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--leads", type=int, default=100_000)
    parser.add_argument("--most", type=int, default=1_000_000)
    parser.add_argument("--only", choices=("day", "size", "ratios"))
    given = parser.parse_args()
    is_wanted = {name: given.only in {None, name} for name in ("day", "size", "ratios")}
    if is_wanted["day"]:
        write("End to end", _table(f"{given.leads:,} leads, two activities each", end_to_end(given.leads)))
    if is_wanted["size"]:
        write("Size", _table(f"{given.most:,} leads, one activity each", planned(given.most)))
    if is_wanted["ratios"]:
        from tests.bench.ratios import ratios

        write("Ratios", ratios(given.leads))


def write(title: str, text: str) -> None:
    """Put one part into README.md, in the place of the one before."""
    path = HERE / "README.md"
    parts = dict.fromkeys(("End to end", "Size", "Ratios"), "")
    for part in path.read_text(encoding="utf-8").split("\n## ")[1:] if path.exists() else []:
        name, _, rest = part.partition("\n")
        parts[name] = rest.strip()
    parts[title] = f"{_machine()}\n\n{text.strip()}"
    told = "".join(f"\n## {name}\n\n{part}\n" for name, part in parts.items() if part)
    path.write_text(f"{_HEAD}{told}", encoding="utf-8")
    print(f"\n## {title}\n\n{parts[title]}")


_HEAD = """# bench

What the worker costs; each part is written by `python tests/bench/worker.py` (pip install the `bench` extra first).
Seconds are one machine's, the sandbox org at work beside the worker included; ratios are measured side by side in one run.
"""


def _machine() -> str:
    busy = f", load {os.getloadavg()[0]:.1f} at the end" if hasattr(os, "getloadavg") else ""
    machine = f"{os.cpu_count()} cores ({platform.machine()}, Python {platform.python_version()}{busy})"
    return f"Measured on {datetime.now(UTC):%Y-%m-%d}: {machine}."


def _table(title: str, steps: Sequence[Step]) -> str:
    rows = [
        f"| {one.name} | {one.seconds:,.1f} | {one.cpu_seconds:,.1f} | {one.peak_mib:,} | {one.calls:,} | {one.told.get('proposed', one.told.get('changes', ''))} |"
        for one in steps
    ]
    return "\n".join(
        [
            f"{title}.",
            "",
            "| step | seconds | CPU seconds | peak MiB | API calls | changes |",
            "|---|---|---|---|---|---|",
            *rows,
            "",
        ]
    )


@contextmanager
def _folder() -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="leadsync-bench-"))
    try:
        yield home / "org"
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}  # noqa: TID251 - children need their own


def _open(stream: "IO[str] | None") -> IO[str]:
    assert stream is not None
    return stream


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
