"""The host as a run meets it: its clock, whether it shall end, and points between two steps where a test may stop it dead."""

import os
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, TypeAlias

from sync.host.shutdown import Shutdown


@dataclass(frozen=True, slots=True)
class Clock:
    """The host's running clock, for leases, waiting and timeouts only; the org's time comes from the org.

    `now` is the host's wall clock (aware, UTC); `monotonic` counts seconds; `wait` sleeps for seconds.
    """

    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    wait: Callable[[float], None]


def host_clock() -> Clock:
    """The real clock; made in `sync/app.py` and nowhere else."""
    return Clock(now=lambda: datetime.now(UTC), monotonic=time.monotonic, wait=time.sleep)


# Where a process may be cut off: between what it does in the world and what it writes down of it.
CrashPoint: TypeAlias = Literal[
    "answer committed", "answer received", "compaction written", "data files written", "intent committed", "job closed",
    "job created", "job expected", "mended", "page kept", "pull committed", "query job kept", "rows uploaded", "slot taken",
    "slot worked",
]  # fmt: skip


@dataclass(slots=True)
class CrashPoints:
    """Counts passes of named points, which cost nothing in production; `at` is `name:n`, or empty for never.

    A process started with `LEADSYNC_CRASH_AT=name:3` ends at the third pass of that point, as a power cut would end it.
    """

    at: str = ""
    passes: Counter[str] = field(default_factory=Counter)

    def reach(self, name: CrashPoint) -> None:
        """Pass a named point; the process ends here, without clean-up, if it was told to."""
        if not self.at:
            return
        self.passes[name] += 1
        if self.at == f"{name}:{self.passes[name]}":
            os._exit(137)


@dataclass(frozen=True, slots=True)
class Host:
    clock: Clock
    shutdown: Shutdown
    points: CrashPoints
