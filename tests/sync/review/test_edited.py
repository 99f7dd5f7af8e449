"""What people changed in a line they approved: each cell that says something else than the plan, and none else."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from config.words.catalogue import Language, Words
from engine.changes.states import State
from engine.errors import Problem
from engine.messages import Message
from engine.values import Scalar
from sync.reports.table import cells, headings
from sync.review.workbook import edited, fields_shown
from sync.review.workbook_lines import Cell, Line
from sync.views.report import Heading, RunReport
from sync.views.rows import FieldChange, Row
from tests.sync.small_report import Cast, cast, report

__all__ = ["cast", "report"]

FIELDS = ("grade", "score")


@pytest.fixture
def heading(report: RunReport) -> Heading:
    return report.heading


@pytest.fixture
def row(cast: Cast) -> Row:
    """A change of a grade that waits."""
    return cast.lead(1, fields=(FieldChange("grade", "D", "B+"),), state=State.PLANNED)


def line(heading: Heading, row: Row, language: Language = Language.ENGLISH, **said: Any) -> Line:
    """The line as it was written, but for what people said by heading; each column is called by its own."""
    words = Words(language)
    shown = dict(zip(headings(heading, FIELDS, words), cells(heading, row, FIELDS, words), strict=True)) | said
    return Line(row.change_id, language, tuple(Cell(name, f"{name}2", value) for name, value in shown.items()))


def told(heading: Heading, row: Row, **said: Any) -> list[Problem]:
    return list(edited(line(heading, row, **said), row, heading, FIELDS))


@pytest.mark.parametrize("language", list(Language))
def test_a_line_as_it_was_written_says_nothing_else(heading: Heading, row: Row, language: Language) -> None:
    assert list(edited(line(heading, row, language), row, heading, FIELDS)) == []


def test_a_cell_that_says_something_else_is_told_with_what_stood_there(heading: Heading, row: Row) -> None:
    assert told(heading, row, **{"Grade (after)": "A"}) == [
        Problem("CL-121", "Grade (after)2", {"column": "Grade (after)", "given": "A", "stood": "B+"})
    ]


@pytest.mark.parametrize("language", list(Language))
def test_a_cell_that_was_emptied_or_filled_is_told_too(heading: Heading, row: Row, language: Language) -> None:
    words = Words(language)
    before, after = (
        words.say(f"report.column.field_{when}", field=words.say(f"field.{name}"))
        for name, when in (("grade", "before"), ("score", "after"))
    )
    found = edited(line(heading, row, language, **{before: None, after: 5}), row, heading, FIELDS)
    empty = words.say("report.empty")
    assert [(one.params["given"], one.params["stood"]) for one in found] == [(empty, "D"), ("5", empty)]


@pytest.mark.parametrize(
    ("stood", "given", "differs"),
    [
        (5, 5.0, False),
        (5, "5", False),
        (5, 6, True),
        (0.1, 0.1 + 1e-17, False),
        (0.1, 0.1000001, True),
        (1_234_567_890_123_456, 1_234_567_890_123_460, False),
        (1e6, "1000000", False),
        ("a  b\n", "a b", False),
        ("a b", "ab", True),
        ("a\x00b", "a�b", False),
        ("Warm", "warm", True),
        (None, "", False),
        (None, " ", False),
        (None, 0, True),
        (True, "TRUE", False),
        (True, True, False),
        (True, 1, True),
        (False, True, True),
        ("2026-11-20 00:00:00", datetime(2026, 11, 20), False),  # noqa: DTZ001 - as a spreadsheet has it
        ("2026-11-21 00:00:00", datetime(2026, 11, 20), True),  # noqa: DTZ001
    ],
)
def test_a_value_is_the_same_however_a_spreadsheet_writes_it(
    heading: Heading, row: Row, stood: Scalar, given: object, *, differs: bool
) -> None:
    held = replace(row, fields=(FieldChange("grade", None, stood),))
    assert bool(told(heading, held, **{"Grade (after)": given})) is differs


def test_columns_that_people_added_are_theirs(heading: Heading, row: Row) -> None:
    assert told(heading, row, Memo="call back") == []


def test_a_heading_counts_however_it_is_typed(heading: Heading, row: Row) -> None:
    mine = Line(row.change_id, Language.ENGLISH, (Cell("ＧＲＡＤＥ  (after)", "X2", "A"),))
    assert [problem.where for problem in edited(mine, row, heading, FIELDS)] == ["X2"]


def test_under_a_heading_that_two_fields_have_either_may_stand(heading: Heading, row: Row) -> None:
    alike = replace(heading, labels={"grade": "Value", "score": "Value"})
    two = replace(row, fields=(FieldChange("grade", "D", "B"), FieldChange("score", 1, 2)))
    written = [
        Line(row.change_id, Language.ENGLISH, (Cell("Value (after)", "X2", value),)) for value in ("B", 2, "D", 1)
    ]
    assert [bool(list(edited(each, two, alike, FIELDS))) for each in written] == [False, False, True, True]


@pytest.mark.parametrize(
    ("state", "note", "said", "problems"),
    [
        pytest.param(State.PLANNED, None, {}, [], id="as it is"),
        pytest.param(State.HELD, "note.held", {"State": "waiting for approval", "Note": "x"}, [], id="held since"),
        pytest.param(State.PLANNED, None, {"State": "held (over a limit)", "Note": "x"}, [], id="released since"),
        pytest.param(State.PLANNED, None, {"Note": "x"}, ["Note"], id="a note of people's"),
        pytest.param(State.PLANNED, None, {"State": "OK", "Note": "x"}, ["State", "Note"], id="no state at all"),
        pytest.param(State.PLANNED, None, {"State": "applied"}, ["State"], id="a state that does not wait"),
    ],
)
def test_what_waits_may_have_been_held_since_and_be_noted_otherwise(
    heading: Heading, row: Row, state: State, note: str | None, said: dict[str, str], problems: list[str]
) -> None:
    stands = replace(row, state=state, note=Message.of("note.inputs_moved") if note else None)
    assert [problem.params["column"] for problem in told(heading, stands, **said)] == problems


def test_the_fields_of_a_sheet_are_those_it_has_a_column_of(heading: Heading, row: Row) -> None:
    named = replace(heading, labels={"rating": "Rating", "phone": "Phone"})
    changed = replace(row, fields=(FieldChange("extra", 1, 2), FieldChange("unseen", 1, 2)))
    shown = ("Rating (before)", "grade (AFTER)", "extra (after)", "Memo")
    mine = Line(row.change_id, Language.ENGLISH, tuple(Cell(name, "A1", None) for name in shown))
    assert fields_shown(mine, named, [changed]) == ["rating", "grade", "extra"]
