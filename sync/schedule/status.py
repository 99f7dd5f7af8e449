"""How a folder's worker is doing: each sync's last and next times, what stands still, what waits for a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from config.settings.syncs import Sync
from sync.plan.lookup import is_shadow
from sync.run import Worker
from sync.schedule.due import due_times, next_times
from sync.schedule.schedule import Timetable
from sync.store import leases, pauses, plans, runs, slots
from sync.store.database import Transaction
from sync.store.pauses import Pause
from sync.store.slots import Slot
from sync.store.vocabulary import RunVerb, SlotState

# A sync is late when it has not gone well by the second due time after the one that did.
_CHANCES = 2


@dataclass(frozen=True, slots=True)
class SyncStatus:
    """`since`: when somebody first looked at it, None when nobody has. `age_seconds`: since it last went well, or since then.

    A sync that has never gone well has an age, too: silence is an alarm.
    """

    name: str
    sync: Sync
    last: Slot | None
    last_done: Slot | None
    since: datetime | None
    pause: Pause | None
    age_seconds: float | None
    is_late: bool
    next: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class Status:
    """`waiting`: changes that wait for a person, by plan. `compared`: what differs in shadow, by the newest plan
    that only compares. `shadows`: whether a rulebook, by its digest, is one of those.
    """

    at: datetime
    table: Timetable
    syncs: tuple[SyncStatus, ...]
    pauses: tuple[Pause, ...]
    waiting: Mapping[str, int]
    compared: Mapping[str, int]
    runs: tuple[runs.RunRecord, ...]
    shadows: Mapping[str, bool]

    @property
    def late(self) -> tuple[str, ...]:
        return tuple(each.name for each in self.syncs if each.is_late)


def status_of(
    worker: Worker,
    table: Timetable,
    *,
    watched: Mapping[str, float] | None = None,
    shadows: Mapping[str, bool] | None = None,
) -> Status:
    """`watched`: for how many seconds the server that asks has known each sync; one may be too new to have been due.

    `shadows` are those of the status before, from who asks again and again.
    """
    with worker.store.read() as tx:
        at = leases.time_of(tx, worker.clock.now)
        deadline = timedelta(seconds=worker.settings.run_deadline_seconds)
        met = {name: at - timedelta(seconds=seconds) for name, seconds in (watched or {}).items()}
        syncs = tuple(
            _sync_status(tx, name, sync, at=at, met_at=met.get(name), deadline=deadline)
            for name, sync in table.syncs.items()
        )
        standing, last_runs, counts = pauses.current(tx, at=at), _last_runs(tx), plans.waiting(tx)
        newest = _newest_comparison(tx)
    made_by, shadows = _shadows(worker, counts, shadows or {})
    shadowed = {plan_id: counts[plan_id] for plan_id, rulebook in made_by.items() if shadows.get(rulebook)}
    waiting = {plan_id: count for plan_id, count in counts.items() if plan_id not in shadowed}
    # Every plan in shadow compares everybody: the newest tells of all that still differs, whichever plan saw it first.
    compared = {max(newest or "", *shadowed): sum(shadowed.values())} if shadowed else {}
    return Status(at, table, syncs, standing, waiting, compared, last_runs, shadows)


def _shadows(
    worker: Worker, counts: Mapping[str, int], known: Mapping[str, bool]
) -> tuple[Mapping[str, str], Mapping[str, bool]]:
    """The rulebook of each plan with something undecided, and which rulebooks are in shadow; each is asked once."""
    with worker.store.read() as tx:
        made_by = plans.rulebooks(tx, counts)
        unknown = {rulebook: plan_id for plan_id, rulebook in made_by.items() if rulebook not in known}
        records = [plans.record(tx, plan_id) for plan_id in unknown.values()]
    found = {
        record.rulebook: is_shadow(worker.store, worker.read_rulebook, record)
        for record in records
        if record is not None
    }
    return made_by, {**known, **found}


def _newest_comparison(tx: Transaction) -> str | None:
    """The last plan, if it was made in shadow: such a plan leaves how far it agrees."""
    last = plans.latest(tx)
    run = runs.run(tx, last.plan_id) if last else None
    return run.run_id if run and run.figures.plan and run.figures.plan.agreement is not None else None


def _last_runs(tx: Transaction) -> tuple[runs.RunRecord, ...]:
    """The last few, and the last sweep however many others there were since."""
    found = runs.latest(tx, limit=5)
    swept = runs.latest(tx, limit=1, verb=RunVerb.SWEEP)
    return (*found, *(run for run in swept if run not in found))


def _sync_status(
    tx: Transaction, name: str, sync: Sync, *, at: datetime, met_at: datetime | None, deadline: timedelta
) -> SyncStatus:
    last, done, first = slots.last(tx, name), slots.last_done(tx, name), slots.first(tx, name)
    known = first.taken_at if first else met_at
    pause = pauses.stopping(tx, at=at, sync=name)
    ended = done.finished_at if done else known
    is_at_work = last is not None and last.state is SlotState.RUNNING and at - last.taken_at < deadline
    counted_from = done.due_at if done else known
    return SyncStatus(
        name,
        sync,
        last,
        done,
        known,
        pause,
        max(0.0, (at - ended).total_seconds()) if ended else None,
        pause is None and not is_at_work and counted_from is not None and _is_late(sync, counted_from, at),
        next_times(sync, after=at),
    )


def _is_late(sync: Sync, since: datetime, at: datetime) -> bool:
    chances = list(islice(due_times(sync, after=since), _CHANCES))
    return len(chances) == _CHANCES and chances[-1] + timedelta(seconds=sync.jitter_seconds) <= at
