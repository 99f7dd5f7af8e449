"""The ledger of API calls: never below what was used, shared by all workers, and two bounds that hold."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from engine.errors import BudgetError
from sync.salesforce.api_budget import BLOCK, ApiBudget
from sync.salesforce.session import ApiUsage
from sync.store import api_ledger
from sync.store.api_ledger import LIMIT_UNTOLD, Terms
from sync.store.database import Store

TERMS = Terms(budget_percent=30, reserve_percent=20)
MakeAllowance = Callable[[], ApiBudget]


@pytest.fixture
def budget(store: Store, at: datetime) -> MakeAllowance:
    return lambda: ApiBudget(store, TERMS, now=lambda: at)


def told(store: Store, *, used: int, limit: int, at: datetime) -> None:
    with store.transaction() as tx:
        api_ledger.tell(tx, used=used, limit=limit, at=at)


def ours(store: Store, at: datetime) -> int:
    with store.read() as tx:
        return api_ledger.room(tx, TERMS, at=at).ours


def calls_until_refused(leave: ApiBudget, most: int = 10_000) -> tuple[int, str]:
    for made in range(most):
        try:
            leave.ask(None)
        except BudgetError as error:
            return made, error.problems[0].code
    return most, ""


def test_calls_are_reserved_before_they_are_made_and_given_back_at_the_end(
    store: Store, at: datetime, budget: MakeAllowance
) -> None:
    leave = budget()
    for _ in range(3):
        leave.ask(None)
        assert ours(store, at) == BLOCK
    leave.settle(None, None)
    assert ours(store, at) == 3


def test_a_run_that_died_keeps_what_it_had_reserved_for_a_day(
    store: Store, at: datetime, budget: MakeAllowance
) -> None:
    budget().ask(None)
    assert ours(store, at + timedelta(hours=23)) == BLOCK
    assert ours(store, at + timedelta(hours=25)) == 0


def test_t5_our_share_of_the_day_ends_before_the_call(store: Store, at: datetime, budget: MakeAllowance) -> None:
    told(store, used=0, limit=100, at=at - timedelta(seconds=1))
    assert calls_until_refused(budget()) == (30, "SF-140")


def test_t5_what_is_left_for_others_is_left_to_the_last_call(store: Store, at: datetime, budget: MakeAllowance) -> None:
    told(store, used=70, limit=100, at=at - timedelta(seconds=1))
    assert calls_until_refused(budget()) == (10, "SF-141")


def test_t6_an_org_that_never_told_its_limit_has_one_all_the_same(store: Store, at: datetime) -> None:
    with store.read() as tx:
        assert api_ledger.room(tx, TERMS, at=at).calls == LIMIT_UNTOLD * 30 // 100


def test_what_can_wait_leaves_a_tenth_of_our_share_for_reading(
    store: Store, at: datetime, budget: MakeAllowance
) -> None:
    told(store, used=0, limit=1_000, at=at - timedelta(seconds=1))
    leave = budget()
    leave.ask(None)
    assert leave.spare() == 300 - 30 - 1


def test_what_the_org_tells_counts_from_then_on(store: Store, at: datetime, budget: MakeAllowance) -> None:
    leave = budget()
    leave.ask(None)
    leave.settle(None, ApiUsage(used=79, limit=100))
    later = ApiBudget(store, TERMS, now=lambda: at + timedelta(seconds=1))
    assert calls_until_refused(later) == (1, "SF-141")


def test_usage_of_yesterday_is_forgotten_and_its_limit_is_not(store: Store, at: datetime) -> None:
    told(store, used=100, limit=100, at=at - timedelta(hours=25))
    with store.read() as tx:
        assert api_ledger.room(tx, TERMS, at=at).calls == 30


def test_a_long_run_is_not_counted_twice(store: Store, at: datetime, budget: MakeAllowance) -> None:
    told(store, used=0, limit=1000, at=at - timedelta(seconds=1))
    leave = budget()
    for made in range(200):
        leave.ask(ApiUsage(used=made, limit=1000))
    with store.read() as tx:
        left = api_ledger.room(tx, TERMS, at=at)
    assert left.ours == 200
    assert 200 <= left.everybody <= 200 + 2 * BLOCK


def test_many_workers_share_one_budget(store: Store, at: datetime, budget: MakeAllowance) -> None:
    told(store, used=0, limit=1000, at=at - timedelta(seconds=1))
    with ThreadPoolExecutor(4) as pool:
        made = [count for count, _ in pool.map(calls_until_refused, [budget() for _ in range(4)])]
    assert sum(made) == 300
