"""Which way changes travel, by how many there are, and what a plan is told to cost."""

import pytest

from config.settings.settings import Settings
from engine.changes.change import Reach
from sync.plan.cost import WritePlan, calls_of, mode_of, most_within, write_plan
from sync.store.vocabulary import WriteMode


@pytest.fixture
def settings() -> Settings:
    return Settings(org="sandbox")


@pytest.mark.parametrize(
    ("reach", "number", "mode"),
    [
        (Reach.FIELDS, 1, WriteMode.GUARDED),
        (Reach.FIELDS, 2_000, WriteMode.GUARDED),
        (Reach.FIELDS, 2_001, WriteMode.COLLECTIONS),
        (Reach.FIELDS, 20_000, WriteMode.COLLECTIONS),
        (Reach.FIELDS, 20_001, WriteMode.BULK),
        (Reach.OWNER, 1_000_000, WriteMode.GUARDED),
    ],
)
def test_the_more_there_are_the_less_each_is_guarded_but_for_owners(
    settings: Settings, reach: Reach, number: int, mode: WriteMode
) -> None:
    assert mode_of(reach, number, settings) is mode


def test_a_plan_tells_records_by_mode_and_calls(settings: Settings) -> None:
    waiting = {("Lead", Reach.OWNER): 50, ("Lead", Reach.FIELDS): 100_000, ("Contact", Reach.FIELDS): 10}
    told = write_plan(waiting, settings)
    assert told.records == {WriteMode.GUARDED: 60, WriteMode.BULK: 100_000}
    # 50 owners: 2 to send, 1 to compare, 1 to read back; 10 contacts: 1, 1, 1; 5 jobs on 50 pages, a sample of one call.
    assert told.calls == 4 + 3 + 50 + 5 * 12 + 1


def test_what_only_memory_keeps_costs_nothing(settings: Settings) -> None:
    assert write_plan({("Lead", Reach.MEMORY): 5_000}, settings) == WritePlan({}, 0)


def test_each_mode_says_what_it_does_not_protect(settings: Settings) -> None:
    told = write_plan({("Lead", Reach.FIELDS): 30_000, ("Lead", Reach.OWNER): 3}, settings)
    assert [message.key for message in told.messages()] == ["writes.guarded", "writes.bulk", "writes.calls"]


@pytest.mark.parametrize(
    ("mode", "reach", "number", "calls"),
    [
        # 25 are sent in a call, 1,000 compared and 1,000 read back.
        (WriteMode.GUARDED, Reach.OWNER, 0, 0),
        (WriteMode.GUARDED, Reach.OWNER, 1, 3),
        (WriteMode.GUARDED, Reach.OWNER, 25, 3),
        (WriteMode.GUARDED, Reach.OWNER, 26, 4),
        (WriteMode.GUARDED, Reach.OWNER, 1_000, 42),
        (WriteMode.GUARDED, Reach.OWNER, 1_001, 45),
        # Of fields 200 are read back.
        (WriteMode.GUARDED, Reach.FIELDS, 1_001, 44),
        # 200 are compared in a call and 200 sent.
        (WriteMode.COLLECTIONS, Reach.FIELDS, 200, 3),
        (WriteMode.COLLECTIONS, Reach.FIELDS, 201, 5),
        # Pages of 2,000 are compared, jobs of 20,000 sent.
        (WriteMode.BULK, Reach.FIELDS, 2_000, 1 + 12 + 1),
        (WriteMode.BULK, Reach.FIELDS, 20_000, 10 + 12 + 1),
        (WriteMode.BULK, Reach.FIELDS, 20_001, 11 + 24 + 1),
    ],
)
def test_what_so_many_records_take(mode: WriteMode, reach: Reach, number: int, calls: int) -> None:
    assert calls_of(mode, reach, number) == calls


@pytest.mark.parametrize(
    ("calls", "number", "most"),
    [(0, 100, 0), (2, 100, 0), (3, 100, 25), (3, 20, 20), (4, 100, 50), (100, 100, 100), (100, 0, 0)],
)
def test_so_many_records_are_surely_paid_for(calls: int, number: int, most: int) -> None:
    assert most_within(calls, WriteMode.GUARDED, Reach.OWNER, number) == most


def test_modes_are_told_from_the_most_guarded_on_whatever_comes_first(settings: Settings) -> None:
    told = write_plan({("Lead", Reach.MEMORY): 9, ("Lead", Reach.FIELDS): 30_000, ("Lead", Reach.OWNER): 3}, settings)
    assert list(told.records.items()) == [(WriteMode.GUARDED, 3), (WriteMode.BULK, 30_000)]
    assert [message.params for message in told.messages()] == [{"count": 3}, {"count": 30_000}, {"calls": 3 + 40}]


def test_nothing_to_write_is_not_told() -> None:
    assert list(WritePlan({}, 0).messages()) == []
