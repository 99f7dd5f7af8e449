"""Bulk jobs in the store: found again by what they asked, with what is on disk of them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from engine.errors import StoreError
from sync.store import jobs
from sync.store.columns import Json
from sync.store.database import Store
from sync.store.jobs import Direction, Job

PAGE: dict[str, Json] = {"rows": 2, "digest": "d", "segment": {"path": "Lead/1.parquet"}}


@pytest.fixture
def query(at: datetime, run: str) -> Callable[[str], Job]:
    return lambda job_id: Job(job_id, Direction.QUERY, "Lead", run, 1, "66.0", "UploadComplete", at, asked="question")


def test_a_query_is_found_by_what_it_asked_the_newest_first(
    store: Store, at: datetime, query: Callable[[str], Job]
) -> None:
    older, newer = query("750A"), replace(query("750B"), created_at=at + timedelta(seconds=1))
    with store.transaction() as tx:
        jobs.enter(tx, older)
        jobs.enter(tx, newer)
        jobs.enter(tx, replace(query("750C"), asked="another"))
    with store.read() as tx:
        assert jobs.asked(tx, "question") == (newer, older)


def test_pages_are_kept_in_order_with_where_the_next_one_is(store: Store, query: Callable[[str], Job]) -> None:
    with store.transaction() as tx:
        jobs.enter(tx, query("750A"))
        jobs.keep_page(tx, "750A", page=PAGE, locator="MTAw")
        jobs.keep_page(tx, "750A", page=None, locator="")
    with store.read() as tx:
        found = jobs.find(tx, "750A")
        assert found == replace(query("750A"), pages=(PAGE,), locator="")
        assert jobs.staged(tx) == (PAGE,)


def test_a_closed_job_has_nothing_left_and_is_forgotten_later(
    store: Store, at: datetime, query: Callable[[str], Job]
) -> None:
    with store.transaction() as tx:
        jobs.enter(tx, query("750A"))
        jobs.keep_page(tx, "750A", page=PAGE, locator="")
        jobs.close(tx, ["750A"])
        assert (jobs.under_way(tx, Direction.QUERY), jobs.staged(tx)) == ((), ())
        jobs.forget(tx, at)
        assert jobs.find(tx, "750A") is not None
        jobs.forget(tx, at + timedelta(seconds=1))
        assert jobs.find(tx, "750A") is None


def test_an_ingest_is_found_by_its_batch_and_is_no_query(store: Store, query: Callable[[str], Job]) -> None:
    ingest = replace(query("750A"), direction=Direction.INGEST, asked=None, batch_id="batch")
    with store.transaction() as tx:
        jobs.enter(tx, ingest)
        jobs.note(tx, "750A", "InProgress")
    with store.read() as tx:
        assert jobs.of_batch(tx, "batch") == replace(ingest, state="InProgress")
        assert jobs.under_way(tx, Direction.QUERY) == ()


def test_a_job_nobody_entered_cannot_be_told_of(store: Store) -> None:
    with pytest.raises(StoreError, match="SR-120"), store.transaction() as tx:
        jobs.note(tx, "750A", "InProgress")
