"""The ticker: somebody who looks at the clock every few seconds. When what is due is not its business."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC

from apscheduler.schedulers.background import (  # type: ignore[import-untyped]  # it ships no types
    BackgroundScheduler,
)


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
