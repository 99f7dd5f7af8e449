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


def due(wanted: PulledObject, mark: Watermark | None, describe: Record = FOLLOWED, **said: object) -> ObjectPull | None:
    """How it is to be read now; None when it is left alone."""
    marks = {mark.object: mark} if mark else {}
    found = object_pulls_of([(wanted, describe)], marks, "rules", replace(DUE, **said))  # type: ignore[arg-type]  # each case names what it is about
    assert len(found) < 2
    return found[0] if found else None


def mark(wanted: PulledObject, ago: timedelta, rulebook: str = "rules") -> Watermark:
    return Watermark(wanted.api_name, AT - ago, listed_as(wanted, rulebook))


SINCE = AT - HOUR - timedelta(minutes=10)
WHOLE = ObjectPull(LEAD, FOLLOWED, None)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(due(LEAD, None), replace(WHOLE, is_first=True), id="never read"),
        pytest.param(due(LEAD, mark(LEAD, HOUR)), replace(WHOLE, since=SINCE), id="read before"),
        pytest.param(due(LEAD, mark(LEAD, HOUR, "other")), replace(WHOLE, since=SINCE), id="other rules"),
        pytest.param(due(LEAD, mark(LEAD, HOUR), whole=("Lead",)), WHOLE, id="asked for whole"),
        pytest.param(due(LEAD, mark(LEAD, HOUR), whole=("Task",)), replace(WHOLE, since=SINCE), id="another asked for"),
        pytest.param(due(LEAD, Watermark("Lead", AT, "x")), replace(WHOLE, is_first=True), id="read otherwise"),
        pytest.param(due(LEAD, mark(LEAD, HOUR), UNFOLLOWED), replace(WHOLE, describe=UNFOLLOWED), id="not to follow"),
        pytest.param(due(TASK, None), ObjectPull(TASK, FOLLOWED, None, is_first=True), id="filtered, never read"),
        pytest.param(
            due(TASK, Watermark("Task", AT, "x")),
            ObjectPull(TASK, FOLLOWED, None, is_first=True, narrows=True),
            id="filtered otherwise",
        ),
        pytest.param(due(TASK, mark(TASK, HOUR)), ObjectPull(TASK, FOLLOWED, SINCE), id="filtered as before"),
        pytest.param(due(GROUP, None), ObjectPull(GROUP, FOLLOWED, None, is_first=True, is_slow=True), id="slow, new"),
        pytest.param(due(GROUP, mark(GROUP, HOUR - timedelta(seconds=1))), None, id="slow, not yet due"),
        pytest.param(due(GROUP, mark(GROUP, HOUR)), ObjectPull(GROUP, FOLLOWED, None, is_slow=True), id="slow, due"),
        pytest.param(
            due(GROUP, mark(GROUP, timedelta()), whole=("Group",)),
            ObjectPull(GROUP, FOLLOWED, None, is_slow=True),
            id="slow, asked for",
        ),
        pytest.param(
            due(GROUP, mark(GROUP, timedelta(), "other")),
            ObjectPull(GROUP, FOLLOWED, None, is_first=True, is_slow=True),
            id="slow, other rules",
        ),
    ],
)
def test_how_an_object_is_read(found: ObjectPull | None, expected: ObjectPull | None) -> None:
    assert found == expected


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
