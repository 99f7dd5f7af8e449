"""Run a slot that was taken to its end, whatever that is, and write down what it came to."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TypeAlias

from config.settings.syncs import Sync, Verb
from config.words.catalogue import Words
from engine.changes.states import UNDONE, State
from engine.errors import LeadsyncError, LeaseError, Problem, ShutdownError, StoreError
from sync.cycle import propose, settle
from sync.host.log import places_of
from sync.host.shutdown import Shutdown
from sync.plan.lookup import held_of
from sync.pull.sweep import sweep
from sync.reports.files import write_report
from sync.run import Run, Worker
from sync.store import changes, leases, plans, slots
from sync.store.database import Store
from sync.store.figures import DueTime
from sync.store.leases import Clock
from sync.store.slots import Slot
from sync.store.vocabulary import RunVerb, SlotState
from sync.views.plan_report import report_of

# A worker opened anew, so that a rule edited since the last run counts.
Opening: TypeAlias = Callable[[], AbstractContextManager[Worker]]
# Of the changes a run touched or had to leave, how many are in each state.
States: TypeAlias = Mapping[State, int]
Beginning: TypeAlias = Callable[[Worker, RunVerb], AbstractContextManager[Run]]


def work(
    slot: Slot, sync: Sync, *, store: Store, clock: Clock, opening: Opening, beginning: Beginning, shutdown: Shutdown
) -> tuple[Slot, LeadsyncError | None]:
    """The slot as it ended, and the error that failed it. Nothing but the end of the process gets past this."""
    state, error = _ended(slot, sync, store=store, opening=opening, beginning=beginning, shutdown=shutdown)
    codes = tuple(problem.code for problem in error.problems) if error else ()
    with store.transaction() as tx:
        at = leases.time_of(tx, clock)
        is_ours = slots.finish(tx, slot, state, at=at, codes=codes)
        found = slots.last(tx, slot.sync)
    run_id = found.run_id if found and found.due_at == slot.due_at else None
    ended = replace(slot, state=state, codes=codes, finished_at=at, run_id=run_id)
    return (ended, error) if is_ours else (replace(ended, state=SlotState.LOST), error)


def _ended(
    slot: Slot, sync: Sync, *, store: Store, opening: Opening, beginning: Beginning, shutdown: Shutdown
) -> tuple[SlotState, LeadsyncError | None]:
    try:
        with opening() as worker:
            worker.points.reach("slot taken")
            with beginning(replace(worker, shutdown=shutdown), RunVerb(sync.verb)) as run:
                with store.transaction() as tx:
                    slots.begun(tx, slot, run.run_id)
                run.tell(DueTime(slot.sync, slot.missed))
                states = VERBS[sync.verb](run)
            worker.points.reach("slot worked")
            untold = _report(worker, run.run_id)
    except ShutdownError:
        # Whoever starts next takes it up again.
        return SlotState.LOST, None
    except LeaseError as error:
        # Somebody at a command line was faster, and the next due time comes; or took over while this process stood still.
        was_refused = all(problem.code == "LS-101" for problem in error.problems)  # another run holds the {name}…
        return SlotState.SKIPPED if was_refused else SlotState.FAILED, error
    except LeadsyncError as error:
        return SlotState.FAILED, error
    except Exception as error:  # noqa: BLE001 - the worker outlives a fault of its own in one run, and tells of it
        place = ", ".join(places_of(error))
        # the run ended by a fault of leadsync itself ({error} at {place})
        told = StoreError(Problem("SC-102", slot.sync, {"error": type(error).__name__, "place": place}))
        told.__cause__ = error
        return SlotState.FAILED, told
    is_whole = untold is None and not any(states.get(state) for state in UNDONE)
    return SlotState.DONE if is_whole else SlotState.PARTLY, untold


def _run(run: Run) -> States:
    propose(run)
    run.worker.shutdown.check()
    return {**settle(run).states, **held_of(run.worker.store)}


def _plan(run: Run) -> States:
    propose(run)
    return held_of(run.worker.store)


def _apply(run: Run) -> States:
    return settle(run).states


def _sweep(run: Run) -> States:
    sweep(run)
    return {}


VERBS: Mapping[Verb, Callable[[Run], States]] = {
    Verb.RUN: _run,
    Verb.PLAN: _plan,
    Verb.APPLY: _apply,
    Verb.SWEEP: _sweep,
}


# Of a plan with more changes than these, written over many runs, a page is made when it is proposed and when all is sent.
_LARGE = 20_000


def _report(worker: Worker, run_id: str) -> LeadsyncError | None:
    """Leave a page where people find it, of each plan this run proposed or sent changes of: nobody looks at this terminal.

    None, or SC-107 that says why it could not be.
    """
    folder, words = worker.settings.data_folder / "reports", Words(worker.settings.language)
    try:
        for plan_id in _told_of(worker, run_id):
            with worker.store.read() as tx:
                plan = plans.record(tx, plan_id)
            if plan is not None:
                write_report(report_of(worker, plan), folder / f"{plan_id}.html", words)
    except Exception as error:  # noqa: BLE001 - the run is done and counts, whatever is wrong with telling of it
        reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        told = StoreError(Problem("SC-107", str(folder), {"reason": reason, "run": run_id}))  # the run is done, but…
        told.__cause__ = error
        return told
    return None


def _told_of(worker: Worker, run_id: str) -> list[str]:
    with worker.store.read() as tx:
        found = plans.of_run(tx, run_id)
        return [plan_id for plan_id in found if plan_id == run_id or not _is_half_sent(changes.counts(tx, plan_id))]


def _is_half_sent(counts: dict[State, int]) -> bool:
    return sum(counts.values()) > _LARGE and bool(counts.get(State.APPROVED))
