"""How each object is to be read this time: since when, whole or not at all, and what the org is asked."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mapping.field_map.pulled_objects import GROUP, PulledObject
from mapping.field_map.types import Record
from sync.pull.bulk_extracts import BulkExtract
from sync.pull.objects import Due, ObjectPull, listed_as, object_pulls_of
from sync.salesforce.composite import Question
from sync.store.data_files import Watermark

AT = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DUE = Due(AT, look_back=timedelta(minutes=10), slow=HOUR)
TASK = PulledObject("Task", ("Id", "IsDeleted", "SystemModstamp"), filters=({"Type": ("Call",)},))
LEAD = PulledObject("Lead", ("Id", "IsDeleted", "SystemModstamp"))
FOLLOWED: Record = {"fields": [{"name": "SystemModstamp", "type": "datetime", "filterable": True, "sortable": True}]}
UNFOLLOWED: Record = {"fields": [{"name": "SystemModstamp", "type": "datetime", "filterable": True, "sortable": False}]}


def mark(wanted: PulledObject, ago: timedelta, rulebook: str = "rules") -> Watermark:
    return Watermark(wanted.api_name, AT - ago, listed_as(wanted, rulebook))


SINCE = AT - HOUR - timedelta(minutes=10)
WHOLE = ObjectPull(LEAD, FOLLOWED, None)
SLOW = ObjectPull(GROUP, FOLLOWED, None, is_slow=True)
CALLS = ObjectPull(TASK, FOLLOWED, None)
# When it was read last and by which rules (None: never; no rules: in another way), what is asked for whole -> how it is read.
_READ: dict[str, tuple[ObjectPull, tuple[timedelta, str] | None, tuple[str, ...], ObjectPull | None]] = {
    "never read": (WHOLE, None, (), replace(WHOLE, is_first=True)),
    "read before": (WHOLE, (HOUR, "rules"), (), replace(WHOLE, since=SINCE)),
    "other rules": (WHOLE, (HOUR, "other"), (), replace(WHOLE, since=SINCE)),
    "asked for whole": (WHOLE, (HOUR, "rules"), ("Lead",), WHOLE),
    "another asked for whole": (WHOLE, (HOUR, "rules"), ("Task",), replace(WHOLE, since=SINCE)),
    "read otherwise": (WHOLE, (HOUR, ""), (), replace(WHOLE, is_first=True)),
    "cannot be followed": (replace(WHOLE, describe=UNFOLLOWED), (HOUR, "rules"), (), replace(WHOLE, describe=UNFOLLOWED)),
    "filtered, never read": (CALLS, None, (), replace(CALLS, is_first=True)),
    "filtered otherwise": (CALLS, (HOUR, ""), (), replace(CALLS, is_first=True, narrows=True)),
    "filtered as before": (CALLS, (HOUR, "rules"), (), replace(CALLS, since=SINCE)),
    "slow, never read": (SLOW, None, (), replace(SLOW, is_first=True)),
    "slow, not yet due": (SLOW, (HOUR - timedelta(seconds=1), "rules"), (), None),
    "slow, due": (SLOW, (HOUR, "rules"), (), SLOW),
    "slow, asked for": (SLOW, (timedelta(), "rules"), ("Group",), SLOW),
    "slow, other rules": (SLOW, (timedelta(), "other"), (), replace(SLOW, is_first=True)),
}  # fmt: skip


@pytest.mark.parametrize(("wanted", "read", "whole", "expected"), _READ.values(), ids=_READ.keys())
def test_how_an_object_is_read(
    wanted: ObjectPull, read: tuple[timedelta, str] | None, whole: tuple[str, ...], expected: ObjectPull | None
) -> None:
    marks = {}
    if read:
        ago, rulebook = read
        last = mark(wanted.wanted, ago, rulebook)
        marks[wanted.name] = last if rulebook else replace(last, fields="in another way")
    found = object_pulls_of([(wanted.wanted, wanted.describe)], marks, "rules", replace(DUE, whole=whole))
    assert found == ([expected] if expected else [])


def test_only_slow_objects_are_read_anew_for_other_rules() -> None:
    assert listed_as(LEAD, "rules") == LEAD.reading
    assert len({GROUP.reading, listed_as(GROUP, "rules"), listed_as(GROUP, "other")}) == 3


def test_one_that_is_not_due_keeps_no_other_back() -> None:
    marks = {"Group": mark(GROUP, timedelta())}
    found = object_pulls_of([(GROUP, FOLLOWED), (LEAD, FOLLOWED)], marks, "rules", DUE)
    assert [each.name for each in found] == ["Lead"]


SELECT = "SELECT Id, IsDeleted, SystemModstamp FROM Task"
CHANGED = ObjectPull(TASK, FOLLOWED, AT)
NEXT = "(SystemModstamp > 2026-11-20T03:00:00.000Z OR (SystemModstamp = 2026-11-20T03:00:00.000Z AND Id > 'a'))"
BEGAN, ENDS = "SystemModstamp >= 2026-11-20T03:00:00.000Z", "SystemModstamp < 2026-11-20T04:00:00.000Z"


@pytest.mark.parametrize(
    ("asked", "after", "soql"),
    [
        (CHANGED, None, f"{SELECT} WHERE {BEGAN} AND {ENDS} ORDER BY SystemModstamp, Id"),
        (CHANGED, (AT, "a"), f"{SELECT} WHERE {BEGAN} AND {ENDS} AND {NEXT} ORDER BY SystemModstamp, Id"),
        (replace(CHANGED, since=None), None, f"{SELECT} WHERE {ENDS} ORDER BY SystemModstamp, Id"),
        (
            replace(CHANGED, since=None, is_first=True),
            None,
            f"{SELECT} WHERE Type = 'Call' AND {ENDS} ORDER BY SystemModstamp, Id",
        ),
        (replace(CHANGED, since=None, is_slow=True), None, f"{SELECT} ORDER BY SystemModstamp, Id"),
        (replace(CHANGED, since=None, describe=UNFOLLOWED), (AT, "a"), f"{SELECT} WHERE Id > 'a' ORDER BY Id"),
        (
            replace(CHANGED, wanted=replace(TASK, where={"Type": "Queue"}), since=None, is_slow=True),
            None,
            f"{SELECT} WHERE Type = 'Queue' ORDER BY SystemModstamp, Id",
        ),
    ],
)
def test_what_the_org_is_asked(asked: ObjectPull, after: tuple[datetime, str] | None, soql: str) -> None:
    assert asked.question(until=AT + HOUR, after=after) == Question(soql, include_deleted=True)


def test_the_extract_of_an_object_has_no_end_and_no_order() -> None:
    first = replace(CHANGED, since=None, is_first=True)
    assert CHANGED.extract == BulkExtract("Task", f"{SELECT} WHERE {BEGAN}", include_deleted=True)
    assert first.extract == BulkExtract("Task", f"{SELECT} WHERE Type = 'Call'", include_deleted=True)


def test_an_object_without_a_mark_for_deleted_ones_is_asked_for_the_living() -> None:
    assert not ObjectPull(GROUP, FOLLOWED, None).question(until=AT).include_deleted
