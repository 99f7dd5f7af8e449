"""The whole of leadsync in two functions: `propose` (pull to plan) and `settle` (apply whatever is approved).

Review lies between them and holds no worker.
"""

from functools import partial

from engine.errors import PlanStaleError
from sync.apply.apply import Settlement, apply
from sync.plan.cost import cost_of
from sync.plan.make import plan_org
from sync.pull.pull import pull
from sync.reports.shadow import comparing
from sync.review.decisions import expire
from sync.run import Run
from sync.store.figures import Expired, Proposed
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
    run.tell(pull(run, lease))
    made = plan_org(run, lease, comparing=partial(comparing, run), with_owners=with_owners, looks_at_all=looks_at_all)
    shown = made.plan
    writes = cost_of(run.worker.store, run.worker.settings, shown.plan_id)
    run.tell(
        Proposed(
            proposed=shown.proposed,
            counts=shown.counts,
            whole=shown.whole_id if shown.whole_id != shown.plan_id else None,
            writes={mode.value: number for mode, number in writes.records.items()},
            calls=writes.calls,
            survey=made.survey,
            agreement=made.agreement,
        )
    )
    return shown


def settle(run: Run) -> Settlement:
    """Send whatever is approved, settle what is unknown, and count what became of it."""
    _expire(run)
    with run.worker.hold(LeaseName.WRITE) as lease:
        settlement = apply(run, lease)
    run.tell(settlement.figures)
    return settlement


def _expire(run: Run) -> None:
    if count := expire(run.worker.store, run_id=run.run_id, at=run.now):
        run.tell(Expired(count))
