"""Ending in order: a process that is told to end begins nothing new and stops at the next safe point.

The first TERM asks; a second one ends the process at once, which is safe too: the next run takes over what was under way.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from engine.errors import ShutdownError


class Shutdown:
    """Whether this process was told to end. Work asks it at each safe point; nothing is ever undone by it."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._then: list[Callable[[], None]] = []

    @property
    def is_asked(self) -> bool:
        return self._asked.is_set()

    def ask(self) -> None:
        self._asked.set()
        for call in self._then:
            call()

    def then(self, call: Callable[[], None]) -> None:
        """Call this as soon as it is asked; it runs inside a signal handler and may only wake somebody up."""
        self._then.append(call)

    def check(self) -> None:
        """ShutdownError when it was asked: for a safe point in the middle of reading or deciding."""
        if self.is_asked:
            raise ShutdownError.of("SC-101")  # the worker was told to end and stopped at a safe point


@contextmanager
def on_signals(shutdown: Shutdown, *signals: signal.Signals) -> Iterator[None]:
    """While this lasts, these signals ask for it; a second one ends the process. Only the main thread can listen to signals."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def asked(number: int, _frame: FrameType | None) -> None:
        if shutdown.is_asked:
            os._exit(128 + number)
        shutdown.ask()

    before = {each: signal.signal(each, asked) for each in signals}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
