"""Which plan people mean, by as little as they say of it."""

from collections.abc import Callable
from datetime import datetime
from itertools import count

import pytest
from sqlalchemy import insert

from engine.changes.change import Change
from engine.changes.plan import Plan
from engine.changes.states import State
from engine.errors import Problem, UsageError
from sync.plan.lookup import plan_named
from sync.store.database import Store
from sync.store.holders import Holder
from sync.store.tables import runs
from tests.sync.store import small_plans

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)


@pytest.fixture
def plan(store: Store, at: datetime, here: Holder, change: Callable[..., Change]) -> Callable[..., None]:
    """Save a plan of that id; one that `waits` has a change for a person."""
    numbers = count(1)

    def save(plan_id: str, *, waits: bool = False) -> None:
        number = next(numbers)
        wanted = (change(number, grade="A"),) if waits else ()
        made = Plan("00D", at, "Asia/Tokyo", "0" * 64, plan_id, is_baseline=False, changes=wanted)
        states = dict.fromkeys((each.change_id for each in wanted), State.PLANNED)
        started = {"run_id": plan_id, "sequence": number, "verb": "plan", "started_at": at, "figures": {}}
        with store.transaction() as tx:
            tx.execute(insert(runs).values(**started, **here.columns()))
            small_plans.propose(tx, made, run=plan_id, field_map="1" * 64, states=states, policy="p")

    return save


def meant(store: Store, given: str | None) -> str:
    with store.read() as tx:
        return plan_named(tx, given).plan_id


def refused(store: Store, given: str | None) -> Problem:
    with pytest.raises(UsageError) as raised:
        meant(store, given)
    (problem,) = raised.value.problems
    return problem


def test_without_an_id_the_last_that_waits_is_meant_and_else_the_last(store: Store, plan: Callable[..., None]) -> None:
    plan("20261121T093000Z-0001")
    plan("20261121T093000Z-0002")
    assert meant(store, None) == "20261121T093000Z-0002"
    plan("20261121T093000Z-0003", waits=True)
    plan("20261121T093000Z-0004", waits=True)
    plan("20261121T093000Z-0005", waits=True)
    plan("20261121T093000Z-0006")
    assert meant(store, None) == "20261121T093000Z-0005"


def test_before_the_first_plan_there_is_none(store: Store) -> None:
    assert refused(store, None) == Problem("PL-413")


@pytest.mark.parametrize("given", ["20261121T093000Z-0002", "0002"])
def test_a_plan_is_meant_by_its_id_or_the_end_of_it(store: Store, plan: Callable[..., None], given: str) -> None:
    for number in (1, 2, 3):
        plan(f"20261121T093000Z-000{number}")
    assert meant(store, given) == "20261121T093000Z-0002"


@pytest.mark.parametrize("given", ["0009", "20261121T093000Z-000", ""])
def test_an_end_that_no_plan_has_is_said(store: Store, plan: Callable[..., None], given: str) -> None:
    plan("20261121T093000Z-0001")
    assert refused(store, given) == Problem("PL-401", "", {"given": given})


def test_an_end_that_is_too_short_is_said_though_one_plan_has_it(store: Store, plan: Callable[..., None]) -> None:
    plan("20261121T093000Z-0001")
    assert refused(store, "001") == Problem(
        "PL-408", "", {"given": "001", "found": "20261121T093000Z-0001", "least": 4}
    )


def of_day(day: int) -> str:
    """An id that ends as those of other days do."""
    return f"202611{day:02d}T093000Z-0001"


@pytest.mark.parametrize(
    ("days", "found"),
    [
        pytest.param(10, ", ".join(of_day(10 - each) for each in range(10)), id="all"),
        pytest.param(12, ", ".join(of_day(12 - each) for each in range(10)) + ", …", id="the last ten"),
    ],
)
def test_of_plans_that_end_so_the_last_are_named(
    store: Store, plan: Callable[..., None], days: int, found: str
) -> None:
    for day in range(1, days + 1):
        plan(of_day(day))
    assert refused(store, "0001").params["found"] == found
