"""The CSV opens in Excel as it is: Japanese legible, nothing run as a formula, numbers still numbers."""

from collections.abc import Callable
from csv import DictReader
from io import StringIO
from typing import Any

import pytest

from config.words.catalogue import Language, Words
from sync.reports.table import csv, safe
from sync.views.report import RunReport
from sync.views.rows import FieldChange

OfRows = Callable[..., RunReport]

ENGLISH = Words(Language.ENGLISH)


def test_the_first_bytes_tell_excel_that_it_is_utf8(report: RunReport) -> None:
    assert csv(report, ENGLISH).encode().startswith(b"\xef\xbb\xbf")


def test_there_is_one_row_for_each_change(report: RunReport) -> None:
    assert [row["Record id"] for row in _rows(report)] == [row.record_id for row in report.rows]


def test_before_and_after_stand_side_by_side(report: RunReport) -> None:
    first = _rows(report)[0]

    told = {name: first[name] for name in ("Owner before", "Owner after", "Grade (before)", "Grade (after)", "Why")}

    assert told == {
        "Owner before": "新規リード",
        "Owner after": "鈴木 一郎",
        "Grade (before)": "D",
        "Grade (after)": "B+",
        "Why": "grade B+: employees+2 = B+; waiting in the intake queue",
    }


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_a_text_that_a_spreadsheet_would_run_gets_an_apostrophe(of_rows: OfRows, cast: Any, start: str) -> None:
    hostile = f"{start}cmd|' /C calc'!A0"
    row = cast.lead(1, name=hostile, company=hostile, fields=(FieldChange("title", hostile, None),))

    (told,) = _rows(of_rows(row))

    assert [told["Name"], told["Company"], told["title (before)"]] == [f"'{hostile}"] * 3


def test_a_negative_number_stays_a_number() -> None:
    assert (safe(-3), safe("-3")) == (-3, "'-3")


def test_headings_are_in_the_readers_language(report: RunReport) -> None:
    assert "変更前の所有者" in csv(report, Words(Language.JAPANESE)).splitlines()[0]


def _rows(report: RunReport) -> list[dict[str, str]]:
    return list(DictReader(StringIO(csv(report, ENGLISH).removeprefix("\ufeff"), newline="")))
