"""What it will take to write a plan, told before anybody approves it."""

from sync.delivery.writers.modes import WritePlan, write_plan
from sync.run import Worker
from sync.store import batches
from sync.store.columns import Json


def forecast(worker: Worker, plan_id: str) -> WritePlan:
    """As if all of the plan were approved, and nothing else."""
    with worker.store.read() as tx:
        return write_plan(batches.waiting(tx, plan_id=plan_id), worker.settings)


def figures(plan: WritePlan) -> Json:
    """The same as numbers for the run."""
    return {**{mode.value: number for mode, number in plan.records.items()}, "calls": plan.calls}
