"""One run at work: connected to its org, entered in the store, and closed whatever happens."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from config.rulebook.files import RulebookFiles
from config.settings.settings import Settings
from engine.errors import LeadsyncError, OrgError, ShutdownError, StoreError
from engine.moments import Moment
from engine.rulebook.rulebook import Rulebook
from mapping.field_map.field_map import FieldMap
from sync.host.host import Clock, CrashPoints, Host
from sync.host.shutdown import Shutdown
from sync.mirror.mirror import Mirror
from sync.salesforce.describes import Describes
from sync.salesforce.org import Identity, Org
from sync.store import leases, orgs, runs
from sync.store.database import Store
from sync.store.figures import Ended, Figures, Part
from sync.store.holders import Holder
from sync.store.leases import Lease
from sync.store.vocabulary import LeaseName, RunVerb


@dataclass(frozen=True, slots=True)
class Worker:
    """Everything a run needs, opened by `sync/app.py`. `new_org` begins a conversation with the org, one per run.

    `read_map` and `read_rulebook` read their files when a verb first asks for them: whoever wants to pause, to approve or
    to verify is not stopped by a slip in them.
    """

    folder: Path
    settings: Settings
    read_map: Callable[[], FieldMap]
    read_rulebook: RulebookFiles
    store: Store
    mirror: Mirror
    clock: Clock
    holder: Holder
    person: str  # `os:name@host`, the approver at this command line
    new_org: Callable[[], Org]
    points: CrashPoints = field(default_factory=CrashPoints)
    shutdown: Shutdown = field(default_factory=Shutdown)

    @property
    def field_map(self) -> FieldMap:
        """MapError with every problem of the file."""
        return self.read_map()

    @property
    def rulebook(self) -> Rulebook:
        """RulebookError with every problem of every file."""
        return self.read_rulebook()[0]

    @property
    def rulebook_text(self) -> str:
        """What the store keeps of it, by its digest."""
        return self.read_rulebook()[1]

    @property
    def host(self) -> Host:
        return Host(self.clock, self.shutdown, self.points)

    def hold(self, name: LeaseName) -> AbstractContextManager[Lease]:
        """Take a lease of the store, renewed until it is given back. LeaseError (exit 8) when another run has it."""
        return leases.hold(
            self.store,
            name,
            holder=self.holder,
            clock=self.clock.now,
            lease_seconds=self.settings.lease_seconds,
            renew_seconds=self.settings.lease_renew_seconds,
        )


@dataclass(slots=True)
class _Remembered:
    """What the run will be remembered by, as far as it has come."""

    figures: Figures


@dataclass(frozen=True, slots=True)
class Run:
    """`at` is the org's time, read once."""

    worker: Worker
    run_id: str
    sequence: int  # the store's number of it
    at: datetime
    org: Org
    identity: Identity
    describes: Describes
    is_first_today: bool = False  # by the org's clock, in UTC: it tells what is told once a day
    _remembered: _Remembered = field(default_factory=lambda: _Remembered(Figures()))

    @property
    def figures(self) -> Figures:
        return self._remembered.figures

    def tell(self, part: Part) -> None:
        """What a step came to, as soon as it is known: it is remembered whatever becomes of the rest."""
        self._remembered.figures = self.figures.told(part)

    @property
    def moment(self) -> Moment:
        return Moment(self.at, self.worker.rulebook.zone or self.identity.time_zone)

    @property
    def now(self) -> datetime:
        """The org's time as of its last answer."""
        return self.org.now()


@contextmanager
def begin(worker: Worker, verb: RunVerb) -> Iterator[Run]:
    """Connect, check that it is the same org as ever, and enter the run. It is closed with its outcome at the end."""
    _ = worker.rulebook  # what is wrong in the files is said before the org is asked anything
    if damaged := worker.mirror.glance():
        raise StoreError(*damaged)
    org = worker.new_org()
    try:
        run = _enter(worker, org, verb)
    except BaseException:
        org.close()
        raise
    started = worker.clock.monotonic()
    try:
        yield run
    except ShutdownError:
        _finish(run, runs.INTERRUPTED, started)  # as it was told to, and nothing is wrong
        raise
    except LeadsyncError as error:
        _finish(run, "failed", started, codes=tuple(problem.code for problem in error.problems))
        raise
    except BaseException:
        _finish(run, runs.INTERRUPTED, started)
        raise
    _finish(run, "held" if run.figures.is_held else "done", started)


def _enter(worker: Worker, org: Org, verb: RunVerb) -> Run:
    identity = org.connect()
    at = org.started_at
    if at is None:
        raise OrgError.of("SF-131", "query")  # the org's answers do not tell the time
    with worker.store.transaction() as tx:
        orgs.pin(tx, org_id=identity.org_id, is_sandbox=identity.is_sandbox, at=at)
        runs.close_interrupted(
            tx, here=worker.holder, at=at, clock=worker.clock.now, lease_seconds=worker.settings.lease_seconds
        )
        before = runs.latest(tx, limit=1)
        run_id = runs.start(tx, verb=verb, at=at, holder=worker.holder)
        sequence = runs.sequence_of(tx, run_id)
    is_first = not before or before[0].started_at.date() < at.date()
    told = Describes(org, worker.store, since=at - timedelta(seconds=worker.settings.describe_seconds))
    return Run(worker, run_id, sequence, at, org, identity, told, is_first_today=is_first)


def _finish(run: Run, outcome: str, started: float, *, codes: tuple[str, ...] = ()) -> None:
    took = round((run.worker.clock.monotonic() - started) * 1000)
    run.tell(Ended(run.identity.name, run.org.calls, took, codes))
    with run.worker.store.transaction() as tx:
        runs.finish(tx, run.run_id, outcome=outcome, figures=run.figures, at=run.now)
    run.org.close(run.run_id)
