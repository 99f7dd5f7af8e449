"""Bulk jobs in the store: found again by what they asked, with what is on disk of them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from engine.changes.change import Change
from engine.changes.states import State
from engine.errors import StoreError
from sync.store import batches, ingest_jobs, query_jobs
from sync.store.changes import Move
from sync.store.columns import Json
from sync.store.database import Store
from sync.store.leases import Lease
from sync.store.query_jobs import Query
from sync.store.vocabulary import Mode

PAGE: dict[str, Json] = {"rows": 2, "digest": "d", "data_file": {"path": "Lead/1.parquet"}}


@pytest.fixture
def query(at: datetime, run: str) -> Callable[[str], Query]:
    return lambda job_id: Query(job_id, "Lead", run, 1, "66.0", "UploadComplete", at, asked="question")


def test_queries_under_way_come_the_newest_first(store: Store, at: datetime, query: Callable[[str], Query]) -> None:
    older, newer = query("750A"), replace(query("750B"), created_at=at + timedelta(seconds=1))
    with store.transaction() as tx:
        query_jobs.enter(tx, older)
        query_jobs.enter(tx, newer)
    with store.read() as tx:
        assert query_jobs.under_way(tx) == (newer, older)


def test_pages_are_kept_in_order_with_where_the_next_one_is(store: Store, query: Callable[[str], Query]) -> None:
    with store.transaction() as tx:
        query_jobs.enter(tx, query("750A"))
        query_jobs.keep_page(tx, "750A", page=PAGE, locator="MTAw")
        query_jobs.keep_page(tx, "750A", page=None, locator="")
    with store.read() as tx:
        assert query_jobs.under_way(tx) == (replace(query("750A"), pages=(PAGE,), locator=""),)
        assert query_jobs.staged(tx) == (PAGE,)


def test_a_closed_job_has_nothing_left_and_is_forgotten_later(
    store: Store, at: datetime, query: Callable[[str], Query]
) -> None:
    with store.transaction() as tx:
        query_jobs.enter(tx, query("750A"))
        query_jobs.keep_page(tx, "750A", page=PAGE, locator="")
        query_jobs.close(tx, ["750A"])
        assert (query_jobs.under_way(tx), query_jobs.staged(tx)) == ((), ())
        query_jobs.forget(tx, at)
        assert ingest_jobs.known(tx, ["750A"]) == {"750A"}
        query_jobs.forget(tx, at + timedelta(seconds=1))
        assert ingest_jobs.known(tx, ["750A"]) == frozenset()


def test_an_ingest_is_no_query(
    store: Store, lease: Lease, run: str, at: datetime, propose: Callable[..., None], change: Callable[..., Change]
) -> None:
    propose(State.APPROVED, change(1, grade="A"))
    sending = Move(change(1, grade="A").change_id, State.SENDING)
    with store.transaction() as tx:
        ingest_jobs.expect(tx, lease, "Lead", run=run, version="66.0", at=at)
        batch = batches.intend(tx, lease, [sending], run=run, mode=Mode.BULK, at=at, job="750A")
    with store.read() as tx:
        assert [upload.batch_id for upload in ingest_jobs.unfinished(tx)] == [batch.batch_id]
        assert query_jobs.under_way(tx) == ()


def test_a_job_nobody_entered_cannot_be_told_of(store: Store) -> None:
    with pytest.raises(StoreError, match="SR-120"), store.transaction() as tx:
        query_jobs.close(tx, ["750A"])
