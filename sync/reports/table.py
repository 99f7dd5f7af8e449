"""The report as a table for spreadsheets: one row a change, before and after of every field side by side."""

from collections.abc import Iterable, Iterator, Sequence
from csv import writer
from io import StringIO

from config.words.catalogue import Words
from engine.values import Scalar
from sync.views import phrases
from sync.views.phrases import label
from sync.views.report import Heading, RunReport
from sync.views.rows import Row

BYTE_ORDER_MARK = "\ufeff"  # without it Excel reads Japanese as mojibake
# What makes a spreadsheet read text as a formula, the full-width forms included.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv(report: RunReport, words: Words) -> str:
    """Text to be stored as UTF-8. A text that a spreadsheet would run as a formula gets an apostrophe in front."""
    return "".join(csv_lines(report, words))


def csv_lines(report: RunReport, words: Words) -> Iterator[str]:
    """The same line by line, heading first."""
    fields = report.overview.fields
    yield BYTE_ORDER_MARK + _line(headings(report.heading, fields, words))
    for row in report.rows:
        yield _line(cells(report.heading, row, fields, words))


def headings(heading: Heading, fields: Sequence[str], words: Words) -> list[str]:
    """What stands above `cells`."""
    pairs = [text for name in fields for text in field_headings(name, heading, words)]
    return [*(words.say(f"report.column.{name}") for name in _COLUMNS), *pairs]


def field_headings(name: str, heading: Heading, words: Words) -> list[str]:
    """What stands above the two cells of a field."""
    told = label(name, heading.labels, words=words)
    return [words.say(f"report.column.{when}", field=told) for when in ("field_before", "field_after")]


def cells(heading: Heading, row: Row, fields: Sequence[str], words: Words) -> list[Scalar]:
    """One row: who and what, then before and after of each of these fields."""
    return [*_cells(heading, row, words), *_values(row, fields)]


def _line(values: Iterable[Scalar]) -> str:
    text = StringIO(newline="")
    writer(text, lineterminator="\r\n").writerow([safe(cell) for cell in values])
    return text.getvalue()


_COLUMNS = (
    "run", "change", "object", "record", "name", "company", "state", "owner_before", "owner_after", "why", "note",
    "rules", "tags_added", "tags_removed", "link",
)  # fmt: skip


def safe(cell: Scalar) -> Scalar:
    """A cell that no spreadsheet runs. Numbers stay numbers, so that a negative one can still be added up."""
    if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS):
        return f"'{cell}"
    return cell


def _cells(heading: Heading, row: Row, words: Words) -> list[Scalar]:
    """The cells of `_COLUMNS`."""
    labels = heading.labels
    return [
        heading.run_id,
        row.change_id,
        row.object,
        row.record_id,
        row.name,
        row.company,
        phrases.state(row.state, is_shadow=heading.is_shadow, words=words),
        row.move.before.name if row.move else None,
        row.move.after.name if row.move else None,
        phrases.sentences(row.reasons, labels, words=words),
        phrases.sentence(row.note, labels, words=words) if row.note else None,
        " ".join(row.rules),
        ", ".join(row.tags_added),
        ", ".join(row.tags_removed),
        row.link,
    ]


def _values(row: Row, fields: Sequence[str]) -> list[Scalar]:
    changed = {field.name: field for field in row.fields}
    pairs = [(changed[name].before, changed[name].after) if name in changed else (None, None) for name in fields]
    return [cell for pair in pairs for cell in pair]
