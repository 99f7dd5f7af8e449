"""A worker that stood still past its lease leaves the bulk queries to whoever carries them on."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from engine.errors import LeaseError
from sync.host.host import Clock
from sync.pull.bulk_extracts import BulkExtract, BulkExtracts, extracts_of
from sync.run import begin
from sync.store import jobs, leases
from sync.store.jobs import QueryRecord
from sync.store.leases import Lease, LeasedStore
from sync.store.vocabulary import LeaseName, RunVerb
from tests.stage import Stage

LEADS = BulkExtract("Lead", "SELECT Id FROM Lead", include_deleted=True)
USERS = BulkExtract("User", "SELECT Id FROM User", include_deleted=False)


@contextmanager
def lent(stage: Stage) -> Iterator[BulkExtracts]:
    """Those of a run that took the lease; it has run out already, so that `take_over` gives it to the next one."""
    worker = stage.worker
    patient = Clock(worker.clock.now, lambda: worker.clock.now().timestamp(), stage.advance)
    with begin(replace(worker, clock=patient), RunVerb.PLAN) as run:
        leased = LeasedStore(worker.store, take_over(stage))
        made = extracts_of(run.org, leased, run.worker.host, worker.settings, run_id=run.run_id)
        yield replace(made, deadline=float("inf"))


def take_over(stage: Stage) -> Lease:
    with stage.worker.store.transaction() as tx:
        return leases.take(
            tx, LeaseName.PULL, holder=stage.worker.holder, clock=stage.worker.clock.now, lease_seconds=0
        )


def under_way(stage: Stage) -> list[QueryRecord]:
    with stage.worker.store.read() as tx:
        return list(jobs.queries(tx))


def is_refused(error: "pytest.ExceptionInfo[LeaseError]") -> bool:
    return [problem.code for problem in error.value.problems] == ["LS-102"]


def test_a_page_of_a_job_that_another_carries_on_is_not_noted(stage: Stage) -> None:
    stage.add_lead()
    with lent(stage) as extracts:
        (job,) = extracts.begin([LEADS])
        page = next(extracts.pages(job))
        take_over(stage)
        with pytest.raises(LeaseError) as refused:
            extracts.keep(job, page, None)
    assert is_refused(refused)
    assert [each.pages for each in under_way(stage)] == [()]


def test_no_job_is_begun_any_more(stage: Stage) -> None:
    with lent(stage) as extracts:
        take_over(stage)
        with pytest.raises(LeaseError) as refused:
            extracts.begin([LEADS])
    assert is_refused(refused)
    assert under_way(stage) == []


def test_a_job_is_not_given_up_over_the_head_of_who_carries_it_on(stage: Stage) -> None:
    with lent(stage) as extracts:
        (job,) = extracts.begin([LEADS])
        take_over(stage)
        with pytest.raises(LeaseError) as refused:
            extracts.begin([USERS])
    assert is_refused(refused)
    assert [each.job_id for each in under_way(stage)] == [job.job_id]
    assert stage.server.world.jobs[job.job_id].state != "Aborted"
