"""Fresh reads past the mirror: which records and users are asked for, by how many calls, and what comes of them."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeAlias, cast

import pytest

from engine.conditions.fields import Kind
from engine.snapshots import User
from mapping.field_map.field_map import FieldMap, MappedField, ObjectMap
from mapping.field_map.types import Record
from mapping.soql import moment
from sync.mirror.mirror import Mirror
from sync.pull.reread import Reread
from sync.salesforce.composite import IDS_MAX, READ_MAX
from tests.soql_org import AT, Org, field_of, key, lead, of_leads

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)

Lay: TypeAlias = Callable[..., None]
MINUTE = timedelta(minutes=1)
MAP = FieldMap((ObjectMap("Lead", (MappedField("rating", "Rating", Kind.TEXT),)),))


def reread(org: Org, mirror: Mirror, look_back: timedelta = timedelta()) -> Reread:
    return Reread(cast("Any", org), mirror, cast("Any", org), look_back)


def test_records_come_as_the_org_has_them_with_who_wrote_them_last(mirror: Mirror) -> None:
    org = of_leads(lead(1, Rating="Hot"), lead(2, IsDeleted=True), lead(3, LastModifiedById="005C"), lead(4))
    found = reread(org, mirror).records(MAP, "Lead", [key(3), key(1), key(2), key(9)])
    told = {row["id"]: (row["rating"], row["owner_id"], row["modified_by"], row["read_at"]) for row in found.to_dicts()}
    assert told == {key(1): ("Hot", "005A", "005B", AT), key(3): (None, "005A", "005C", AT)}


def test_nobody_asked_for_is_an_empty_frame(mirror: Mirror) -> None:
    org = of_leads(lead(1))
    found = reread(org, mirror).records(MAP, "Lead", [])
    assert (found.height, {"id", "rating", "modified_by"} <= set(found.columns), org.asked) == (0, True, [])


def test_so_many_ids_stand_in_a_question(mirror: Mirror) -> None:
    org = of_leads(*(lead(number) for number in range(IDS_MAX + 1)))
    found = reread(org, mirror).records(MAP, "Lead", sorted(org.records["Lead"]))
    assert (found.height, [soql.count("'") // 2 for soql in org.asked]) == (IDS_MAX + 1, [IDS_MAX, 1])


def moved(org: Org, mirror: Mirror, held: Mapping[str, datetime], look_back: timedelta = timedelta()) -> list[str]:
    frame = reread(org, mirror, look_back).moved(MAP, "Lead", held, since=AT)
    assert {"Rating", "LastModifiedById", "_read_at"} <= set(frame.columns)
    return frame["Id"].to_list()


def test_what_moved_since_comes_deleted_ones_too(mirror: Mirror) -> None:
    later = moment(AT + MINUTE)
    org = of_leads(
        lead(1), lead(2, SystemModstamp=later), lead(3, SystemModstamp=later, IsDeleted=True), lead(4), lead(5)
    )
    held = {key(number): AT for number in (1, 2, 3)} | {key(4): AT - MINUTE}
    assert moved(org, mirror, held) == [key(2), key(3), key(4)]


def many(org: Org) -> dict[str, datetime]:
    """One more than a call reads by ids, as they are held."""
    return dict.fromkeys(org.records["Lead"], AT)


def test_of_many_what_changed_within_their_range_is_asked_for(mirror: Mirror) -> None:
    later = moment(AT + MINUTE)
    org = of_leads(*(lead(number) for number in range(READ_MAX + 1)))
    held = many(org)
    org.records["Lead"][key(7)] = lead(7, SystemModstamp=later)
    org.records["Lead"][key(8)] = lead(8, SystemModstamp=later, IsDeleted=True)
    org.records["Lead"][key(5_000)] = lead(5_000, SystemModstamp=later)
    assert moved(org, mirror, held) == [key(7), key(8)]
    (asked,) = org.asked
    assert asked.endswith(
        f"WHERE Id >= '{key(0)}' AND Id <= '{key(READ_MAX)}' AND SystemModstamp >= {moment(AT)} ORDER BY Id"
    )


def test_of_few_each_is_asked_for(mirror: Mirror) -> None:
    org = of_leads(*(lead(number) for number in range(READ_MAX)))
    assert moved(org, mirror, many(org)) == []
    assert len(org.asked) == READ_MAX // IDS_MAX


def test_what_was_committed_late_is_found_by_the_look_back(mirror: Mirror) -> None:
    org = of_leads(*(lead(number) for number in range(READ_MAX + 1)))
    held = many(org)
    org.records["Lead"][key(7)] = lead(7, SystemModstamp=moment(AT - MINUTE))
    assert (moved(org, mirror, held), moved(org, mirror, held, look_back=MINUTE)) == ([], [key(7)])


def test_where_nothing_within_the_range_changed_nothing_more_is_asked(mirror: Mirror) -> None:
    org = of_leads(*(lead(number, SystemModstamp=moment(AT - MINUTE)) for number in range(READ_MAX + 1)))
    assert (moved(org, mirror, dict.fromkeys(org.records["Lead"], AT - MINUTE)), len(org.asked)) == ([], 1)


@pytest.mark.parametrize(
    ("changed", "page_rows", "calls"), [(500, 500, 1), (500, 100, 1 + 6), (2, 1, 1 + 6), (1, 1, 1), (2, 2, 1)]
)
def test_where_the_range_takes_more_calls_than_the_ids_the_ids_are_asked_for(
    mirror: Mirror, changed: int, page_rows: int, calls: int
) -> None:
    """Of 1,001 ids so many changed, in pages of so many; six questions by id are two calls."""
    later = moment(AT + MINUTE)
    org = of_leads(*(lead(number, SystemModstamp=later, IsDeleted=number % 2 == 0) for number in range(changed)))
    org.page_rows = page_rows
    held = dict.fromkeys(map(key, range(READ_MAX + 1)), AT)
    assert (len(moved(org, mirror, held)), len(org.asked)) == (changed, calls)


def test_an_object_that_cannot_be_followed_is_asked_for_by_its_ids(mirror: Mirror) -> None:
    org = of_leads(*(lead(number) for number in range(READ_MAX + 1)))
    held = many(org)
    org.can_be_followed = False
    assert (moved(org, mirror, held), len(org.asked)) == ([], 6)


def test_users_come_as_they_are_now_and_queues_are_passed_over(mirror: Mirror, lay: Lay) -> None:
    lay("UserRole", {"Id": "00EA", "Name": "Sales"}, {"Id": "00EB", "Name": "Gone", "IsDeleted": True})
    ann: Record = {"Id": "005A", "SystemModstamp": moment(AT), "Username": "ann@x", "Name": "Ann", "IsActive": False, "UserType": "Standard", "UserRoleId": "00EA"}  # fmt: skip
    bob: Record = {**ann, "Id": "005B", "UserRoleId": "00EB"}
    org = Org({"User": {"005A": ann, "005B": bob}})
    asked: Iterable[str] = ("00GQ", "005B", "005A", "005A", "005Z", "")
    assert reread(org, mirror).users(asked) == (
        User("005A", "ann@x", "Ann", is_active=False, role="Sales"),
        User("005B", "ann@x", "Ann", is_active=False),
    )
    assert re.findall("'([^']*)'", org.asked[0]) == ["005A", "005B", "005Z"]


def test_without_users_nobody_is_asked(mirror: Mirror) -> None:
    org = Org()
    assert (reread(org, mirror).users(["00GQ"]), org.asked) == ((), [])


def test_what_queues_may_own_is_told_of_each(mirror: Mirror) -> None:
    rows = [("1", "00GA", "Lead"), ("2", "00GA", "Case"), ("3", "00GB", "Lead")]
    org = Org({"QueueSobject": {each: {"Id": each, "QueueId": queue, "SobjectType": name} for each, queue, name in rows}})  # fmt: skip
    found = reread(org, mirror).queue_objects(["00GA", "005A", "00GC", "00GA"])
    assert found == {"00GA": ("Case", "Lead"), "00GC": ()}


def test_of_deleted_records_those_that_were_merged_name_their_survivor(mirror: Mirror) -> None:
    org = of_leads(lead(1, IsDeleted=True, MasterRecordId=key(9)), lead(2, IsDeleted=True), lead(9))
    assert reread(org, mirror).survivors("Lead", [key(1), key(2), key(3)]) == {key(1): key(9)}


def test_an_object_that_is_never_merged_has_no_survivors(mirror: Mirror) -> None:
    class Unmerged(Org):
        def of(self, api_name: str) -> Record:
            return {"name": api_name, "fields": [field_of("Id")]}

    org = Unmerged()
    assert (reread(org, mirror).survivors("Task", ["a"]), org.asked) == ({}, [])
