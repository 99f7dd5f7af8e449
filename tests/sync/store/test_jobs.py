"""Bulk jobs in the store: found again by what they asked, with what is on disk of them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from engine.changes.change import Change
from engine.changes.states import State
from engine.errors import StoreError
from sync.store import batches, jobs
from sync.store.changes import Move
from sync.store.columns import Json
from sync.store.database import Store
from sync.store.jobs import QueryRecord
from sync.store.leases import Lease
from sync.store.vocabulary import WriteMode

PAGE: dict[str, Json] = {"rows": 2, "digest": "d", "data_file": {"path": "Lead/1.parquet"}}


@pytest.fixture
def query(at: datetime, run: str) -> Callable[[str], QueryRecord]:
    return lambda job_id: QueryRecord(job_id, "Lead", run, 1, "66.0", "UploadComplete", at, asked="question")


def test_queries_under_way_come_the_newest_first(
    store: Store, at: datetime, query: Callable[[str], QueryRecord]
) -> None:
    older, newer = query("750A"), replace(query("750B"), created_at=at + timedelta(seconds=1))
    with store.transaction() as tx:
        jobs.enter(tx, older)
        jobs.enter(tx, newer)
    with store.read() as tx:
        assert jobs.queries(tx) == (newer, older)


def test_pages_are_kept_in_order_with_where_the_next_one_is(store: Store, query: Callable[[str], QueryRecord]) -> None:
    with store.transaction() as tx:
        jobs.enter(tx, query("750A"))
        jobs.keep_page(tx, "750A", page=PAGE, locator="MTAw")
        jobs.keep_page(tx, "750A", page=None, locator="")
    with store.read() as tx:
        assert jobs.queries(tx) == (replace(query("750A"), pages=(PAGE,), locator=""),)
        assert jobs.staged(tx) == (PAGE,)


def test_a_closed_job_has_nothing_left_and_is_forgotten_later(
    store: Store, at: datetime, query: Callable[[str], QueryRecord]
) -> None:
    with store.transaction() as tx:
        jobs.enter(tx, query("750A"))
        jobs.keep_page(tx, "750A", page=PAGE, locator="")
        jobs.close(tx, ["750A"])
        assert (jobs.queries(tx), jobs.staged(tx)) == ((), ())
        jobs.forget(tx, at)
        assert jobs.known(tx, ["750A"]) == {"750A"}
        jobs.forget(tx, at + timedelta(seconds=1))
        assert jobs.known(tx, ["750A"]) == frozenset()


def test_an_ingest_is_no_query(
    store: Store, lease: Lease, run: str, at: datetime, propose: Callable[..., None], change: Callable[..., Change]
) -> None:
    propose(State.APPROVED, change(1, grade="A"))
    sending = Move(change(1, grade="A").change_id, State.SENDING)
    with store.transaction() as tx:
        jobs.expect(tx, lease, "Lead", run=run, version="66.0", at=at)
        batch = batches.intend(tx, lease, [sending], run=run, mode=WriteMode.BULK, at=at, job="750A")
    with store.read() as tx:
        assert [upload.batch_id for upload in jobs.uploads(tx)] == [batch.batch_id]
        assert jobs.queries(tx) == ()


def test_a_job_nobody_entered_cannot_be_told_of(store: Store) -> None:
    with pytest.raises(StoreError, match="SR-120"), store.transaction() as tx:
        jobs.close(tx, ["750A"])
