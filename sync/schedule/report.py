"""Leave the report of a scheduled run where people find it: nobody looks at the terminal of a worker that runs by itself."""

from config.words.catalogue import Words
from engine.changes.states import State
from engine.errors import LeadsyncError, Problem, StoreError
from sync.reports.files import write_report
from sync.run import Worker
from sync.store import changes, plans
from sync.views.plan_report import report_of

# Of a plan with more changes than these, written over many runs, a page is made when it is proposed and when all is sent.
_LARGE = 20_000


def report(worker: Worker, run_id: str) -> LeadsyncError | None:
    """Write the page of each plan this run proposed or sent changes of; None, or SC-107 that says why it could not be."""
    folder, words = worker.settings.data_folder / "reports", Words(worker.settings.language)
    try:
        for plan_id in _told_of(worker, run_id):
            with worker.store.read() as tx:
                header = plans.record(tx, plan_id)
            if header is not None:
                write_report(report_of(worker, header), folder / f"{plan_id}.html", words)
    except Exception as error:  # noqa: BLE001 - the run is done and counts, whatever is wrong with telling of it
        reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        told = StoreError(Problem("SC-107", str(folder), {"reason": reason, "run": run_id}))
        told.__cause__ = error
        return told
    return None


def _told_of(worker: Worker, run_id: str) -> list[str]:
    with worker.store.read() as tx:
        found = plans.of_run(tx, run_id)
        return [plan_id for plan_id in found if plan_id == run_id or not _is_half_sent(changes.counts(tx, plan_id))]


def _is_half_sent(counts: dict[State, int]) -> bool:
    return sum(counts.values()) > _LARGE and bool(counts.get(State.APPROVED))
