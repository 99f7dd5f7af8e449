"""The host as a run meets it: what it may ask the process it works in."""

from dataclasses import dataclass

from sync.host.clock import Clock
from sync.host.crash_points import CrashPoints
from sync.host.shutdown import Drain


@dataclass(frozen=True, slots=True)
class Host:
    """`clock` is for waiting and timeouts only; `drain` tells that it shall end; at `points` a test may stop it dead."""

    clock: Clock
    drain: Drain
    points: CrashPoints
