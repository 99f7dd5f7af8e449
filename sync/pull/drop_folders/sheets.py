"""Rows of one file, some thousands at a time: CSV and TSV in the encodings that exports come in, and Parquet."""

import codecs
import csv
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

import polars as pl

from engine.errors import MapError

PAGE_ROWS = 50_000
_BLOCK_BYTES = 1 << 20
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# A free text of an export may be long; a file with one quote left open must not be one cell.
_CELL_MAX = 10_000_000

Rows = Sequence[Mapping[str, object]]


def pages(path: Path, headers: Sequence[str]) -> Iterator[Rows]:
    """The rows, each by its headers. MapError when it is no such file (MP-321), not in a known encoding (MP-322), cut
    short (MP-323), or lacks one of the headers (MP-324).
    """
    if path.suffix.casefold() == ".parquet":
        yield from _parquet(path, headers)
    else:
        yield from _text(path, headers, "\t" if path.suffix.casefold() == ".tsv" else ",")


def _text(path: Path, headers: Sequence[str], delimiter: str) -> Iterator[Rows]:
    csv.field_size_limit(min(_CELL_MAX, sys.maxsize))
    with path.open(encoding=_encoding(path), newline="") as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        try:
            names = [name.strip() for name in next(reader, [])]
            _refuse_missing(path, headers, names)
            while page := [dict(zip(names, row, strict=False)) for row in islice(reader, PAGE_ROWS) if row]:
                yield page
        except csv.Error as error:
            raise MapError.of("MP-323", path.name, file=path.name) from error  # {file} breaks off or is no table;…
        except UnicodeDecodeError as error:
            # Behind a mark that promised better, or written on since it was looked at.
            raise MapError.of("MP-322", path.name, file=path.name) from error  # {file} is neither UTF-8 nor…


def _parquet(path: Path, headers: Sequence[str]) -> Iterator[Rows]:
    try:
        frame = pl.scan_parquet(path, glob=False)
        _refuse_missing(path, headers, frame.collect_schema().names())
        total = frame.select(pl.len()).collect().item()
        for start in range(0, total, PAGE_ROWS):
            yield frame.select(headers).slice(start, PAGE_ROWS).collect().to_dicts()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise MapError.of("MP-321", path.name, file=path.name) from error  # {file} cannot be read as Parquet; nothing…


def _refuse_missing(path: Path, headers: Sequence[str], names: Sequence[str]) -> None:
    if not set(headers) <= set(names):
        raise MapError.of("MP-324", path.name, file=path.name)  # {file} lacks columns that map.yaml names; nothing of…


def _encoding(path: Path) -> str:
    """By its mark; without one UTF-8 if all of it is, else what Japanese Windows writes."""
    with path.open("rb") as file:
        start = file.read(4)
    marked = next((name for mark, name in _MARKS if start.startswith(mark)), None)
    found = marked or next((name for name in ("utf-8", "cp932") if _decodes(path, name)), None)
    if found is None:
        raise MapError.of("MP-322", path.name, file=path.name)  # {file} is neither UTF-8 nor Shift_JIS; nothing of it…
    return found


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                decoder.decode(block)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
