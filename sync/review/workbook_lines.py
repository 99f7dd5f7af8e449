"""Read the decisions people wrote into a plan's workbook, and the lines they approved as they stand there.

`sync/review/workbook.py` compares these lines with the plan: what else people changed in them was not asked for.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from zipfile import BadZipFile

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from config.words.catalogue import Language, Words
from engine.errors import Problem, UsageError
from engine.names import folded
from sync.reports.workbook import DECISIONS

_COLUMNS = {
    "decision": "workbook.decision",
    "reason": "workbook.reason",
    "change": "report.column.change",
    "plan": "report.column.run",
}

# Enough of a file to see of what kind it is.
_LINE_MAX = 4_096
_SPACE = 0x20


@dataclass(frozen=True, slots=True)
class Decision:
    """`where` is the cell, such as `decisions.xlsx:A12`."""

    change_id: str
    plan_id: str
    is_approval: bool
    reason: str
    where: str


@dataclass(frozen=True, slots=True)
class Cell:
    """`heading` as people see it, `where` such as `decisions.xlsx:H12`."""

    heading: str
    where: str
    value: Any


@dataclass(frozen=True, slots=True)
class Line:
    """An approved line; `language` is that of its sheet's headings."""

    change_id: str
    language: Language
    cells: tuple[Cell, ...]


def refuse_loss(path: Path) -> None:
    """UsageError when a workbook cannot be written to this path: CL-118 for a file of another kind, which nobody could
    read decisions from; CL-119 when there is one with decisions in it, or something else.
    """
    if path.suffix.casefold() != ".xlsx":
        raise UsageError.of("CL-118", str(path))  # a workbook is a .xlsx file
    if path.exists():
        try:
            is_lost = bool(read_decisions(path))
        except UsageError:
            is_lost = True
        if is_lost:
            raise UsageError.of("CL-119", str(path))  # this file holds decisions already, or is no workbook of a plan


def read_decisions(path: Path) -> tuple[Decision, ...]:
    """The lines with a decision, in the order of the sheet. Every problem of the sheet at once, each with its cell:

    UsageError CL-111 (no workbook), CL-120 (a table of text), CL-117 (no file), CL-112 (no such columns), CL-113 (no such
    decision), CL-114 (a line without an id), CL-115 (one change, two decisions).
    """
    with _opened(path) as sheet:
        return _decided(sheet.rows, sheet.places, path)


def approved_lines(path: Path) -> Iterator[Line]:
    """The lines that approve something, one after the other: a sheet may have a million. UsageError as above."""
    with _opened(path) as sheet:
        columns = [
            (place, str(text).strip(), get_column_letter(place + 1))
            for place, text in enumerate(sheet.heading)
            if text is not None
        ]
        is_own = {sheet.places[name] for name in ("decision", "reason")}
        for number, row in enumerate(sheet.rows, start=2):
            if _word(_text(row, sheet.places["decision"])) == "approve":
                cells = tuple(
                    Cell(text, f"{path.name}:{letter}{number}", row[place] if place < len(row) else None)
                    for place, text, letter in columns
                    if place not in is_own
                )
                yield Line(_text(row, sheet.places["change"]), sheet.language, cells)


@dataclass(frozen=True, slots=True)
class _Sheet:
    heading: Sequence[Any]
    places: dict[str, int]
    rows: Iterator[Sequence[Any]]

    @property
    def language(self) -> Language:
        told = folded(str(self.heading[self.places["decision"]]))
        spoken = (one for one in Language if folded(Words(one).say(_COLUMNS["decision"])) == told)
        return next(spoken, Language.ENGLISH)


@contextmanager
def _opened(path: Path) -> Iterator[_Sheet]:
    """The sheet of a workbook that has the columns of a plan."""
    try:
        # Left to open it itself, openpyxl keeps a file open whose rows were not read to the end.
        file = path.open("rb")
    except FileNotFoundError:
        raise UsageError.of("CL-117", str(path)) from None  # there is no such file
    except OSError as error:
        raise UsageError.of("CL-111", str(path)) from error  # this is no workbook that can be read
    with file:
        try:
            book = load_workbook(file, read_only=True, data_only=True)
        except (BadZipFile, KeyError, OSError, ValueError) as error:
            # this is a table of text (CSV), whatever its name says / this is no workbook that can be read
            raise UsageError.of("CL-120" if _is_table_of_text(file) else "CL-111", str(path)) from error
        with closing(book):
            for sheet in book.worksheets:
                rows = sheet.iter_rows(values_only=True)
                heading = next(rows, ())
                if places := _places(heading):
                    yield _Sheet(heading, places, rows)
                    return
    # no sheet of this workbook has the columns of a plan
    raise UsageError.of("CL-112", str(path), known=", ".join(_names("decision") + _names("change")))


def _is_table_of_text(file: BinaryIO) -> bool:
    """Whether this is what a spreadsheet saves as CSV, whatever the file is called."""
    file.seek(0)
    line = file.readline(_LINE_MAX)
    if line.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    is_text = not any(byte < _SPACE and byte not in b"\t\r\n" for byte in line)
    return is_text and any(separator in line for separator in (b",", b"\t", b";"))


def _decided(rows: Iterator[Sequence[Any]], places: dict[str, int], path: Path) -> tuple[Decision, ...]:
    problems: list[Problem] = []
    found: dict[str, Decision] = {}
    column = get_column_letter(places["decision"] + 1)
    for number, row in enumerate(rows, start=2):
        said = _text(row, places["decision"])
        if not said:
            continue
        where = f"{path.name}:{column}{number}"
        word = _word(said)
        change_id = _text(row, places["change"])
        if word is None:
            known = ", ".join(one for decision in DECISIONS for one in _words(f"workbook.{decision}"))
            problems.append(Problem("CL-113", where, {"given": said, "known": known}))  # {given!r} is no decision
        elif not change_id:
            problems.append(Problem("CL-114", where))  # this line has a decision and no change
        else:
            decision = Decision(
                change_id, _text(row, places["plan"]), word == "approve", _text(row, places["reason"]), where
            )
            other = found.setdefault(change_id, decision)
            if other.is_approval != decision.is_approval:
                problems.append(Problem("CL-115", where, {"first": other.where}))  # this change is approved in one…
    if problems:
        raise UsageError(*problems)
    return tuple(found.values())


def _word(said: str) -> str | None:
    """The decision that a cell says, in either language."""
    return next((one for one in DECISIONS if folded(said) in map(folded, _words(f"workbook.{one}"))), None)


def _places(heading: Sequence[Any]) -> dict[str, int] | None:
    """Where the columns stand, by their heading in either language; None when this is another sheet."""
    texts = [folded(str(cell)) for cell in heading]
    places = {
        name: next((texts.index(folded(one)) for one in _words(key) if folded(one) in texts), None)
        for name, key in _COLUMNS.items()
    }
    return {name: place for name, place in places.items() if place is not None} if None not in places.values() else None


def _names(column: str) -> list[str]:
    return _words(_COLUMNS[column])


def _words(key: str) -> list[str]:
    return [Words(language).say(key) for language in Language]


def _text(row: Sequence[Any], place: int) -> str:
    value = row[place] if place < len(row) else None
    return "" if value is None else str(value).strip()
