"""Which way changes travel, by how many there are, and what a plan is told to cost."""

import pytest

from config.settings.settings import Settings
from engine.changes.change import Reach
from sync.plan.cost import WritePlan, mode_of, write_plan
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
