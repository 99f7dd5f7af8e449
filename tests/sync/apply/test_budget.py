"""How much of what is approved goes in one run, when the day's calls do not pay for all of it."""

import pytest

from config.settings.settings import Settings
from engine.changes.change import Reach
from engine.messages import Message
from sync.apply.budget import Share, shares, why_left
from sync.plan.cost import calls_of
from sync.store.vocabulary import WriteMode

OWNERS, FIELDS, MEMORY = ("Lead", Reach.OWNER), ("Lead", Reach.FIELDS), ("Lead", Reach.MEMORY)


@pytest.fixture
def settings() -> Settings:
    return Settings(org="sandbox")


def test_all_of_it_goes_while_the_calls_pay_for_it(settings: Settings) -> None:
    found = shares({OWNERS: 100, FIELDS: 200}, settings, spare=1_000, room=None)
    assert [(each.going, each.left) for each in found] == [(100, 0), (200, 0)]
    assert why_left(found, spare=1_000) is None


def test_a_baseline_too_large_for_a_small_org_goes_in_parts_owners_first(settings: Settings) -> None:
    found = shares({FIELDS: 100_000, OWNERS: 100_000, MEMORY: 7}, settings, spare=4_000, room=None)
    memory, owners, fields = found
    assert memory == Share("Lead", Reach.MEMORY, WriteMode.GUARDED, 7)
    assert (owners.mode, owners.going + owners.left, fields.mode) == (WriteMode.GUARDED, 100_000, WriteMode.BULK)
    assert 70_000 < owners.going < 100_000
    assert sum(calls_of(each.mode, each.reach, each.going) for each in (owners, fields)) <= 4_000


def test_what_is_left_is_told_with_what_it_takes(settings: Settings) -> None:
    (share,) = found = shares({OWNERS: 100_000}, settings, spare=1_000, room=None)
    calls = calls_of(WriteMode.GUARDED, Reach.OWNER, share.left)
    assert why_left(found, spare=1_000) == Message.of("wait.calls", count=share.left, calls=calls, spare=1_000)


def test_what_only_memory_keeps_goes_though_no_call_is_left(settings: Settings) -> None:
    found = shares({MEMORY: 5, FIELDS: 1}, settings, spare=0, room=None)
    assert [(each.reach, each.going, each.left) for each in found] == [(Reach.MEMORY, 5, 0), (Reach.FIELDS, 0, 1)]


def test_what_the_pace_holds_back_is_not_blamed_on_the_calls(settings: Settings) -> None:
    found = shares({OWNERS: 100_000}, settings, spare=100, room=50)
    assert (found[0].going, found[0].left, why_left(found, spare=100)) == (100_000, 0, None)


def test_of_several_objects_the_calls_go_to_the_first_by_name(settings: Settings) -> None:
    found = shares({OWNERS: 25, ("Contact", Reach.OWNER): 25}, settings, spare=10, room=None)
    assert [each.object for each in found] == ["Contact", "Lead"]


@pytest.mark.parametrize("spare", [0, 1, 2])
def test_a_batch_that_cannot_be_finished_is_not_begun(settings: Settings, spare: int) -> None:
    (share,) = shares({OWNERS: 25}, settings, spare=spare, room=None)
    assert (share.going, share.left) == (0, 25)
