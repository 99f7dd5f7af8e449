"""What one object brings in a run: put on disk as it comes, told by what is new in it and what became of records."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from mapping.field_map.pulled_objects import GROUP_MEMBER, PulledObject
from mapping.field_map.types import Record
from mapping.text.keys import KEYS_VERSION
from sync.mirror.mirror import Mirror
from sync.pull.staging import MirrorWriter, Staging
from sync.salesforce.bulk_query import ResultPage
from sync.salesforce.query_pages import Page
from sync.store import data_files, runs
from sync.store.database import Store
from sync.store.holders import Holder
from sync.store.vocabulary import RunVerb

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)

AT = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
LATER = AT + timedelta(hours=1)
_TYPES = {
    "Id": "id", "SystemModstamp": "datetime", "IsDeleted": "boolean", "IsConverted": "boolean",
    "MasterRecordId": "reference", "Rating": "string", "Employees": "int",
    "GroupId": "reference", "UserOrGroupId": "reference",
}  # fmt: skip
DESCRIBE: Record = {"fields": [{"name": name, "type": kind} for name, kind in _TYPES.items()]}
LEAD = PulledObject(
    "Lead", ("Id", "SystemModstamp", "IsDeleted", "IsConverted", "MasterRecordId", "Rating", "Employees")
)
HOT = replace(LEAD, filters=({"Rating": ("Hot",)},))


@dataclass
class Pulls:
    """Runs that pull into one mirror; a data file has `rows_max` rows at most."""

    mirror: Mirror
    here: Holder
    rows_max: int = 3
    last_run: str = field(default="")

    def begin(self, wanted: PulledObject = LEAD, *, is_compared: bool = True, is_filtered: bool = False) -> Staging:
        with self.mirror.store.transaction() as tx:
            self.last_run = runs.start(tx, verb=RunVerb.PLAN, at=AT, holder=self.here)
            sequence = runs.sequence_of(tx, self.last_run)
        writer = MirrorWriter(self.mirror, self.last_run, sequence, "map", lambda: LATER, self.rows_max)
        return Staging(writer, wanted, DESCRIBE, is_compared=is_compared, is_filtered=is_filtered)

    def end(self, staging: Staging) -> list[int]:
        """Close it and list what it wrote: the rows of each data file."""
        staging.close()
        with self.mirror.store.transaction() as tx:
            data_files.add_pull(tx, run=self.last_run, at=AT, data_files=staging.data_files, watermarks=[])
        return [data_file.rows for data_file in staging.data_files]

    def bring(self, *records: Record, wanted: PulledObject = LEAD) -> Staging:
        """A pull of one page."""
        staging = self.begin(wanted)
        staging.page(page(*records))
        self.end(staging)
        return staging

    def held(self, name: str = "Lead") -> dict[str, dict[str, Any]]:
        return {row["Id"]: row for row in self.mirror.latest(name).collect().to_dicts()}


@pytest.fixture
def pulls(store: Store, here: Holder, tmp_path: Path) -> Pulls:
    return Pulls(Mirror(tmp_path / "mirror", store), here)


def lead(number: int, *, minute: int = 0, **said: Any) -> Record:
    stamp = f"2026-11-20T03:{minute:02d}:00.000+0000"
    told = {"Id": f"L{number}", "SystemModstamp": stamp, "IsDeleted": False, "IsConverted": False}
    return {**dict.fromkeys(LEAD.columns), **told, **said}


def page(*records: Record, read_at: datetime = AT) -> Page:
    return Page(cast("Any", list(records)), read_at, len(records))


def test_pages_wait_until_a_data_file_is_full_and_the_rest_until_the_end(pulls: Pulls) -> None:
    staging = pulls.begin()
    written = []
    for numbers in ((1, 2), (3,), (4, 5, 6, 7), (8,)):
        staging.page(page(*(lead(number) for number in numbers)))
        written.append([data_file.rows for data_file in staging.data_files])
    assert written == [[], [3], [3, 4], [3, 4]]
    assert (pulls.end(staging), staging.rows, len(pulls.held())) == ([3, 4, 1], 8, 8)


def test_a_data_file_bears_who_wrote_it_when_and_by_what(pulls: Pulls) -> None:
    (data_file,) = pulls.bring(lead(1)).data_files
    told = (data_file.object, data_file.run_id, data_file.map_digest, data_file.keys_version)
    assert told == ("Lead", pulls.last_run, "map", KEYS_VERSION)
    assert pulls.held()["L1"]["_read_at"] == AT


def test_what_says_nothing_new_is_not_written(pulls: Pulls) -> None:
    pulls.bring(lead(1), lead(2))
    again = pulls.bring(lead(1), lead(2, minute=1, Rating="Hot"))
    assert ([each.rows for each in again.data_files], again.rows) == ([1], 2)
    assert pulls.bring(lead(1)).data_files == []


def test_what_is_not_compared_is_written_as_it_comes(pulls: Pulls) -> None:
    pulls.bring(lead(1))
    staging = pulls.begin(is_compared=False)
    staging.page(page(lead(1)))
    assert (pulls.end(staging), dict(staging.fates)) == ([1], {})


def test_an_object_that_brought_nothing_is_known_by_its_columns(pulls: Pulls) -> None:
    assert pulls.end(pulls.begin()) == [0]
    assert set(pulls.mirror.latest("Lead").collect_schema()) >= set(LEAD.columns)
    assert pulls.end(pulls.begin()) == []


@pytest.mark.parametrize("is_compared", [True, False], ids=["compared", "whole"])
def test_of_a_record_that_changed_while_it_was_read_the_newest_version_is_kept(
    pulls: Pulls, *, is_compared: bool
) -> None:
    staging = pulls.begin(is_compared=is_compared)
    staging.page(page(lead(1, minute=5, Rating="new"), lead(1, minute=1, Rating="old")))
    assert (pulls.end(staging), pulls.held()["L1"]["Rating"]) == ([1], "new")


def test_values_that_do_not_parse_are_counted(pulls: Pulls) -> None:
    staging = pulls.begin()
    staging.page(page(lead(1, Employees="many"), lead(2, Employees=5)))
    staging.cells(ResultPage(LEAD.columns, [cells(3, Employees="few"), cells(4)], "", "d"), LATER)
    assert (dict(staging.lost), staging.rows) == ({"Employees": 2}, 4)


def cells(number: int, **said: str) -> list[str]:
    told = {"Id": f"L{number}", "SystemModstamp": "2026-11-20T03:00:00.000Z", "IsDeleted": "false"}
    return [{**told, **said}.get(name, "") for name in LEAD.columns]


def test_a_page_of_a_bulk_query_is_written_at_once(pulls: Pulls) -> None:
    staging = pulls.begin()
    written = staging.cells(ResultPage(LEAD.columns, [cells(1)], "", "d"), AT)
    assert (written, pulls.end(staging)) == (staging.data_files[0], [1])
    assert pulls.held()["L1"]["_read_at"] == AT
    staging = pulls.begin()
    assert staging.cells(ResultPage(LEAD.columns, [cells(1)], "", "d"), AT) is None


GONE: dict[str, Any] = {"IsDeleted": True}
MERGED: dict[str, Any] = {"IsDeleted": True, "MasterRecordId": "L9"}
CONVERTED: dict[str, Any] = {"IsConverted": True}
_FATES: dict[str, tuple[list[Record], Record, dict[str, int]]] = {
    "new": ([], lead(1), {}),
    "as it was": ([lead(1)], lead(1), {}),
    "edited": ([lead(1)], lead(1, minute=1), {}),
    "deleted": ([lead(1)], lead(1, minute=1, **GONE), {"deleted": 1}),
    "deleted before it was seen": ([], lead(1, **GONE), {"deleted": 1}),
    "still deleted": ([lead(1, **GONE)], lead(1, minute=1, **GONE), {}),
    "restored": ([lead(1, **GONE)], lead(1, minute=1), {"restored": 1}),
    "merged": ([lead(1)], lead(1, minute=1, **MERGED), {"deleted": 1, "merged": 1}),
    "still merged": ([lead(1, **MERGED)], lead(1, minute=1, **MERGED), {}),
    "converted": ([lead(1)], lead(1, minute=1, **CONVERTED), {"converted": 1}),
    "converted before it was seen": ([], lead(1, **CONVERTED), {"converted": 1}),
    "still converted": ([lead(1, **CONVERTED)], lead(1, minute=1, **CONVERTED), {}),
}


@pytest.mark.parametrize(("before", "now", "fates"), _FATES.values(), ids=_FATES.keys())
def test_what_became_of_a_record_is_told_once(
    pulls: Pulls, before: list[Record], now: Record, fates: dict[str, int]
) -> None:
    pulls.bring(lead(2), *before)
    assert dict(pulls.bring(now, lead(2)).fates) == fates


def test_fates_add_up_over_pages(pulls: Pulls) -> None:
    pulls.bring(*(lead(number) for number in range(6)))
    staging = pulls.bring(*(lead(number, minute=1, **GONE) for number in range(4)))
    assert dict(staging.fates) == {"deleted": 4}


def test_what_a_filter_leaves_out_counts_as_deleted_unless_the_org_was_asked_for_the_rest(pulls: Pulls) -> None:
    staging = pulls.begin(HOT)
    staging.page(page(lead(1, Rating="Hot"), lead(2, Rating="Cold")))
    staging.cells(ResultPage(LEAD.columns, [cells(3, Rating="Cold"), cells(4, Rating="hot")], "", "d"), LATER)
    pulls.end(staging)
    assert {key: row["IsDeleted"] for key, row in pulls.held().items()} == {
        "L1": False, "L2": True, "L3": True, "L4": False,
    }  # fmt: skip
    asked = pulls.begin(HOT, is_filtered=True)
    asked.page(page(lead(5, Rating="Cold")))
    pulls.end(asked)
    assert pulls.held()["L5"]["IsDeleted"] is False


def member(number: int) -> Record:
    return {"Id": f"M{number}", "SystemModstamp": "2026-11-20T03:00:00.000+0000", "GroupId": "G", "UserOrGroupId": "U"}


@pytest.mark.parametrize("there", [[1, 2, 3, 4], [2], []])
def test_of_an_object_without_a_mark_what_is_missing_is_gone(pulls: Pulls, there: list[int]) -> None:
    pulls.bring(*(member(number) for number in (1, 2, 3)), wanted=GROUP_MEMBER)
    staging = pulls.begin(GROUP_MEMBER)
    for number in there:
        staging.page(page(member(number)))
    staging.mark_missing()
    pulls.end(staging)
    held = pulls.held("GroupMember")
    assert sorted(key for key, row in held.items() if row["IsDeleted"] is False) == [f"M{number}" for number in there]
    assert set(held) == {"M1", "M2", "M3"} | {f"M{number}" for number in there}


def test_what_is_buried_is_its_latest_version_marked_deleted(pulls: Pulls) -> None:
    pulls.bring(lead(1, Rating="Hot"), lead(2))
    staging = pulls.begin()
    staging.bury(["L1"])
    assert (pulls.end(staging), dict(staging.fates)) == ([1], {"deleted": 1})
    held = pulls.held()
    assert (held["L1"]["IsDeleted"], held["L1"]["Rating"], held["L1"]["_read_at"]) == (True, "Hot", LATER)
    assert held["L2"]["IsDeleted"] is False


def test_what_is_read_no_more_is_buried(pulls: Pulls) -> None:
    pulls.bring(*(lead(number) for number in (1, 2, 3)))
    staging = pulls.begin(is_compared=False)
    staging.page(page(lead(2)))
    staging.bury_unread()
    pulls.end(staging)
    assert {key: row["IsDeleted"] for key, row in pulls.held().items()} == {"L1": True, "L2": False, "L3": True}
    assert staging.fates["outside"] == 2


def test_where_all_is_read_again_nothing_is_buried(pulls: Pulls) -> None:
    pulls.bring(lead(1))
    staging = pulls.begin(is_compared=False)
    staging.page(page(lead(1)))
    staging.bury_unread()
    assert (pulls.end(staging), dict(staging.fates)) == ([1], {})


def test_pages_of_an_earlier_run_become_this_one_s(pulls: Pulls) -> None:
    left = pulls.begin(is_compared=False)
    earlier = left.cells(ResultPage(LEAD.columns, [cells(1), cells(2)], "next", "d"), AT)
    assert earlier
    staging = pulls.begin(is_compared=False)
    own = staging.cells(ResultPage(LEAD.columns, [cells(3)], "", "e"), AT)
    staging.take_over([earlier])
    pulls.end(staging)
    writer = staging.writer
    taken = replace(earlier, run_id=writer.run_id, pull=writer.sequence)
    assert (staging.data_files, staging.rows, set(pulls.held())) == ([own, taken], 3, {"L1", "L2", "L3"})


def test_where_no_page_was_left_an_object_that_brought_nothing_is_known_all_the_same(pulls: Pulls) -> None:
    staging = pulls.begin()
    staging.take_over([])
    assert pulls.end(staging) == [0]
