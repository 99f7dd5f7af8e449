"""The mirror: what was pulled, the latest of each record, as of any pull."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from engine.errors import Problem, StoreError
from sync.mirror.mirror import Mirror
from sync.store import data_files, runs
from sync.store.data_files import DataFile, Watermark
from sync.store.database import Store
from sync.store.holders import Holder
from sync.store.leases import Lease
from sync.store.vocabulary import RunVerb

_T0 = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
Pull = Callable[[pl.DataFrame], str]


def _leads(rows: dict[int, str | None], *, minutes: int = 0, deleted: bool = False) -> pl.DataFrame:
    """Leads by number with their company, stamped so many minutes after nine."""
    return pl.DataFrame(
        {
            "Id": [_id(number) for number in rows],
            "SystemModstamp": [_T0 + timedelta(minutes=minutes)] * len(rows),
            "IsDeleted": [deleted] * len(rows),
            "Company": list(rows.values()),
        },
        schema_overrides={"SystemModstamp": pl.Datetime("us", "UTC"), "Id": pl.String, "Company": pl.String},
    )


def _id(number: int) -> str:
    return f"00Q{number:012d}AAA"


def _companies(frame: pl.DataFrame) -> dict[str, str | None]:
    return dict(zip(frame["Id"].str.slice(14, 1), frame["Company"], strict=True))


@pytest.fixture
def mirror(store: Store, tmp_path: Path) -> Mirror:
    return Mirror(tmp_path / "mirror", store)


@pytest.fixture
def pull(mirror: Mirror, at: datetime, here: Holder) -> Pull:
    """A whole pull of leads, listed in the store; the run's id."""

    def write_and_list(raw: pl.DataFrame) -> str:
        with mirror.store.transaction() as tx:
            run = runs.start(tx, verb=RunVerb.PLAN, at=at, holder=here)
            sequence = runs.sequence_of(tx, run)
        written = mirror.write("Lead", raw, run=run, pull=sequence, read_at=at)
        with mirror.store.transaction() as tx:
            found = [written] if written else []
            data_files.add_pull(tx, run=run, at=at, data_files=found, watermarks=[Watermark("Lead", at, "fields-1")])
        return run

    return write_and_list


@pytest.fixture
def listed(store: Store) -> Callable[[], Iterator[DataFile]]:
    def read() -> Iterator[DataFile]:
        with store.read() as tx:
            yield from data_files.listed(tx, "Lead")

    return read


def test_the_greatest_stamp_is_the_latest_whatever_came_last(mirror: Mirror, pull: Pull) -> None:
    pull(_leads({1: "new"}, minutes=5))
    pull(_leads({1: "old"}, minutes=1))
    assert _companies(mirror.latest("Lead").collect()) == {"1": "new"}


def test_of_one_stamp_the_later_pull_is_the_latest(mirror: Mirror, pull: Pull) -> None:
    for company in ("A", "B", "A"):  # a formula field moves without the stamp
        pull(_leads({1: company}))
    assert _companies(mirror.latest("Lead").collect()) == {"1": "A"}


def test_looking_back_costs_nothing(mirror: Mirror, pull: Pull, listed: Callable[[], Iterator[DataFile]]) -> None:
    pull(_leads({1: "A", 2: None}))
    pull(_leads({1: "A", 2: None}))
    pull(_leads({1: "A", 2: "B", 3: "C"}))
    assert [data_file.rows for data_file in listed()] == [2, 2]
    assert _companies(mirror.latest("Lead").collect()) == {"1": "A", "2": "B", "3": "C"}


def test_neither_reading_time_nor_column_order_makes_news(mirror: Mirror, pull: Pull, run: str, at: datetime) -> None:
    pull(_leads({1: "A"}))
    again = _leads({1: "A"}).select("Company", "IsDeleted", "SystemModstamp", "Id")
    assert mirror.write("Lead", again, run=run, pull=9, read_at=at + timedelta(hours=1)) is None


def test_a_tombstone_is_a_version_like_any_other(mirror: Mirror, pull: Pull) -> None:
    pull(_leads({1: "A", 2: "B"}))
    pull(_leads({1: "A"}, minutes=1, deleted=True))
    assert mirror.latest("Lead").collect()["IsDeleted"].to_list() == [True, False]


def test_as_of_a_run_is_what_its_pull_left(mirror: Mirror, pull: Pull) -> None:
    first = pull(_leads({1: "A"}))
    second = pull(_leads({1: "B", 2: "C"}, minutes=1))
    pull(_leads({1: "D"}, minutes=2))
    assert _companies(mirror.latest("Lead", as_of=first).collect()) == {"1": "A"}
    assert _companies(mirror.latest("Lead", as_of=second).collect()) == {"1": "B", "2": "C"}


def test_ranges_walk_every_record_once_in_order(mirror: Mirror, pull: Pull) -> None:
    pull(_leads(dict.fromkeys(range(0, 10, 2), "A")))
    pull(_leads(dict.fromkeys(range(1, 10, 3), "B"), minutes=1))
    walked = list(mirror.ranges("Lead", rows=3))
    assert [frame.height for frame in walked] == [3, 3, 1]
    assert pl.concat(walked).equals(mirror.latest("Lead").collect())


def test_other_fields_join_what_is_there(mirror: Mirror, pull: Pull) -> None:
    pull(_leads({1: "A", 2: "B"}))
    pull(_leads({1: "A"}).with_columns(pl.lit("部長").alias("Title")))
    assert mirror.latest("Lead").collect()["Title"].to_list() == ["部長", None]


def test_the_columns_of_an_object_without_rows_are_known(mirror: Mirror, pull: Pull) -> None:
    assert mirror.latest("Lead").collect().is_empty()
    pull(_leads({}))
    assert "Company" in mirror.latest("Lead").collect_schema().names()
    assert list(mirror.ranges("Lead")) == []


def test_an_object_read_whole_loses_what_is_gone(mirror: Mirror, pull: Pull) -> None:
    members = _leads({1: "A", 2: "B"}).drop("SystemModstamp", "IsDeleted")
    pull(members)
    now = members.filter(pl.col("Company") == "B")
    pull(pl.concat([now, mirror.tombstones("Lead", now["Id"])], how="diagonal"))
    assert mirror.latest("Lead").collect()["IsDeleted"].to_list() == [True, False]
    assert mirror.tombstones("Lead", now["Id"]).is_empty()
    pull(members)
    assert mirror.latest("Lead").collect()["IsDeleted"].to_list() == [False, False]


def test_a_record_twice_in_one_pull_is_kept_at_its_latest(mirror: Mirror, pull: Pull) -> None:
    pull(pl.concat([_leads({1: "new"}, minutes=2), _leads({1: "old"}, minutes=1)]))
    assert _companies(mirror.latest("Lead").collect()) == {"1": "new"}


def test_a_file_that_a_crash_left_unlisted_does_not_count_and_is_swept(
    mirror: Mirror, pull: Pull, run: str, at: datetime, lease: Lease
) -> None:
    pull(_leads({1: "A"}))
    mirror.write("Lead", _leads({1: "B"}, minutes=1), run=run, pull=7, read_at=at)
    (mirror.folder / "Lead" / "00000008.unfinished").touch()
    assert _companies(mirror.latest("Lead").collect()) == {"1": "A"}
    assert mirror.discard_orphans(lease=lease) == 2
    assert mirror.discard_orphans(lease=lease) == 0
    assert _companies(mirror.latest("Lead").collect()) == {"1": "A"}


def test_a_data_file_tells_what_is_in_its_file(
    mirror: Mirror, pull: Pull, listed: Callable[[], Iterator[DataFile]]
) -> None:
    run = pull(_leads({2: "A", 1: "B"}))
    (data_file,) = listed()
    path = mirror.folder / data_file.path
    assert data_file == DataFile(
        path=data_file.path,
        object="Lead",
        pull=1,
        run_id=run,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        rows=2,
        bytes=path.stat().st_size,
        id_min=_id(1),
        id_max=_id(2),
    )
    assert oct(path.stat().st_mode & 0o777) == "0o600"
    assert oct(path.parent.stat().st_mode & 0o777) == "0o700"


def test_a_file_that_was_touched_or_lost_is_named(
    mirror: Mirror, pull: Pull, listed: Callable[[], Iterator[DataFile]]
) -> None:
    pull(_leads({1: "A"}))
    pull(_leads({2: "B"}))
    touched, lost = listed()
    assert mirror.verify() == ()
    with (mirror.folder / touched.path).open("ab") as file:
        file.write(b"x")
    (mirror.folder / lost.path).unlink()
    assert [(problem.code, problem.where) for problem in mirror.verify()] == [
        ("SR-110", touched.path),
        ("SR-109", lost.path),
    ]
    with pytest.raises(StoreError, match="SR-109"):
        mirror.latest("Lead")


def test_other_engines_read_the_files_as_they_are(mirror: Mirror, pull: Pull) -> None:
    import duckdb

    pull(_leads({1: "株式会社"}))
    with duckdb.connect() as connection:
        found = connection.execute(f"SELECT Company, IsDeleted FROM '{mirror.folder}/Lead/*.parquet'").fetchall()
    assert found == [("株式会社", False)]


def test_a_pull_lists_data_files_watermark_and_audit_together(store: Store, pull: Pull, at: datetime) -> None:
    from sync.store import audit

    pull(_leads({1: "A"}))
    with store.read() as tx:
        assert data_files.watermark(tx, "Lead") == Watermark("Lead", at, "fields-1")
        assert data_files.watermark(tx, "Task") is None
        assert sum(b'"event":"pulled"' in link.body for link in audit.links(tx)) == 1


def test_a_problem_of_the_mirror_is_said_in_words() -> None:
    from config.words.catalogue import Language, Words

    problem = Problem("SR-110", "Lead/x.parquet", {"found": "a", "known": "b"})
    assert "Lead/x.parquet" in Words(Language.JAPANESE).problem(problem)
