"""Read the decisions people wrote into a plan's workbook. What else they changed in it counts for nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from config.guesses import folded
from config.words.catalogue import Language, Words
from engine.errors import Problem, UsageError
from sync.reports.workbook import DECISIONS

_COLUMNS = {
    "decision": "workbook.decision",
    "reason": "workbook.reason",
    "change": "report.column.change",
    "plan": "report.column.run",
}


@dataclass(frozen=True, slots=True)
class Decision:
    """`where` is the cell, such as `decisions.xlsx:A12`."""

    change_id: str
    plan_id: str
    is_approval: bool
    reason: str
    where: str


def refuse_loss(path: Path) -> None:
    """UsageError when a workbook cannot be written to this path: CL-118 for a file of another kind, which nobody could
    read decisions from; CL-119 when there is one with decisions in it, or something else.
    """
    if path.suffix.casefold() != ".xlsx":
        raise UsageError.of("CL-118", str(path))
    if path.exists():
        try:
            is_lost = bool(read_decisions(path))
        except UsageError:
            is_lost = True
        if is_lost:
            raise UsageError.of("CL-119", str(path))


def read_decisions(path: Path) -> tuple[Decision, ...]:
    """The lines with a decision, in the order of the sheet. Every problem of the sheet at once, each with its cell:

    UsageError CL-111 (no workbook), CL-117 (no file), CL-112 (no such columns), CL-113 (no such decision), CL-114 (a line without an id),
    CL-115 (one change, two decisions).
    """
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except FileNotFoundError:
        raise UsageError.of("CL-117", str(path)) from None
    except (BadZipFile, InvalidFileException, KeyError, OSError, ValueError) as error:
        raise UsageError.of("CL-111", str(path)) from error
    try:
        for sheet in book.worksheets:
            rows = sheet.iter_rows(values_only=True)
            if places := _places(next(rows, ())):
                return _decided(rows, places, path)
    finally:
        book.close()
    raise UsageError.of("CL-112", str(path), known=", ".join(_names("decision") + _names("change")))


def _decided(rows: Iterator[Sequence[Any]], places: dict[str, int], path: Path) -> tuple[Decision, ...]:
    problems: list[Problem] = []
    found: dict[str, Decision] = {}
    column = get_column_letter(places["decision"] + 1)
    for number, row in enumerate(rows, start=2):
        said = _text(row, places["decision"])
        if not said:
            continue
        where = f"{path.name}:{column}{number}"
        word = next((one for one in DECISIONS if folded(said) in map(folded, _words(f"workbook.{one}"))), None)
        change_id = _text(row, places["change"])
        if word is None:
            known = ", ".join(one for decision in DECISIONS for one in _words(f"workbook.{decision}"))
            problems.append(Problem("CL-113", where, {"given": said, "known": known}))
        elif not change_id:
            problems.append(Problem("CL-114", where))
        else:
            decision = Decision(
                change_id, _text(row, places["plan"]), word == "approve", _text(row, places["reason"]), where
            )
            other = found.setdefault(change_id, decision)
            if other.is_approval != decision.is_approval:
                problems.append(Problem("CL-115", where, {"first": other.where}))
    if problems:
        raise UsageError(*problems)
    return tuple(found.values())


def _places(heading: Sequence[Any]) -> dict[str, int] | None:
    """Where the columns stand, by their heading in either language; None when this is another sheet."""
    texts = [folded(str(cell)) if cell is not None else "" for cell in heading]
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
