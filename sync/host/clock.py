"""The host's running clock, for leases and timeouts only; the org's time comes from the org."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Clock:
    """`now` is the host's wall clock (aware, UTC); `monotonic` counts seconds; `wait` sleeps for seconds."""

    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    wait: Callable[[float], None]


def host_clock() -> Clock:
    """The real clock; made in `sync/app.py` and nowhere else."""
    return Clock(now=lambda: datetime.now(UTC), monotonic=time.monotonic, wait=time.sleep)
