"""An org for measurements, in a process of its own: built, served, and told over standard input what happens in it.

    python tests/bench/org.py FOLDER LEADS ACTIVITIES_PER_LEAD

It serves FOLDER/data/sandbox as `org: sandbox` expects it, says `ready` and what building took, and then obeys one line
at a time: `advance SECONDS`, `connector SHARE`, `calls` (answers the number of API calls so far), `writes` (answers the
number of accepted updates), until its input ends. Nothing is saved.
"""

import json
import resource
import sys
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from filelock import FileLock

from sync.sandbox.clock import OrgClock
from sync.sandbox.generate import generate
from sync.sandbox.server import SandboxServer
from tests import people

START = datetime(2026, 11, 20, 0, 0, tzinfo=UTC)


def main(folder: Path, leads: int, activities_per_lead: float) -> None:
    started = time.monotonic()
    world = generate(leads=leads, seed=1, now=START, activities_per_lead=activities_per_lead)
    seconds = time.monotonic() - started
    clock = OrgClock.starting_at(START, lambda: datetime.now(UTC))
    home = folder / "data" / "sandbox"
    home.mkdir(parents=True, exist_ok=True)
    # The worker asks whether there is a world at all before it looks for the process that serves it.
    (home / "world.sqlite").touch()
    with FileLock(home / "lock", timeout=0), SandboxServer(world, clock) as server:
        (home / "address").write_text(server.url, encoding="utf-8")
        say(ready=True, seconds=round(seconds, 1), peak_mib=peak_mib())
        for line in sys.stdin:
            verb, _, given = line.strip().partition(" ")
            match verb:
                case "advance":
                    server.advance(float(given))
                case "connector":
                    server.act(partial(people.connector_weekend, share=float(given)))
                case "calls":
                    pass
            say(calls=server.world.api_calls, peak_mib=peak_mib())


def peak_mib() -> int:
    """The most memory this process has held so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def say(**told: object) -> None:
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
