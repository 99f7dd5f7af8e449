"""Checks of the mirror's files: whole, and at a glance on every run."""

import os
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from sync.mirror import files, integrity
from sync.store.data_files import DataFile
from sync.store.vocabulary import DataFileKind

Make = Callable[[str], DataFile]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """A data file on disk with one company in it."""

    def made(company: str) -> DataFile:
        frame = pl.DataFrame({"Id": ["00Q000000000001AAA"], "Company": [company]})
        return files.write_data_file(frame, tmp_path, "Lead", kind=DataFileKind.DELTA, run="run-1", pull=1)

    return made


def _flip(path: Path, *, keep_times: bool = False) -> None:
    """One bit, in the middle of a file."""
    before = path.stat()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    if keep_times:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _glance(folder: Path, *data_files: DataFile, share_bytes: int = 0) -> list[tuple[str, str]]:
    return [(each.code, each.where) for each in integrity.glance(folder, data_files, share_bytes=share_bytes)]


def test_a_file_that_was_touched_is_found_at_a_glance(tmp_path: Path, make: Make) -> None:
    one, other = make("A"), make("B")
    assert _glance(tmp_path, one, other) == []
    _flip(tmp_path / other.path)
    assert _glance(tmp_path, one, other) == [("SR-110", other.path)]
    assert _glance(tmp_path, one, other) == [("SR-110", other.path)]


def test_a_file_never_looked_at_is_hashed_first(tmp_path: Path, make: Make) -> None:
    one = make("A")
    _flip(tmp_path / one.path)
    assert _glance(tmp_path, one) == [("SR-110", one.path)]


def test_a_file_that_is_gone_is_found_at_a_glance(tmp_path: Path, make: Make) -> None:
    one = make("A")
    assert _glance(tmp_path, one) == []
    (tmp_path / one.path).unlink()
    assert _glance(tmp_path, one) == [("SR-109", one.path)]


def test_what_looks_as_before_is_not_hashed_again(tmp_path: Path, make: Make) -> None:
    one = make("A")
    assert _glance(tmp_path, one) == []
    wrong = DataFile(**{name: getattr(one, name) for name in DataFile.__dataclass_fields__} | {"sha256": "0" * 64})
    assert _glance(tmp_path, wrong) == []


def test_a_share_of_the_rest_is_hashed_in_turn(tmp_path: Path, make: Make) -> None:
    data_files = [make(company) for company in "ABC"]
    assert _glance(tmp_path, *data_files) == []
    wrong = [
        DataFile(**{name: getattr(each, name) for name in DataFile.__dataclass_fields__} | {"sha256": "0" * 64})
        for each in data_files
    ]
    share = max(each.bytes for each in data_files)
    found = {path for _ in data_files for _, path in _glance(tmp_path, *wrong, share_bytes=share)}
    assert found == {each.path for each in data_files}


def test_a_bit_that_fell_over_by_itself_is_found_by_the_whole_check(tmp_path: Path, make: Make) -> None:
    one = make("A")
    _flip(tmp_path / one.path, keep_times=True)
    assert [(each.code, each.where) for each in integrity.compare(tmp_path, [one])] == [("SR-110", one.path)]


def test_lost_notes_cost_time_and_nothing_else(tmp_path: Path, make: Make) -> None:
    one = make("A")
    assert _glance(tmp_path, one) == []
    (tmp_path / "verified.json").write_text("{", encoding="utf-8")
    assert _glance(tmp_path, one) == []
    assert oct((tmp_path / "verified.json").stat().st_mode & 0o777) == "0o600"
