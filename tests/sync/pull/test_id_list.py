"""The org's list of ids beside the mirror's: what is missing, stale, deleted or unlisted, however it is cut."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from sync.pull.id_list import Differing, IdList, id_list

T0 = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
# Id -> minutes after three, and whether it is deleted.
Told = dict[str, tuple[int | None, bool | None]]


def rows(told: Told, **more: list[object]) -> pl.DataFrame:
    stamps = [None if minute is None else T0 + timedelta(minutes=minute) for minute, _ in told.values()]
    frame = {"Id": list(told), "SystemModstamp": stamps, "IsDeleted": [gone for _, gone in told.values()]}
    schema: dict[str, Any] = {"Id": pl.String, "SystemModstamp": pl.Datetime("us", "UTC"), "IsDeleted": pl.Boolean}
    return pl.DataFrame(frame, schema=schema).with_columns(**{name: pl.Series(held) for name, held in more.items()})


def versions(*pulls: Told) -> pl.LazyFrame:
    """What the mirror holds of each pull, the oldest first."""
    frames = [
        rows(told).with_columns(pl.lit(T0).alias("_read_at"), pl.lit(number).alias("_pull"))
        for number, told in enumerate(pulls or ({},))
    ]
    return pl.concat(frames).lazy()


_DIFFER: dict[str, tuple[Told, Told, Differing]] = {
    "nothing": ({}, {}, Differing(0, [], [], [], [])),
    "alike": ({"a": (0, False)}, {"a": (0, False)}, Differing(1, [], [], [], [])),
    "missing": ({}, {"b": (0, False), "a": (0, False)}, Differing(0, ["a", "b"], [], [], [])),
    "stale": ({"a": (0, False)}, {"a": (1, False)}, Differing(1, [], ["a"], [], [])),
    "deleted": ({"a": (0, False)}, {"a": (1, True)}, Differing(1, [], [], ["a"], [])),
    "unlisted": ({"a": (0, False)}, {}, Differing(1, [], [], [], ["a"])),
    "restored": ({"a": (0, True)}, {"a": (1, False)}, Differing(0, ["a"], [], [], [])),
    "gone on both sides": ({"a": (0, True)}, {"a": (0, True)}, Differing(0, [], [], [], [])),
    "gone here and unlisted": ({"a": (0, True)}, {}, Differing(0, [], [], [], [])),
    "deleted before it was seen": ({}, {"a": (0, True)}, Differing(0, [], [], [], [])),
    "moved since": ({"a": (0, False), "b": (0, False)}, {"a": (11, False), "b": (11, True)}, Differing(2, [], [], [], [])),
    "made since": ({}, {"a": (11, False)}, Differing(0, [], [], [], [])),
    "moved at the last moment": ({"a": (0, False)}, {"a": (10, False)}, Differing(1, [], ["a"], [], [])),
    "without a stamp": ({}, {"a": (None, False)}, Differing(0, ["a"], [], [], [])),
}  # fmt: skip


@pytest.mark.parametrize(("here", "there", "expected"), _DIFFER.values(), ids=_DIFFER.keys())
def test_what_differs_is_told_by_how_it_does(tmp_path: Path, here: Told, there: Told, expected: Differing) -> None:
    with id_list(tmp_path) as listed:
        listed.put(rows(there))
        assert list(listed.compare(versions(here), until=T0 + timedelta(minutes=10))) == [expected]


def test_without_an_end_all_that_moved_differs(tmp_path: Path) -> None:
    with id_list(tmp_path) as listed:
        listed.put(rows({"a": (10_000, False)}))
        assert list(listed.compare(versions())) == [Differing(0, ["a"], [], [], [])]


def test_only_the_latest_version_counts(tmp_path: Path) -> None:
    with id_list(tmp_path) as listed:
        listed.put(rows({"a": (5, False)}))
        assert list(listed.compare(versions({"a": (0, False)}, {"a": (5, False)}))) == [Differing(1, [], [], [], [])]


def test_an_id_that_is_listed_twice_is_one(tmp_path: Path) -> None:
    with id_list(tmp_path) as listed:
        listed.put(rows({"a": (1, False)}))
        listed.put(rows({"a": (2, False)}))
        assert list(listed.compare(versions({"a": (0, False)}))) == [Differing(1, [], ["a"], [], [])]


def test_a_list_that_brought_nothing_lists_nothing(tmp_path: Path) -> None:
    with id_list(tmp_path) as listed:
        assert list(listed.compare(versions({"a": (0, False)}))) == [Differing(1, [], [], [], ["a"])]


@pytest.mark.parametrize(("records", "parts"), [(7, 6), (20, 2), (39, 2), (40, 1), (1_000, 1)])
def test_the_same_differs_however_it_is_cut(tmp_path: Path, records: int, parts: int) -> None:
    here: Told = {f"{number:02d}": (0, False) for number in range(40)}
    there: Told = {f"{number:02d}": (number % 2, False) for number in range(10, 45)}
    with id_list(tmp_path) as listed:
        for start in range(10, 45, 10):
            listed.put(rows({key: told for key, told in there.items() if start <= int(key) < start + 10}))
        listed.put(rows({"10": (0, False)}))
        found = list(listed.compare(versions(here), records=records))
    assert (len(found), listed.rows, sum(part.known for part in found)) == (parts, 36, 40)
    assert sorted(each for part in found for each in part.missing) == [f"{number}" for number in range(40, 45)]
    assert sorted(each for part in found for each in part.stale) == [f"{number}" for number in range(11, 40, 2)]
    assert sorted(each for part in found for each in part.unlisted) == [f"{number:02d}" for number in range(10)]


def test_more_columns_than_are_compared_may_lie_there(tmp_path: Path) -> None:
    rows({"a": (0, False)}, Name=["x"]).write_parquet(tmp_path / "one.parquet")
    rows({"b": (0, False)}).write_parquet(tmp_path / "two.parquet")
    listed = IdList.of(tmp_path, [("one.parquet", 1), ("two.parquet", 1)])
    assert (listed.rows, list(listed.compare(versions()))) == (2, [Differing(0, ["a", "b"], [], [], [])])


def test_a_list_begins_empty_and_leaves_nothing(tmp_path: Path) -> None:
    with id_list(tmp_path / "mirror") as listed:
        listed.put(rows({"a": (0, False)}))
        (folder,) = (tmp_path / "mirror").iterdir()
        assert (folder.stat().st_mode & 0o777, len(list(folder.iterdir()))) == (0o700, 1)
        with id_list(tmp_path / "mirror") as again:
            assert (again.rows, list(folder.iterdir())) == (0, [])
    assert list((tmp_path / "mirror").iterdir()) == []
