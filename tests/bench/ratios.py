"""Ratios of two ways of doing the same, side by side on one org in one run."""

import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast

from simple_salesforce.api import Salesforce
from simple_salesforce.bulk2 import SFBulk2Handler
from sqlalchemy import insert

from sync.app import open_worker
from sync.apply.apply import outbox_of
from sync.apply.writers.batches import PayloadGroup
from sync.apply.writers.bulk import BulkWriter
from sync.run import Run, begin
from sync.salesforce.writes import Answer, WriteResult
from sync.store import jobs
from sync.store.tables import batches
from sync.store.vocabulary import LeaseName, RunVerb, WriteMode
from tests.bench.worker import org_of, step

POLL_SECONDS = 1
ROUNDS = 3
GUARDED_LEADS = 1_200


def ratios(leads: int) -> str:
    """The part of README.md about ratios."""
    ours, theirs, results = plain_updates(leads)
    calls, changes = guarded_calls()
    best, other = min(ours), min(theirs)
    plain = (
        f"- **{leads:,} plain updates by Bulk 2.0**, a verdict for each ({results:,}): {best:.1f} s; simple-salesforce's "
        f"`bulk2.Lead.update`, which tells only counts: {other:.1f} s. **{best / other:.2f}x** (best of {ROUNDS} each, in "
        f"turns, both looking every {POLL_SECONDS} s; ours looks the first time after a quarter of a second)."
    )
    guarded = (
        f"- **Guarded writes**: {changes:,} records, each under its own guard, in {calls:,} API calls, everything an apply "
        f"does included. One call per record would be {changes:,}: **1/{changes / calls:.0f}**."
    )
    return f"{plain}\n{guarded}\n"


def plain_updates(leads: int) -> tuple[list[float], list[float], int]:
    """Seconds of our writer and of the library's for the same rows, in turns; and how many verdicts ours gave."""
    ours: list[float] = []
    theirs: list[float] = []
    answers: list[Answer] = []
    with (
        tempfile.TemporaryDirectory() as home,
        org_of(Path(home) / "org", leads=leads, activities=0),
        open_worker(Path(home) / "org") as opened,
    ):
        worker = replace(opened, settings=opened.settings.model_copy(update={"bulk_poll_seconds": POLL_SECONDS}))
        with begin(worker, RunVerb.APPLY) as run, worker.hold(LeaseName.WRITE) as lease:
            soql = "SELECT Id FROM Lead WHERE IsConverted = false AND IsDeleted = false"
            ids = [str(record["Id"]) for page in run.org.query(soql) for record in page.records]
            for number in range(ROUNDS):
                rows = [(key, {"Description": f"round {number} of {key}"}) for key in ids]
                seconds, answers = _timed(partial(_ours, outbox_of(run, lease).bulk, run, rows))
                ours.append(seconds)
                seconds, _told = _timed(partial(run.org.wire.read, "bulk2", partial(_theirs, rows)))
                theirs.append(seconds)
    # A validation rule of the org refuses some leads whatever is written to them: that is a verdict too.
    if any(answer.result not in {WriteResult.DONE, WriteResult.REFUSED} for answer in answers):
        raise SystemExit("some updates have no verdict")
    return ours, theirs, len(answers)


def _ours(writer: BulkWriter, run: Run, rows: list[tuple[str, dict[str, Any]]]) -> list[Answer]:
    """By the writer that an apply uses, job after job as an apply makes them; it waits for each as it always does."""
    answers: list[Answer] = []
    for start in range(0, len(rows), writer.size):
        groups = [PayloadGroup("Lead", key, payload, run.at) for key, payload in rows[start : start + writer.size]]
        job = writer.prepare("Lead")
        with run.worker.store.transaction() as tx:
            batch = {"batch_id": job, "run_id": run.run_id, "mode": WriteMode.BULK, "epoch": 0, "sent_at": run.now}
            tx.execute(insert(batches).values(batch))
            jobs.begin(tx, job, batch=job, at=run.now)
        answers += writer.send(groups, job) or []
        with run.worker.store.transaction() as tx:
            jobs.close(tx, [job])
    return answers


def _theirs(rows: list[tuple[str, dict[str, Any]]], client: Salesforce) -> object:
    """The library's own way: counts and a job id, no verdicts."""
    records = [{"Id": key, **payload} for key, payload in rows]
    return SFBulk2Handler(client.session_id, client.bulk2_url, session=client.session).Lead.update(
        records=records, wait=POLL_SECONDS
    )


def guarded_calls() -> tuple[int, int]:
    """API calls of an apply and how many records it wrote, all of them guarded."""
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "org"
        with org_of(folder, leads=GUARDED_LEADS, activities=2) as org:
            step(org, folder, "plan", "plan", "--owners", "--json")
            step(org, folder, "approve", "approve", "--all")
            applied = step(org, folder, "apply, guarded", "apply", "--json")
    states = cast("dict[str, int]", applied.told["states"])
    return applied.calls, states["applied"]


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    started = time.monotonic()
    result = work()
    return time.monotonic() - started, result
