"""The whole of leadsync in two functions: `propose` (pull to plan) and `settle` (apply whatever is approved).

Review lies between them and holds no worker.
"""

from functools import partial

from engine.errors import PlanStaleError
from sync.apply.apply import Settlement, apply
from sync.plan.cost import figures, forecast
from sync.plan.make import plan_org
from sync.pull.pull import pull
from sync.reports.shadow import comparing
from sync.review.decisions import expire
from sync.run import Run
from sync.store.leases import Lease
from sync.store.plans import PlanRecord
from sync.store.vocabulary import LeaseName

# How often a plan is made anew because changes moved while it was made.
TRIES_MAX = 3


def propose(run: Run, *, with_owners: bool = False, looks_at_all: bool = False) -> PlanRecord:
    """Pull, evaluate, and save the difference as a plan; what policy lets through is approved by policy at once.

    `with_owners` asks for owner moves in a baseline; every later plan has them anyway. `looks_at_all` evaluates everybody,
    not only those to whom something has happened since the last plan.
    """
    with run.worker.hold(LeaseName.PULL) as lease:
        tries = 0
        while True:
            tries += 1
            try:
                return _proposed(run, lease, with_owners=with_owners, looks_at_all=looks_at_all)
            except PlanStaleError:  # somebody applied or reviewed meanwhile: look again
                if tries == TRIES_MAX:
                    raise


def _proposed(run: Run, lease: Lease, *, with_owners: bool, looks_at_all: bool) -> PlanRecord:
    _expire(run)
    pull(run, lease)
    shown = plan_org(run, lease, comparing=partial(comparing, run), with_owners=with_owners, looks_at_all=looks_at_all)
    run.figures.update(proposed=shown.proposed, **shown.counts)
    run.figures["whole"] = shown.whole_id if shown.whole_id != shown.plan_id else None
    run.figures["writes"] = figures(forecast(run.worker.store, run.worker.settings, shown.plan_id))
    return shown


def settle(run: Run) -> Settlement:
    """Send whatever is approved, settle what is unknown, and count what became of it."""
    _expire(run)
    with run.worker.hold(LeaseName.WRITE) as lease:
        settlement = apply(run, lease)
    run.figures["states"] = {state.value: number for state, number in settlement.states.items()}
    return settlement


def _expire(run: Run) -> None:
    if count := expire(run.worker.store, run_id=run.run_id, at=run.now):
        run.figures["expired"] = count
