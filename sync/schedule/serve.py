"""`leadsync serve`: run every sync when it is due until told to end.

Three threads: the ticker looks at the clock and says that a run is still at work; one thread takes slots and runs
them, one at a time; the main thread listens to signals. Health is answered by a fourth when it is asked for.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from queue import SimpleQueue
from typing import TypeAlias

from config.settings.settings import FILE, load_settings
from config.settings.syncs import Sync
from engine.errors import LeadsyncError, SettingsError, StoreError, TransientError
from sync.host.shutdown import Drain
from sync.run import Worker
from sync.schedule.dispatch import take_next
from sync.schedule.presence import Watch
from sync.schedule.runner import Beginning, Opening, work
from sync.schedule.systemd import ALIVE, READY, STOPPING, Notify
from sync.schedule.timer import ticking
from sync.schedule.timetable import Timetable, timetable
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
    told_to_end: Callable[[], None] = lambda: None  # called once, when it drains
    notify: Notify = lambda _: None  # tells the service manager, if there is one
    drain: Drain = field(default_factory=Drain)
    tick_seconds: float = TICK_SECONDS
    shadows: dict[str, bool] = field(default_factory=dict)  # of rulebooks by digest, for who asks how it is doing
    _looks: "SimpleQueue[None]" = field(default_factory=SimpleQueue)
    _at_work: Slot | None = None
    _ticked: float = 0.0
    _stamp: tuple[int, int] = (0, 0)
    _syncs: Mapping[str, Sync] = field(default_factory=dict)
    _watch: Watch = field(init=False)

    def __post_init__(self) -> None:
        self._ticked = self.worker.clock.monotonic()
        self._watch = Watch(self.worker.clock.now)

    def serve(self) -> None:
        """Until it is drained: what is under way ends at its next safe point, and only then does this return."""
        self.drain.then(lambda: self._looks.put(None))
        with ThreadPoolExecutor(1, "sync") as pool, self.watching():
            self.notify(READY)
            self._listen(pool.submit(self._work_on))

    def watching(self) -> AbstractContextManager[None]:
        """Somebody looks at the clock, and says of a slot at work that it is: it would be lost after a lease's time."""
        seconds = min(self.tick_seconds, self.worker.settings.lease_renew_seconds)
        return ticking(self._tick, seconds=seconds)

    @property
    def syncs(self) -> Mapping[str, Sync]:
        """As settings.yaml has them now, or had them when it could last be read, and as this org has them."""
        return self.timetable.syncs

    @property
    def timetable(self) -> Timetable:
        path = self.worker.folder / FILE
        stamp = _stamp(path)
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._syncs = load_settings(self.worker.folder).syncs
            except SettingsError as error:
                self._syncs = self._syncs or self.worker.settings.syncs
                self.tell(None, error)
        return timetable(self.worker, self._syncs)

    @property
    def watched(self) -> Mapping[str, float]:
        """For how many seconds each sync has been watched without a break."""
        return self._watch.seconds(self.syncs)

    @property
    def is_ticking(self) -> bool:
        """Whether somebody still looks at the clock."""
        return self.worker.clock.monotonic() - self._ticked < max(3 * self.tick_seconds, _SILENT_SECONDS)

    def run_due(self) -> tuple[Slot, LeadsyncError | None] | None:
        """Take what is owed next and run it; None when there is nothing to do."""
        if self.drain.is_asked:
            return None
        settings, store, clock = self.worker.settings, self.worker.store, self.worker.clock.now
        self._watch.look()
        syncs = self.syncs
        slot = take_next(
            store, syncs, watched=self._watch.seconds(syncs), holder=self.worker.holder, clock=clock,
            seen_seconds=settings.lease_seconds,
        )  # fmt: skip
        if slot is None:
            return None
        self._at_work = slot
        try:
            ended, error = work(
                slot, syncs[slot.sync], store=store, clock=clock, opening=self.opening, beginning=self.beginning,
                drain=self.drain,
            )  # fmt: skip
        finally:
            self._at_work = None
            self._watch.stay()
        self.tell(ended, error)
        return ended, error

    def _listen(self, future: "Future[None]") -> None:
        """Wait for the end of the work in a way that lets signals through."""
        is_told = False
        while not (is_told and future.done()):
            if self.drain.is_asked and not is_told:
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
        while not self.drain.is_asked:
            try:
                while self.run_due() is not None:
                    self._forget_old()
            except LeadsyncError as error:
                # The store was busy or away: the next look may find it again, and health tells meanwhile.
                self.tell(None, error)
            self._looks.get()

    def _tick(self) -> None:
        self._ticked = self.worker.clock.monotonic()
        self._watch.look()
        # Before the store is asked: a store that is away is no reason to be restarted, a tick that never ends is.
        self.notify(ALIVE)
        slot = self._at_work
        if slot is None:
            self._looks.put(None)
        else:
            # The next look is soon; why the store is away is said by the work itself.
            with suppress(TransientError, StoreError), self.worker.store.transaction() as tx:
                slots.see(tx, slot, at=leases.time_of(tx, self.worker.clock.now))

    def _forget_old(self) -> None:
        with self.worker.store.transaction() as tx:
            at = leases.time_of(tx, self.worker.clock.now)
            slots.retire(tx, before=at - timedelta(days=self.worker.settings.report_days))


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 1)
    return found.st_mtime_ns, found.st_size
