"""Ratios of two ways of doing the same, side by side on one org in one run."""

import json
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from simple_salesforce.api import Salesforce
from simple_salesforce.bulk2 import SFBulk2Handler

from sync.app import open_worker
from sync.salesforce.ingest import Ingest, csv_of
from sync.salesforce.verdicts import Answer, Verdict
from tests.bench.worker import org_of, step

POLL_SECONDS = 1
ROUNDS = 3
GUARDED_LEADS = 1_200


def ratios(leads: int) -> str:
    """The part of README.md about ratios."""
    ours, theirs, verdicts = plain_updates(leads)
    calls, changes = guarded_calls()
    best, other = min(ours), min(theirs)
    plain = (
        f"- **{leads:,} plain updates by Bulk 2.0**, a verdict for each ({verdicts:,}): {best:.1f} s; simple-salesforce's "
        f"`bulk2.Lead.update`, which tells only counts: {other:.1f} s. **{best / other:.2f}x** (best of {ROUNDS} each, in "
        f"turns, both looking every {POLL_SECONDS} s)."
    )
    guarded = (
        f"- **Guarded writes**: {changes:,} records, each under its own guard, in {calls:,} API calls, everything an apply "
        f"does included. One call per record would be {changes:,}: **1/{changes / calls:.0f}**."
    )
    return f"## Ratios\n\n{plain}\n{guarded}\n"


def plain_updates(leads: int) -> tuple[list[float], list[float], int]:
    """Seconds of our ingest and of the library's for the same rows, in turns; and how many verdicts ours gave."""
    ours: list[float] = []
    theirs: list[float] = []
    answers: list[Answer] = []
    with (
        tempfile.TemporaryDirectory() as home,
        org_of(Path(home) / "org", leads=leads, activities=0),
        open_worker(Path(home) / "org") as worker,
    ):
        org = worker.new_org()
        org.connect()
        soql = "SELECT Id FROM Lead WHERE IsConverted = false AND IsDeleted = false"
        ids = [str(record["Id"]) for page in org.query(soql) for record in page.records]
        for number in range(ROUNDS):
            rows = [(key, {"Description": f"round {number} of {key}"}) for key in ids]
            seconds, answers = _timed(partial(_ours, Ingest(org.wire), rows))
            ours.append(seconds)
            seconds, _told = _timed(partial(org.wire.read, "bulk2", partial(_theirs, rows)))
            theirs.append(seconds)
    if any(answer.verdict is not Verdict.DONE for answer in answers):
        raise SystemExit("some updates were refused")
    return ours, theirs, len(answers)


def _ours(ingest: Ingest, rows: list[tuple[str, dict[str, Any]]]) -> list[Answer]:
    job = ingest.create("Lead")
    ingest.upload(job.id, csv_of(rows))
    ingest.close(job.id)
    while not ingest.job(job.id).state.has_ended:
        time.sleep(POLL_SECONDS)
    return ingest.verdicts(job.id, [key for key, _ in rows])


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
    states = applied.told["states"]
    return applied.calls, int(json.loads(json.dumps(states))["applied"])


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    started = time.monotonic()
    result = work()
    return time.monotonic() - started, result
