"""A plan as a workbook to decide in: one line a change, a column for the decision and one for the reason.

`decisions.py` reads it back. People may sort, filter, hide and add columns; the line keeps its change's id.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from config.words.catalogue import Words
from engine.changes.states import WAITING
from engine.errors import UsageError
from engine.values import Scalar
from sync.reports.table import cells, headings
from sync.views import phrases
from sync.views.report import RunReport

DECISIONS = ("approve", "reject")
# What a sheet of Excel holds, heading included, and what one cell of it.
ROWS_MAX = 1_048_576
_TEXT_MAX = 32_767
_HEAD = PatternFill("solid", fgColor="E8EEF7")
_TO_FILL_IN = PatternFill("solid", fgColor="FFF6D6")
_WIDTHS_FIRST = (14, 28)  # decision, reason
_WIDTH, _WIDTH_WIDE = 16, 44


def write_workbook(report: RunReport, path: Path, words: Words) -> int:
    """Write what waits for a decision, the owners' loads and what mostly changes; how many lines there are to decide.

    The file holds personal data: only its owner may read it. UsageError CL-110 when a sheet cannot hold so many lines.
    """
    if report.heading.waiting >= ROWS_MAX:
        # {count} changes do not fit into a sheet, which holds {most}
        raise UsageError.of("CL-110", str(path), count=report.heading.waiting, most=ROWS_MAX - 1)
    book = Workbook(write_only=True)
    count = _decisions(book, report, words)
    _loads(book, report, words)
    _fields(book, report, words)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.chmod(0o600)
    book.save(path)
    return count


def _decisions(book: Workbook, report: RunReport, words: Words) -> int:
    fields = report.overview.to_decide
    first = [words.say("workbook.decision"), words.say("workbook.reason")]
    columns = [*first, *headings(report.heading, fields, words)]
    sheet = book.create_sheet(words.say("workbook.decisions"))
    sheet.freeze_panes = "C2"
    wide = {words.say("report.column.why"), words.say("report.column.note")}
    widths = [*_WIDTHS_FIRST, *(_WIDTH_WIDE if name in wide else _WIDTH for name in columns[2:])]
    for number, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    last = get_column_letter(len(columns))
    sheet.auto_filter.ref = f"A1:{last}{report.heading.waiting + 1}"
    said = ",".join(words.say(f"workbook.{decision}") for decision in DECISIONS)
    choice = DataValidation(type="list", formula1=f'"{said}"', allow_blank=True)
    choice.add(f"A2:A{max(report.heading.waiting + 1, 2)}")
    sheet.data_validations.append(choice)
    sheet.append(_headed(sheet, columns))
    count = 0
    for row in report.rows:
        if row.state in WAITING:
            blank = [_cell(sheet, None, fill=_TO_FILL_IN), _cell(sheet, None, fill=_TO_FILL_IN)]
            sheet.append([*blank, *(_cell(sheet, value) for value in cells(report.heading, row, fields, words))])
            count += 1
    return count


def _loads(book: Workbook, report: RunReport, words: Words) -> None:
    sheet = book.create_sheet(words.say("workbook.owners"))
    columns = [words.say(f"report.{key}") for key in ("owner", "before", "after", "change")]
    rows: list[list[Scalar]] = [
        [load.owner.name, load.before, load.after, load.after - load.before] for load in report.loads
    ]
    _table(sheet, columns, rows)


def _fields(book: Workbook, report: RunReport, words: Words) -> None:
    sheet = book.create_sheet(words.say("workbook.fields"))
    columns = [words.say(f"report.{key}") for key in ("field", "records", "most")]
    rows: list[list[Scalar]] = [
        [
            phrases.label(summary.name, report.heading.labels, words=words),
            summary.count,
            "; ".join(phrases.summary(summary, words=words)),
        ]
        for summary in report.overview.summaries
    ]
    _table(sheet, columns, rows)


def _table(sheet: Any, columns: Sequence[str], rows: Iterable[Sequence[Scalar]]) -> None:
    sheet.freeze_panes = "A2"
    for number in range(1, len(columns) + 1):
        sheet.column_dimensions[get_column_letter(number)].width = _WIDTH_WIDE if number == len(columns) else _WIDTH
    sheet.append(_headed(sheet, columns))
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])


def _headed(sheet: Any, columns: Sequence[str]) -> list[Cell]:
    found = [_cell(sheet, name, fill=_HEAD) for name in columns]
    for cell in found:
        cell.font = Font(bold=True)
        cell.alignment = Alignment(vertical="top", wrap_text=True)
    return found


def held_text(text: str) -> str:
    """What a cell holds of a text."""
    return ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", text)[:_TEXT_MAX]


def _cell(sheet: Any, value: Scalar, *, fill: PatternFill | None = None) -> Cell:
    """Text stays text: a lead called `=1+1` is no formula, now or when somebody edits the cell."""
    if isinstance(value, str):
        value = held_text(value)
    cell: Cell = WriteOnlyCell(sheet, value)
    if isinstance(value, str):
        cell.data_type = "s"
        cell.quotePrefix = value.startswith("=")
    if fill:
        cell.fill = fill
    return cell
