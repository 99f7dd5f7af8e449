"""Cells of CSV become the same columns as values of JSON."""

from datetime import UTC, date, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.field_map.types import DAY, MOMENT, NUMBER, TEXT, WHOLE, YES_NO, raw_frame, unparsed
from mapping.frames.csv_cells import frame_of_cells

KINDS = {"text": TEXT, "whole": WHOLE, "number": NUMBER, "yes": YES_NO, "day": DAY, "at": MOMENT}


def one(kind: str, cell: str) -> object:
    frame, _ = frame_of_cells([kind], [[cell]], {kind: KINDS[kind]})
    return frame[kind][0]


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [
        ("text", "", None),
        ("text", " a\n\rb\0 ", " a\n\rb\0 "),
        ("text", "#N/A", "#N/A"),
        ("whole", "12.0", 12),
        ("whole", "12.5", None),
        ("whole", "1e3", 1000),
        ("number", "-0.5", -0.5),
        ("number", "inf", None),
        ("number", "1e999", None),
        ("yes", "true", True),
        ("yes", "false", False),
        ("yes", "TRUE", None),
        ("day", "2026-11-20", date(2026, 11, 20)),
        ("day", "20.11.2026", None),
        ("at", "2026-11-20T00:00:00.000Z", datetime(2026, 11, 20, tzinfo=UTC)),
        ("at", "2026-11-20T00:00:00.000+0000", datetime(2026, 11, 20, tzinfo=UTC)),
    ],
)
def test_a_cell_is_what_it_says_or_null(kind: str, cell: str, value: object) -> None:
    assert one(kind, cell) == value


def test_what_does_not_parse_is_counted_and_an_empty_cell_is_not() -> None:
    frame, lost = frame_of_cells(["Id", "n"], [["a", "x"], ["b", ""], ["c", "1"]], {"Id": TEXT, "n": WHOLE})
    assert frame.to_dict(as_series=False) == {"Id": ["a", "b", "c"], "n": [None, None, 1]}
    assert lost == {"n": 1}


def test_columns_come_in_the_schema_s_order_and_no_rows_are_a_frame_too() -> None:
    frame, _ = frame_of_cells([], [], {"b": WHOLE, "a": TEXT})
    assert dict(frame.schema) == {"b": pl.Int64(), "a": pl.String()}


@given(
    st.lists(
        st.one_of(
            st.text('ab#N/A\n\r\0,"é', max_size=8),
            st.floats().map(str),
            st.datetimes().map(lambda at: at.isoformat() + "Z"),
        )
    )
)
def test_both_ways_of_reading_agree(cells: list[str]) -> None:
    for kind in KINDS.values():
        records = [{"c": cell} for cell in cells]
        known = raw_frame(records, {"c": kind})
        frame, lost = frame_of_cells(["c"], [[cell] for cell in cells], {"c": kind})
        assert frame.equals(known)
        assert lost == unparsed(records, known)
