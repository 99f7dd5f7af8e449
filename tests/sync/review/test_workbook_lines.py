"""What people wrote into a workbook, read from the file they hand in."""

import gc
import warnings
from pathlib import Path

import pytest
from openpyxl import Workbook

from config.words.catalogue import Language
from engine.errors import Problem, UsageError
from sync.review.workbook_lines import Decision, approved_lines, read_decisions, refuse_loss


@pytest.mark.parametrize("encoding", ["cp932", "utf-8-sig", "utf-16"])
def test_a_csv_under_the_name_of_a_workbook_is_called_one(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "plan.xlsx").write_text("判断,変更 ID\r\n承認,1\r\n", encoding=encoding)

    with pytest.raises(UsageError, match="CL-120"):
        read_decisions(tmp_path / "plan.xlsx")


def test_a_file_that_is_no_workbook_is_named(tmp_path: Path) -> None:
    (tmp_path / "plan.xlsx").write_text("not a workbook", encoding="utf-8")

    with pytest.raises(UsageError, match="CL-111"):
        read_decisions(tmp_path / "plan.xlsx")


HEADING = ("Decision", "Reason for it", "Name", "Run", "Change")


def book(tmp_path: Path, *lines: tuple[object, ...], heading: tuple[object, ...] = HEADING) -> Path:
    """A workbook with another sheet before the one of decisions."""
    # Written so, a sheet does not say how wide it is, and a line ends where its last cell does.
    made = Workbook(write_only=True)
    made.create_sheet().append(("Owner", "Number"))
    sheet = made.create_sheet()
    for line in (heading, *lines):
        sheet.append(line)
    path = tmp_path / "plan.xlsx"
    made.save(path)
    return path


def refused(path: Path) -> list[Problem]:
    with pytest.raises(UsageError) as raised:
        read_decisions(path)
    return list(raised.value.problems)


def test_lines_with_a_decision_are_read_in_the_order_of_the_sheet(tmp_path: Path) -> None:
    path = book(
        tmp_path,
        ("approve", None, "Sato", "run-1", "c1"),
        (None, "not yet", "Ito", "run-1", "c2"),
        (" ＲＥＪＥＣＴ ", " asked for ", "Kim", " run-2 ", " c3 "),
        ("承認", 7, "Lee", None, 4),
    )
    assert read_decisions(path) == (
        Decision("c1", "run-1", True, "", "plan.xlsx:A2"),
        Decision("c3", "run-2", False, "asked for", "plan.xlsx:A4"),
        Decision("4", "", True, "7", "plan.xlsx:A5"),
    )


def test_columns_are_found_by_their_headings_wherever_they_stand(tmp_path: Path) -> None:
    heading = (None, "変更 id", "実行 ID", "メモ", "判断の理由", "ＤＥＣＩＳＩＯＮ")
    path = book(tmp_path, (None, "c1", "run-1", "x", "why", "却下"), heading=heading)
    assert read_decisions(path) == (Decision("c1", "run-1", False, "why", "plan.xlsx:F2"),)


@pytest.mark.parametrize("left_out", [name for name in HEADING if name != "Name"])
def test_a_sheet_that_lacks_a_column_is_none_of_a_plan(tmp_path: Path, left_out: str) -> None:
    path = book(tmp_path, heading=tuple(name for name in HEADING if name != left_out))
    known = "Decision, 判断, Change, 変更 ID"
    assert refused(path) == [Problem("CL-112", str(path), {"known": known})]


def test_a_file_that_is_refused_is_let_go_of(tmp_path: Path) -> None:
    path = book(tmp_path, heading=("Name",))
    gc.collect()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert refused(path)
        gc.collect()
    assert [str(one.message) for one in told] == []


def test_a_workbook_of_empty_sheets_is_none_of_a_plan(tmp_path: Path) -> None:
    Workbook().save(tmp_path / "plan.xlsx")
    assert [problem.code for problem in refused(tmp_path / "plan.xlsx")] == ["CL-112"]


def test_all_that_is_wrong_is_said_with_its_cell(tmp_path: Path) -> None:
    path = book(
        tmp_path,
        ("approve", None, "", "run-1", "c1"),
        ("maybe", None, "", "run-1", "c2"),
        ("reject", None, "", "run-1", None),
        ("reject", None, "", "run-1", "c1"),
        ("approve", None, "", "run-1", "c1"),
        ("approve", None, "", "run-1", "c9"),
    )
    assert refused(path) == [
        Problem("CL-113", "plan.xlsx:A3", {"given": "maybe", "known": "approve, 承認, reject, 却下"}),
        Problem("CL-114", "plan.xlsx:A4"),
        Problem("CL-115", "plan.xlsx:A5", {"first": "plan.xlsx:A2"}),
    ]


def test_a_change_that_is_decided_twice_alike_is_decided_as_the_first_line_says(tmp_path: Path) -> None:
    path = book(tmp_path, ("reject", "one", "", "run-1", "c1"), ("reject", "two", "", "run-1", "c1"))
    assert [(each.reason, each.where) for each in read_decisions(path)] == [("one", "plan.xlsx:A2")]


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    assert refused(tmp_path / "no.xlsx") == [Problem("CL-117", str(tmp_path / "no.xlsx"))]


@pytest.mark.parametrize(
    ("held", "code"),
    [
        (b"a,b\r\n1,2\r\n", "CL-120"),
        (b"a\tb\n", "CL-120"),
        (b"a;b", "CL-120"),
        (b"a b\n1,2\n", "CL-111"),
        (b"a,\x00b", "CL-111"),
        (b"a,\x1fb", "CL-111"),
        (b"a, b", "CL-120"),
        (b"", "CL-111"),
        (b"\xff\xfea\x00,\x00", "CL-120"),
        (b"\xfe\xff\x00a\x00,", "CL-120"),
        (b"x" * 4_095 + b",", "CL-120"),
        (b"x" * 4_096 + b",", "CL-111"),
    ],
)
def test_what_is_no_workbook_is_told_from_a_table_of_text(tmp_path: Path, held: bytes, code: str) -> None:
    (tmp_path / "plan.xlsx").write_bytes(held)
    assert refused(tmp_path / "plan.xlsx") == [Problem(code, str(tmp_path / "plan.xlsx"))]


def test_approved_lines_come_with_what_stands_in_them_but_for_decision_and_reason(tmp_path: Path) -> None:
    path = book(
        tmp_path,
        ("approve", "so", "Sato", "run-1", "c1", None, 5),
        ("reject", "no", "Ito", "run-1", "c2"),
        (None, None, "Kim", "run-1", "c3"),
        ("承認", None, "Lee"),
        heading=(*HEADING, None, " Score "),
    )
    told = [(line.change_id, line.language, [(cell.heading, cell.where, cell.value) for cell in line.cells])
            for line in approved_lines(path)]  # fmt: skip
    assert told == [
        ("c1", Language.ENGLISH, [("Name", "plan.xlsx:C2", "Sato"), ("Run", "plan.xlsx:D2", "run-1"),
                                  ("Change", "plan.xlsx:E2", "c1"), ("Score", "plan.xlsx:G2", 5)]),
        ("", Language.ENGLISH, [("Name", "plan.xlsx:C5", "Lee"), ("Run", "plan.xlsx:D5", None),
                                ("Change", "plan.xlsx:E5", None), ("Score", "plan.xlsx:G5", None)]),
    ]  # fmt: skip


@pytest.mark.parametrize(("decision", "language"), [("判断", Language.JAPANESE), ("decision", Language.ENGLISH)])
def test_the_language_of_a_sheet_is_that_of_its_column_of_decisions(
    tmp_path: Path, decision: str, language: Language
) -> None:
    path = book(tmp_path, ("approve", "", "", "run-1", "c1"), heading=(decision, *HEADING[1:]))
    assert [line.language for line in approved_lines(path)] == [language]


def test_a_workbook_is_not_written_over_decisions(tmp_path: Path) -> None:
    path = book(tmp_path, ("approve", None, "Sato", "run-1", "c1"))
    with pytest.raises(UsageError, match="CL-119"):
        refuse_loss(path)


def test_a_workbook_without_decisions_may_be_written_over_and_a_new_one_written(tmp_path: Path) -> None:
    refuse_loss(book(tmp_path, (None, None, "Sato", "run-1", "c1")))
    refuse_loss(tmp_path / "new.XLSX")


@pytest.mark.parametrize(("name", "code"), [("plan.csv", "CL-118"), ("other.xlsx", "CL-119")])
def test_nothing_else_is_written_over(tmp_path: Path, name: str, code: str) -> None:
    (tmp_path / name).write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError) as raised:
        refuse_loss(tmp_path / name)
    assert raised.value.problems == (Problem(code, str(tmp_path / name)),)
