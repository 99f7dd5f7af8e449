"""Rows of dropped files as activities: whose, when, and which row is which."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from mapping.field_map.field_map import DropFolder
from mapping.frames.dropped_rows import FileReading, Refused, moment_of

TOKYO = ZoneInfo("Asia/Tokyo")
VISITS = DropFolder("exports/*.csv", "Who", "When", kind="What", asset="Page")
ROW = {"Who": "00Q000000000001", "When": "2026/11/20 9:05", "What": "visit", "Page": "/price"}


def reading_of(drop: DropFolder) -> FileReading:
    """Of a short file: what stood before is kept in memory."""
    known: Counter[bytes] = Counter()

    def again(marks: Sequence[bytes]) -> list[int]:
        before = [known[mark] + marks[:place].count(mark) for place, mark in enumerate(marks)]
        known.update(marks)
        return before

    return FileReading(drop, TOKYO, again)


def ids(*files: list[dict[str, str]]) -> list[list[str]]:
    return [reading_of(VISITS).frame(rows)[0]["Id"].to_list() for rows in files]


@pytest.mark.parametrize(
    ("given", "at"),
    [
        ("2026-11-20T09:05:30+09:00", datetime(2026, 11, 20, 0, 5, 30, tzinfo=UTC)),
        ("2026-11-20T00:05:30Z", datetime(2026, 11, 20, 0, 5, 30, tzinfo=UTC)),
        ("2026-11-20 09:05:30.25", datetime(2026, 11, 20, 0, 5, 30, 250_000, tzinfo=UTC)),
        ("2026/11/20 9:05", datetime(2026, 11, 20, 0, 5, tzinfo=UTC)),
        ("２０２６年１１月２０日 9時5分", datetime(2026, 11, 20, 0, 5, tzinfo=UTC)),
        ("2026.11.20", datetime(2026, 11, 19, 15, tzinfo=UTC)),
        (date(2026, 11, 20), datetime(2026, 11, 19, 15, tzinfo=UTC)),
        (datetime(2026, 11, 20, 9), datetime(2026, 11, 20, 0, tzinfo=UTC)),  # noqa: DTZ001 - files tell no zone
        (datetime(2026, 11, 20, 9, tzinfo=timezone(timedelta(hours=9))), datetime(2026, 11, 20, 0, tzinfo=UTC)),
        ("2026-02-30", None),
        ("11/20/2026", None),
        ("昨日", None),
        ("", None),
        (None, None),
        (20261120, None),
    ],
)
def test_a_time_is_read_as_files_write_it(given: object, at: datetime | None) -> None:
    assert moment_of(given, TOKYO) == at


def test_a_time_may_be_spelled_otherwise() -> None:
    assert moment_of("11/20/2026 09:05", TOKYO, "%m/%d/%Y %H:%M") == datetime(2026, 11, 20, 0, 5, tzinfo=UTC)


def test_a_row_becomes_an_activity() -> None:
    frame, refused = reading_of(VISITS).frame([ROW])
    at = datetime(2026, 11, 20, 0, 5, tzinfo=UTC)
    assert refused == ()
    assert frame.drop("Id").to_dicts() == [
        {
            "SystemModstamp": at,
            "IsDeleted": False,
            "Prospect": "00Q000000000001EAA",
            "At": at,
            "Kind": "visit",
            "Asset": "/price",
            "Campaign": None,
        }
    ]


def test_the_same_row_in_another_file_is_the_same_activity() -> None:
    first, second = ids([ROW], [{**ROW, "What": "form"}, {**ROW, "When": "2026-11-20T00:05:00Z"}])
    assert first == second[1:]


def test_the_same_row_twice_in_one_file_is_two_activities_wherever_it_comes_again() -> None:
    first, second = ids([ROW, ROW], [ROW, ROW])
    assert first == second
    assert len({*first}) == 2


def test_a_row_that_says_nothing_is_named_by_its_number() -> None:
    rows = [{**ROW, "Who": "x"}, ROW, {**ROW, "When": "soon"}, {**ROW, "What": " "}, {}]
    reading = reading_of(VISITS)
    frame, refused = reading.frame(rows)
    assert refused == (Refused(1, "MP-311"), Refused(3, "MP-313"), Refused(4, "MP-314"), Refused(5, "MP-311"))
    assert (frame.height, reading.rows, reading.refused) == (1, 5, 4)


def test_a_prospect_may_be_known_by_an_address() -> None:
    drop = DropFolder("a.csv", "Who", "When", by_email=True)
    frame, refused = reading_of(drop).frame([{**ROW, "Who": " Sato@Example.JP "}, {**ROW, "Who": "sato"}])
    assert (frame["Prospect"].to_list(), refused) == (["sato@example.jp"], (Refused(2, "MP-312"),))


def test_numbers_go_on_over_pages() -> None:
    reading = reading_of(VISITS)
    reading.frame([ROW, ROW])
    assert reading.frame([{}])[1] == (Refused(3, "MP-311"),)
