"""CSV as Bulk 2.0 writes it: everything quoted, null and empty alike, datetimes ending in Z."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence

from sync.sandbox.schema import FieldFact
from sync.sandbox.worlds import Record, Value

DELIMITERS = {"COMMA": ",", "TAB": "\t", "SEMICOLON": ";", "PIPE": "|", "CARET": "^", "BACKQUOTE": "`"}
LINE_ENDINGS = {"LF": "\n", "CRLF": "\r\n"}


def sheet(header: Sequence[str], rows: Iterable[Sequence[str]], *, delimiter: str, line_ending: str) -> str:
    """A whole file; rows are made as they are written."""
    out = io.StringIO(newline="")
    writer = csv.writer(
        out, quoting=csv.QUOTE_ALL, delimiter=DELIMITERS[delimiter], lineterminator=LINE_ENDINGS[line_ending]
    )
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def cells(fields: Sequence[FieldFact]) -> Callable[[Record], list[str]]:
    """A function from a record to the cells of these fields."""
    columns = [(field.name, _WRITERS.get(field.type, _text), field.type == "boolean") for field in fields]

    def written(record: Record) -> list[str]:
        get = record.get
        return [write(get(name, False if is_boolean else None)) for name, write, is_boolean in columns]

    return written


def _text(value: Value) -> str:
    return "" if value is None else str(value)


def _boolean(value: Value) -> str:
    return "true" if value else "false"


def _datetime(value: Value) -> str:
    # REST writes +0000 where Bulk writes Z.
    return "" if value is None else f"{str(value)[:-5]}Z"


_WRITERS: dict[str, Callable[[Value], str]] = {"boolean": _boolean, "datetime": _datetime}
