"""Somebody looks at the clock every few seconds: since when, so that what came later is not missed whatever kept us from it;
and the service manager is told, as systemd's sd_notify does: a word in a datagram to its socket.

With `Type=notify` systemd counts the unit as started when the worker is ready, and with `WatchdogSec=` restarts one that has
stopped looking at the clock.
"""

import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from apscheduler.schedulers.background import BackgroundScheduler  # type: ignore[import-untyped]  # it ships no types

from config.settings.settings import Supervisor
from config.settings.syncs import Sync
from sync.schedule.due import LATE_SECONDS

READY, ALIVE, STOPPING = "READY=1", "WATCHDOG=1", "STOPPING=1"
# Of the silence a manager puts up with, this part may pass between two words.
_PARTS = 3

Notify: TypeAlias = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Watch:
    """Of one process. `known`: each sync as it is, and since when it has been that way."""

    since: datetime
    looked_at: datetime
    known: Mapping[str, tuple[Sync, datetime]]

    @classmethod
    def begun(cls, syncs: Mapping[str, Sync], *, now: datetime) -> "Watch":
        return cls(now, now, {name: (sync, now) for name, sync in syncs.items()})

    def looked(self, *, now: datetime) -> "Watch":
        """Somebody looks. A host that slept, or a clock put forward, was not watching: then it begins anew."""
        has_watched = timedelta() <= now - self.looked_at <= timedelta(seconds=LATE_SECONDS)
        return replace(self, since=self.since if has_watched else now, looked_at=now)

    def stayed(self, *, now: datetime) -> "Watch":
        """Somebody was at work until now."""
        return replace(self, looked_at=now)

    def over(self, syncs: Mapping[str, Sync], *, now: datetime) -> "Watch":
        """One that is new, or is due at other times now, is watched from now on."""
        known = {
            name: entry if (entry := self.known.get(name)) and entry[0] == sync else (sync, now)
            for name, sync in syncs.items()
        }
        return replace(self, known=known)

    def seconds(self, *, now: datetime) -> dict[str, float]:
        """For how long each sync has been watched without a break."""
        return {
            name: max(0.0, (now - max(since, self.since)).total_seconds()) for name, (_, since) in self.known.items()
        }


@contextmanager
def ticking(tick: Callable[[], None], *, seconds: float) -> Iterator[None]:
    """Call `tick` every so many seconds from a thread of its own until this ends.

    APScheduler's own store, misfires and cron are not used: it forgets what is missed, and its Monday is 0.
    """
    scheduler = BackgroundScheduler(timezone=UTC)
    scheduler.add_job(tick, "interval", seconds=seconds, coalesce=True, misfire_grace_time=None, max_instances=1)
    scheduler.start()
    try:
        yield
    finally:
        scheduler.shutdown(wait=True)


def notifier(manager: Supervisor | None) -> Notify:
    """What to call with each of the words. Nothing happens without a manager, or on a system without such sockets."""
    if manager is None or not hasattr(socket, "AF_UNIX"):
        return lambda _: None
    # In Linux's own name space an address begins with a zero byte, which no variable can hold.
    address = "\0" + manager.address[1:] if manager.address.startswith("@") else manager.address

    def notify(word: str) -> None:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as wire:
                wire.setblocking(False)
                wire.sendto(word.encode(), address)
        except OSError:
            # A manager that cannot be told misses the word itself; that is no reason to stop working.
            return

    return notify


def tick_seconds(manager: Supervisor | None, *, at_most: float) -> float:
    """How often to look at the clock, so that the manager hears of it in time."""
    silence = manager.silence_seconds if manager else None
    return min(at_most, silence / _PARTS) if silence else at_most
