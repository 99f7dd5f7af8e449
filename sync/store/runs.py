"""Runs: one execution of propose, settle or both; what it was, who ran it, how it ended."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, insert, or_, select, update

from engine.errors import StoreError
from sync.store import audit, leases
from sync.store.audit import Entry
from sync.store.database import Transaction
from sync.store.events import Event
from sync.store.figures import Figures, counts_of, figures_body, figures_from
from sync.store.holders import Holder, is_beside, is_dead
from sync.store.leases import Clock
from sync.store.tables import runs
from sync.store.vocabulary import RunVerb

INTERRUPTED = "interrupted"
# So short an ending of an id, or none at all, names a run by accident.
ENDING_MIN = 4


@dataclass(frozen=True, slots=True)
class RunRecord:
    """`outcome` is None while it runs. `started_at` and `finished_at` are the org's time."""

    run_id: str
    verb: str
    started_at: datetime
    finished_at: datetime | None = None
    outcome: str | None = None
    figures: Figures = field(default_factory=Figures)


def start(tx: Transaction, *, verb: RunVerb, at: datetime, holder: Holder) -> str:
    """A new run's id, such as `20261121T093000Z-0012`: the org's time and the store's own sequence."""
    sequence = (tx.execute(select(func.max(runs.c.sequence))).scalar() or 0) + 1
    run_id = f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{sequence:04d}"
    tx.execute(
        insert(runs).values(
            run_id=run_id, sequence=sequence, verb=verb.value, started_at=at, figures={}, **holder.columns()
        )
    )
    audit.append(tx, [Entry(Event.RUN_STARTED, at, run_id, {"verb": verb.value})])
    return run_id


def finish(tx: Transaction, run_id: str, *, outcome: str, figures: Figures, at: datetime) -> None:
    """Record how a run ended and what it came to.

    A run that others took for interrupted, because it stood still, ends as it ended.
    """
    is_open = or_(runs.c.outcome.is_(None), runs.c.outcome == INTERRUPTED)
    ended = update(runs).where(runs.c.run_id == run_id, is_open)
    if tx.execute(ended.values(outcome=outcome, figures=figures_body(figures), finished_at=at)).rowcount != 1:
        raise StoreError.of("SR-108", run_id)  # the run has already ended, or never existed
    audit.append(tx, [Entry(Event.RUN_FINISHED, at, run_id, {"outcome": outcome, "figures": counts_of(figures)})])


def close_interrupted(
    tx: Transaction, *, here: Holder, at: datetime, clock: Clock, lease_seconds: float
) -> tuple[str, ...]:
    """Mark runs that never finished and that nobody is at work on any more; their ids.

    Their process is known to be dead, or, on a host or boot that cannot be asked, it holds no lease that is still good. A
    run takes its first lease soon after it begins, so for as long as one lease lasts it is left alone.
    """
    unfinished = tx.execute(select(runs).where(runs.c.outcome.is_(None)).order_by(runs.c.sequence)).all()
    living, soon = leases.living(tx, clock=clock), at - timedelta(seconds=lease_seconds)
    dead = tuple(
        row.run_id
        for row in unfinished
        for holder in [Holder.of(row)]
        if is_dead(holder, here=here)
        or (not is_beside(holder, here=here) and holder not in living and row.started_at < soon)
    )
    for run_id in dead:
        tx.execute(update(runs).where(runs.c.run_id == run_id).values(outcome=INTERRUPTED, finished_at=at))
    audit.append(tx, [Entry(Event.RUN_INTERRUPTED, at, run_id) for run_id in dead])
    return dead


def run(tx: Transaction, run_id: str) -> RunRecord | None:
    return next(iter(_select(tx, run_id=run_id)), None)


def named(tx: Transaction, ending: str, *, verb: RunVerb | None = None) -> RunRecord | None:
    """The one run, of one verb or of any, by its id or the end of it."""
    query = select(runs.c.run_id).where(runs.c.run_id.endswith(ending, autoescape=True))
    query = query if verb is None else query.where(runs.c.verb == verb.value)
    found = list(tx.execute(query.limit(2)).scalars()) if len(ending) >= ENDING_MIN else []
    return run(tx, found[0]) if len(found) == 1 else None


def latest(tx: Transaction, *, limit: int = 20, verb: RunVerb | None = None) -> tuple[RunRecord, ...]:
    """The last runs, of one verb or of all, newest first."""
    return _select(tx, limit=limit, verb=verb)


def sequence_of(tx: Transaction, run_id: str) -> int:
    """The store's sequence number of a run; a pull carries that of its run. StoreError SR-108 when there is no such run."""
    found: int | None = tx.execute(select(runs.c.sequence).where(runs.c.run_id == run_id)).scalar_one_or_none()
    if found is None:
        raise StoreError.of("SR-108", run_id)  # the run has already ended, or never existed
    return found


def begun(tx: Transaction, *, before: datetime, since: datetime | None = None) -> frozenset[str]:
    """The ids of the runs that began then."""
    query = select(runs.c.run_id).where(runs.c.started_at < before)
    return frozenset(tx.execute(query if since is None else query.where(runs.c.started_at >= since)).scalars())


def _select(
    tx: Transaction, *, run_id: str | None = None, verb: RunVerb | None = None, limit: int = 1
) -> tuple[RunRecord, ...]:
    query = select(runs).order_by(runs.c.sequence.desc()).limit(limit)
    if run_id is not None:
        query = query.where(runs.c.run_id == run_id)
    if verb is not None:
        query = query.where(runs.c.verb == verb.value)
    return tuple(
        RunRecord(row.run_id, row.verb, row.started_at, row.finished_at, row.outcome, figures_from(row.figures))
        for row in tx.execute(query)
    )
