"""The host as a run meets it: what it may ask the process it works in."""

from dataclasses import dataclass

from sync.host.clock import Clock
from sync.host.crash_points import CrashPoints
from sync.host.shutdown import Shutdown


@dataclass(frozen=True, slots=True)
class Host:
    """`clock` is for waiting and timeouts only; `shutdown` tells that it shall end; at `points` a test may stop it dead."""

    clock: Clock
    shutdown: Shutdown
    points: CrashPoints
