"""Tell the service manager how a server is doing, as systemd's sd_notify does: a word in a datagram to its socket.

With `Type=notify` systemd counts the unit as started when the worker is ready, and with `WatchdogSec=` restarts one that has
stopped looking at the clock.
"""

import socket
from collections.abc import Callable
from typing import TypeAlias

from config.settings.settings import Supervisor

READY, ALIVE, STOPPING = "READY=1", "WATCHDOG=1", "STOPPING=1"
# Of the silence a manager puts up with, this part may pass between two words.
_PARTS = 3

Notify: TypeAlias = Callable[[str], None]


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
