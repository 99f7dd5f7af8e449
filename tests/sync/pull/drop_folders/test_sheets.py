"""Rows of dropped files: in the encodings of Japanese programs, page by page, and refused when they are no table."""

from pathlib import Path

import polars as pl
import pytest

from engine.errors import MapError, Problem
from sync.pull.drop_folders import sheets

ROWS = [{"日時": "2026/11/20", "who": "a,b"}, {"日時": "2026/11/21", "who": "c"}]
CSV = '日時, who \r\n2026/11/20,"a,b"\r\n\r\n2026/11/21,c\r\n'


def read(path: Path, *headers: str) -> list[dict[str, object]]:
    return [dict(row) for page in sheets.pages(path, headers or ("日時", "who")) for row in page]


def refused(path: Path, *headers: str) -> Problem:
    with pytest.raises(MapError) as raised:
        read(path, *headers)
    (problem,) = raised.value.problems
    return problem


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16", "utf-16-le-sig", "utf-16-be-sig"])
def test_a_file_is_read_in_the_encoding_it_was_saved_in(tmp_path: Path, encoding: str) -> None:
    text, name = ("\ufeff" + CSV, encoding.removesuffix("-sig")) if encoding.endswith("e-sig") else (CSV, encoding)
    (tmp_path / "a.csv").write_bytes(text.encode(name))
    assert read(tmp_path / "a.csv") == ROWS


@pytest.mark.parametrize("name", ["a.tsv", "a.TSV"])
def test_a_file_of_tabs_is_told_by_its_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes("日時\twho\n2026/11/20\ta,b\n".encode())
    assert read(tmp_path / name) == ROWS[:1]


def test_a_row_may_be_shorter_or_longer_than_the_heading(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a,b\n1\n1,2,3\n")
    assert read(tmp_path / "a.csv", "a") == [{"a": "1"}, {"a": "1", "b": "2"}]


def test_a_cell_may_be_long_and_have_lines(tmp_path: Path) -> None:
    text = "x" * 200_000 + "\r\ny"
    (tmp_path / "a.csv").write_bytes(f'a\r\n"{text}"\r\n'.encode())
    assert read(tmp_path / "a.csv", "a") == [{"a": text}]


@pytest.mark.parametrize(
    ("held", "code"),
    [
        pytest.param(b"", "MP-324", id="empty"),
        pytest.param(b"a,b\n1,2\n", "MP-324", id="other columns"),
        pytest.param(b'who,\xe6\x97\xa5\xe6\x99\x82\n1,"2', "MP-323", id="cut off"),
        pytest.param(b'who,\xe6\x97\xa5\xe6\x99\x82\n1,"2"x\n', "MP-323", id="behind a quote"),
        pytest.param(b"\x81\xff\xfe", "MP-322", id="no encoding"),
        pytest.param(b"who\n\xe6\x97\xa5\xe6", "MP-322", id="broken off within a character"),
        pytest.param(b"\xef\xbb\xbfwho,\xe6\x97\xa5\xe6\x99\x82\n\xff,1\n", "MP-322", id="behind a mark"),
    ],
)
def test_what_is_no_such_table_is_refused(tmp_path: Path, held: bytes, code: str) -> None:
    (tmp_path / "a.csv").write_bytes(held)
    assert refused(tmp_path / "a.csv") == Problem(code, "a.csv", {"file": "a.csv"})


def test_the_whole_file_says_in_which_encoding_it_is(tmp_path: Path) -> None:
    """The first block alone is as good in either."""
    (tmp_path / "a.csv").write_bytes(b"who\n" + b"x" * (1 << 20) + "\n花\n".encode("cp932"))
    assert read(tmp_path / "a.csv", "who")[-1] == {"who": "花"}


def test_a_character_that_lies_across_two_blocks_is_one(tmp_path: Path) -> None:
    """Each of three bytes, and no block is a multiple of three."""
    text = "花" * 500_000
    (tmp_path / "a.csv").write_bytes(b"who\n" + text.encode())
    assert read(tmp_path / "a.csv", "who") == [{"who": text}]


@pytest.mark.parametrize(("rows", "pages"), [(50_001, [50_000, 1]), (0, [])])
@pytest.mark.parametrize("name", ["a.csv", "a.parquet", "b.PARQUET"])
def test_so_many_rows_are_a_page(tmp_path: Path, name: str, rows: int, pages: list[int]) -> None:
    frame = pl.DataFrame({"n": range(rows)}, schema={"n": pl.Int64})
    if name == "a.csv":
        frame.write_csv(tmp_path / name)
    else:
        frame.write_parquet(tmp_path / name)
    assert [len(page) for page in sheets.pages(tmp_path / name, ["n"])] == pages


def test_of_parquet_only_what_is_named_is_read(tmp_path: Path) -> None:
    pl.DataFrame({"a": [1, 2], "b": ["x", "y"], "c": [0, 0]}).write_parquet(tmp_path / "a.parquet")
    assert read(tmp_path / "a.parquet", "b", "a") == [{"b": "x", "a": 1}, {"b": "y", "a": 2}]
    assert refused(tmp_path / "a.parquet", "d") == Problem("MP-324", "a.parquet", {"file": "a.parquet"})


def test_what_is_no_parquet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"a,b\n1,2\n")
    assert refused(tmp_path / "a.parquet", "a") == Problem("MP-321", "a.parquet", {"file": "a.parquet"})


def test_a_name_with_a_star_in_it_is_one_file(tmp_path: Path) -> None:
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "x.parquet")
    pl.DataFrame({"a": [2]}).write_parquet(tmp_path / "*.parquet")
    assert read(tmp_path / "*.parquet", "a") == [{"a": 2}]
