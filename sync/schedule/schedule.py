"""What the threads of a server share: one value that nobody changes. Whoever learns something puts another in its place."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

from config.settings.settings import FILE, load_settings
from config.settings.syncs import Sync
from engine.errors import MapError, RulebookError, SettingsError
from sync.run import Worker
from sync.schedule.watch import Watch
from sync.store import orgs, plans
from sync.store.slots import Slot

_UTC = "UTC"


class Origin(StrEnum):
    """Where the time zone of syncs without one comes from."""

    PLAN = "plan"
    RULEBOOK = "rulebook"  # until there is a plan
    NOBODY = "nobody"  # UTC until the org has told its own


@dataclass(frozen=True, slots=True)
class Timetable:
    """`syncs` have a time zone each, and in `jitter_seconds` what falls to this org; `zone` is that of those without one."""

    syncs: Mapping[str, Sync]
    zone: str
    origin: Origin


def timetable(worker: Worker, syncs: Mapping[str, Sync]) -> Timetable:
    """Each sync in a time zone, and as much later than its times as falls to this org.

    One without a `time zone` has that of the last plan, which is the org's own unless rulebook.yaml names another. Many orgs
    on one machine would all begin in the same second: `jitter seconds` spreads them, each by its org's id and so always alike.
    """
    with worker.store.read() as tx:
        org_id, planned = orgs.pinned(tx) or "", plans.last_zone(tx)
    zone, origin = (planned, Origin.PLAN) if planned else _before_any_plan(worker)
    return Timetable({name: _here(name, sync, zone, org_id) for name, sync in syncs.items()}, zone, origin)


def _before_any_plan(worker: Worker) -> tuple[str, Origin]:
    try:
        zone = worker.rulebook.zone
    except (RulebookError, MapError):
        zone = None
    return (zone, Origin.RULEBOOK) if zone else (_UTC, Origin.NOBODY)


def _here(name: str, sync: Sync, zone: str, org_id: str) -> Sync:
    share = int.from_bytes(sha256(f"{org_id} {name}".encode()).digest()[:8], "big") % (sync.jitter_seconds + 1)
    return sync.model_copy(update={"time_zone": sync.time_zone or zone, "jitter_seconds": share})


@dataclass(frozen=True, slots=True)
class SyncsReading:
    """`said`: the syncs as settings.yaml has them, or had them when it could last be read; `error`: why it cannot be now.

    `table`: the same as this org has them.
    """

    stamp: tuple[int, int]
    said: Mapping[str, Sync]
    error: SettingsError | None
    table: Timetable


@dataclass(frozen=True, slots=True)
class Schedule:
    """`ticked`: when somebody last looked at the clock, in seconds of the monotonic one. `at_work`: the slot being run."""

    reading: SyncsReading
    watch: Watch
    ticked: float
    at_work: Slot | None = None

    @classmethod
    def begun(cls, worker: Worker) -> "Schedule":
        reading = read(worker, None)
        watch = Watch.begun(reading.table.syncs, now=worker.clock.now())
        return cls(reading, watch, worker.clock.monotonic())

    @property
    def table(self) -> Timetable:
        return self.reading.table

    @property
    def syncs(self) -> Mapping[str, Sync]:
        return self.reading.table.syncs

    def ticking(self, worker: Worker) -> "Schedule":
        """After a look at the clock."""
        return replace(self.looked(worker), ticked=worker.clock.monotonic())

    def looked(self, worker: Worker) -> "Schedule":
        return replace(self, watch=self.watch.looked(now=worker.clock.now()))

    def following(self, reading: SyncsReading, worker: Worker) -> "Schedule":
        """By what has been read anew."""
        return replace(self, reading=reading, watch=self.watch.over(reading.table.syncs, now=worker.clock.now()))

    def working(self, slot: Slot) -> "Schedule":
        return replace(self, at_work=slot)

    def idle(self, worker: Worker) -> "Schedule":
        return replace(self, at_work=None, watch=self.watch.stayed(now=worker.clock.now()))


def read(worker: Worker, before: SyncsReading | None) -> SyncsReading:
    """The settings are read when their file is another, the org's own zone is asked for each time."""
    stamp = _stamp(worker.folder / FILE)
    if before is not None and before.stamp == stamp:
        return replace(before, table=timetable(worker, before.said))
    said, error = _syncs_or_error(worker, before.said if before else worker.settings.syncs)
    return SyncsReading(stamp, said, error, timetable(worker, said))


def _syncs_or_error(worker: Worker, before: Mapping[str, Sync]) -> tuple[Mapping[str, Sync], SettingsError | None]:
    try:
        return load_settings(worker.folder).syncs, None
    except SettingsError as error:
        return before, error


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 1)
    return found.st_mtime_ns, found.st_size
