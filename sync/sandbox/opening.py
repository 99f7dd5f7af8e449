"""Open a saved org for as long as a command runs; a second process joins the one that has it open."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from threading import Event

import requests
from filelock import FileLock, Timeout

from engine.errors import UsageError
from sync.sandbox.clock import OrgClock
from sync.sandbox.saved_org import SavedWorld
from sync.sandbox.server import SandboxServer

_JOIN_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Opened:
    """Where the org answers and its time; `server` is ours, or None when another process serves it and will end it."""

    url: str
    now: Callable[[], datetime]
    server: SandboxServer | None = None

    @classmethod
    def of(cls, server: SandboxServer) -> "Opened":
        return cls(server.url, server.clock.now, server)


@contextmanager
def opened(folder: Path, host: Callable[[], datetime]) -> Iterator[Opened]:
    """The org saved in a folder, its clock as far ahead of the host's as it was left. UsageError when there is none."""
    saved = SavedWorld(folder)
    if not saved.exists:
        raise UsageError.of("SB-102", str(folder))
    address = folder / "address"
    # The system lets go of the lock however its process ends.
    lock = FileLock(folder / "lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        yield _joined(address, host)
        return
    try:
        address.unlink(missing_ok=True)
        world = saved.load()
        with SandboxServer(world, OrgClock(host, ahead_seconds=world.ahead_seconds)) as server:
            address.write_text(server.url, encoding="utf-8")
            yield Opened.of(server)
    finally:
        lock.release()


def _joined(address: Path, host: Callable[[], datetime]) -> Opened:
    """The org another process serves; it may still be reading its world."""
    until = host() + timedelta(seconds=_JOIN_SECONDS)
    while host() < until:
        if address.exists() and (url := address.read_text(encoding="utf-8")):
            answered = requests.get(f"{url}/services/data/", timeout=_JOIN_SECONDS)
            ahead = parsedate_to_datetime(answered.headers["Date"]) - host()
            return Opened(url, OrgClock(host, ahead_seconds=ahead.total_seconds()).now)
        Event().wait(0.05)
    raise UsageError.of("SB-103", str(address.parent))
