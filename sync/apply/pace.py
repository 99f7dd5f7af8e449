"""Pace: whether approved changes may be written now, and how many. Asked before each batch.

What stops a write: a process told to end, the kill switch, shadow mode, a freeze, the hours and days of the rulebook, its records per hour over
all runs, and the deadline of the run. Times are the org's, days its own. What may not go now stays approved.
"""

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from engine.messages import Message
from engine.moments import Moment
from engine.rulebook.policy import Pace
from engine.rulebook.rulebook import Operation, Rulebook
from sync.host.shutdown import Shutdown
from sync.store import batches, pauses
from sync.store.database import Store

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


class Gate:
    """One run's gate. `passed` tells it what went through."""

    def __init__(
        self,
        store: Store,
        rulebook: Rulebook,
        began: Moment,
        *,
        now: Callable[[], datetime],
        shutdown: Shutdown,
        deadline_seconds: float,
    ) -> None:
        """`began` is when the run began; `now` is the org's time, as that is."""
        self._store = store
        self._policy = rulebook.policy
        self._is_shadow = rulebook.operation is Operation.SHADOW
        self._began = began.at
        self._zone = ZoneInfo(began.zone)
        self.now = now
        self._shutdown = shutdown
        self._deadline_seconds = deadline_seconds
        self._sent: deque[tuple[datetime, int]] = deque()
        if self._policy.pace.records_per_hour is not None:
            with store.read() as tx:
                self._sent.extend(batches.sent_since(tx, now() - _HOUR))

    def closed(self) -> Message | None:
        """Why nothing may be written at this moment; None when it may."""
        now = self.now()
        if self._shutdown.is_asked:
            return Message.of("wait.shutdown")
        if self._is_shadow:
            return Message.of("wait.shadow")
        with self._store.read() as tx:
            pause = pauses.stopping(tx, at=now)
        if pause is not None:
            return Message.of("wait.paused", by=pause.by, reason=pause.reason or "–")
        return self._frozen(now) or self._out_of_hours(now) or self._too_fast() or self._late(now)

    def room(self) -> int | None:
        """How many records may still go within this hour; None when there is no such limit."""
        limit = self._policy.pace.records_per_hour
        if limit is None:
            return None
        while self._sent and self._sent[0][0] <= self.now() - _HOUR:
            self._sent.popleft()
        return max(0, limit - sum(count for _, count in self._sent))

    def passed(self, count: int, *, at: datetime) -> None:
        if self._policy.pace.records_per_hour is not None:
            self._sent.append((at, count))

    def _frozen(self, now: datetime) -> Message | None:
        today = now.astimezone(self._zone).date()
        for freeze in self._policy.freezes:
            if freeze.first <= today <= freeze.last:
                return Message.of("wait.freeze", name=freeze.name or freeze.first.isoformat(), last=f"{freeze.last}")
        return None

    def _out_of_hours(self, now: datetime) -> Message | None:
        pace, local = self._policy.pace, now.astimezone(self._zone)
        day = _shift_of(local, pace)
        if day is None:
            start, end = (f"{at:%H:%M}" if at else "0:00" for at in (pace.start, pace.end))
            return Message.of("wait.hours", start=start, end=end)
        if pace.working_days_only and not self._policy.calendar.is_working(day.date()):
            return Message.of("wait.day")
        return None

    def _too_fast(self) -> Message | None:
        return Message.of("wait.pace", limit=self._policy.pace.records_per_hour) if self.room() == 0 else None

    def _late(self, now: datetime) -> Message | None:
        is_late = (now - self._began).total_seconds() > self._deadline_seconds
        return Message.of("wait.deadline", seconds=self._deadline_seconds) if is_late else None


def _shift_of(local: datetime, pace: Pace) -> datetime | None:
    """The day whose hours of writing this is; None outside of them. Past midnight it is still the shift of the evening."""
    time = local.time()
    if pace.start is None or pace.end is None or pace.start < pace.end:
        is_inside = (pace.start is None or pace.start <= time) and (pace.end is None or time < pace.end)
        return local if is_inside else None
    if time >= pace.start:
        return local
    return local - _DAY if time < pace.end else None
