"""`leadsync serve`: run every sync when it is due until told to end.

Three threads: one looks at the clock and says that a run is still at work; another takes slots and runs
them, one at a time; the main thread listens to signals. Health is answered by a fourth when it is asked for. What they
share is one `Schedule`, a value; a queue wakes the one that works.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from queue import SimpleQueue
from threading import Lock
from typing import TypeAlias

from engine.errors import LeadsyncError, StoreError, TransientError
from sync.host.shutdown import Shutdown
from sync.run import Worker
from sync.schedule.dispatch import take_next
from sync.schedule.runner import Beginning, Opening, work
from sync.schedule.schedule import Schedule, read
from sync.schedule.watch import ALIVE, READY, STOPPING, Notify, ticking
from sync.store import leases, slots
from sync.store.slots import Slot

TICK_SECONDS = 5.0
# So often the main thread wakes up where waiting cannot be interrupted by a signal (Windows).
_LISTEN_SECONDS = 0.5
# So long a tick may wait for the store before the process counts as stuck.
_SILENT_SECONDS = 60.0

# How a slot ended, or None and what else went wrong.
Tell: TypeAlias = Callable[[Slot | None, LeadsyncError | None], None]


@dataclass(slots=True)
class Server:
    """`worker` is open for as long as this serves, for its store, clock and settings; each run opens one of its own."""

    worker: Worker
    opening: Opening
    beginning: Beginning
    tell: Tell
    told_to_end: Callable[[], None] = lambda: None  # called once, when it is told to end
    notify: Notify = lambda _: None  # tells the service manager, if there is one
    shutdown: Shutdown = field(default_factory=Shutdown)
    tick_seconds: float = TICK_SECONDS
    schedule: Schedule = field(init=False)
    _looks: "SimpleQueue[None]" = field(default_factory=SimpleQueue)
    _replacing: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self.schedule = Schedule.begun(self.worker)
        if error := self.schedule.reading.error:
            self.tell(None, error)

    def serve(self) -> None:
        """Until it is told to end: what is under way ends at its next safe point, and only then does this return."""
        self.shutdown.then(lambda: self._looks.put(None))
        with ThreadPoolExecutor(1, "sync") as pool, self.watching():
            self.notify(READY)
            self._listen(pool.submit(self._work_on))

    def watching(self) -> AbstractContextManager[None]:
        """Somebody looks at the clock, and says of a slot at work that it is: it would be lost after a lease's time."""
        seconds = min(self.tick_seconds, self.worker.settings.lease_renew_seconds)
        return ticking(self._tick, seconds=seconds)

    @property
    def is_ticking(self) -> bool:
        """Whether somebody still looks at the clock."""
        silent_seconds = self.worker.clock.monotonic() - self.schedule.ticked
        return silent_seconds < max(3 * self.tick_seconds, _SILENT_SECONDS)

    def look(self) -> Schedule:
        """The syncs as settings.yaml has them now, or had them when it could last be read, and as this org has them."""
        before = self.schedule.reading
        found = read(self.worker, before)
        now = self._replace(lambda schedule: schedule.looked(self.worker).following(found, self.worker))
        if found.error is not None and found.error is not before.error:
            self.tell(None, found.error)
        return now

    def run_due(self) -> tuple[Slot, LeadsyncError | None] | None:
        """Take what is owed next and run it; None when there is nothing to do."""
        if self.shutdown.is_asked:
            return None
        settings, store, clock = self.worker.settings, self.worker.store, self.worker.clock.now
        schedule = self.look()
        slot = take_next(
            store, schedule.syncs, watched=schedule.watch.seconds(now=clock()), holder=self.worker.holder, clock=clock,
            seen_seconds=settings.lease_seconds,
        )  # fmt: skip
        if slot is None:
            return None
        self._replace(lambda schedule: schedule.working(slot))
        try:
            ended, error = work(
                slot, schedule.syncs[slot.sync], store=store, clock=clock, opening=self.opening, beginning=self.beginning,
                shutdown=self.shutdown,
            )  # fmt: skip
        finally:
            self._replace(lambda schedule: schedule.idle(self.worker))
        self.tell(ended, error)
        return ended, error

    def _replace(self, change: Callable[[Schedule], Schedule]) -> Schedule:
        """The only place where the schedule becomes another; `change` may not wait for anything."""
        with self._replacing:
            self.schedule = schedule = change(self.schedule)
        return schedule

    def _listen(self, future: "Future[None]") -> None:
        """Wait for the end of the work in a way that lets signals through."""
        is_told = False
        while not (is_told and future.done()):
            if self.shutdown.is_asked and not is_told:
                is_told = True
                self.notify(STOPPING)
                self.told_to_end()
            try:
                # Without an error it ends only when it was asked to: that is told above before this ends, too.
                future.result(timeout=_LISTEN_SECONDS)
            except TimeoutError:
                if future.done():
                    raise

    def _work_on(self) -> None:
        while not self.shutdown.is_asked:
            try:
                while self.run_due() is not None:
                    self._forget_old()
            except LeadsyncError as error:
                # The store was busy or away: the next look may find it again, and health tells meanwhile.
                self.tell(None, error)
            self._looks.get()

    def _tick(self) -> None:
        schedule = self._replace(lambda schedule: schedule.ticking(self.worker))
        # Before the store is asked: a store that is away is no reason to be restarted, a tick that never ends is.
        self.notify(ALIVE)
        if schedule.at_work is None:
            self._looks.put(None)
            return
        # The next look is soon; why the store is away is said by the work itself.
        with suppress(TransientError, StoreError):
            with self.worker.store.transaction() as tx:
                slots.see(tx, schedule.at_work, at=leases.time_of(tx, self.worker.clock.now))
            self.look()

    def _forget_old(self) -> None:
        with self.worker.store.transaction() as tx:
            at = leases.time_of(tx, self.worker.clock.now)
            slots.retire(tx, before=at - timedelta(days=self.worker.settings.report_days))
