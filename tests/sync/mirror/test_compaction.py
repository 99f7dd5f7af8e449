"""Compaction: whatever is compacted when, the mirror tells the same; and it is written anew only where it pays."""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count, pairwise
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import LeaseError, StoreError
from sync.mirror.compaction import DELTAS_MAX, Compaction
from sync.mirror.mirror import Mirror
from sync.store import audit, data_files, leases, runs
from sync.store.data_files import DataFile
from sync.store.database import Store
from sync.store.holders import Holder, this_process
from sync.store.leases import Lease
from sync.store.vocabulary import DataFileKind, LeaseName, RunVerb

_T0 = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
BY_ID, BY_PROSPECT, BY_EITHER = ("Id",), ("WhoId",), ("WhoId", "Lead__c")


@dataclass
class Tasks:
    """One object of a mirror whose files and ranges are small. A row is its prospect, its second prospect and a minute."""

    mirror: Mirror
    name: str = "Task"
    last_run: str = ""
    holder: Holder = field(default_factory=this_process)

    def pull(self, *pages: dict[int, tuple[str | None, str | None, int]], whole: bool = False) -> str:
        """Pages of tasks by number, listed in the store together; the run's id."""
        run = self._run()
        write = self.mirror.write_whole if whole else self.mirror.write
        written = [write(self.name, _rows(page), run=run, pull=self._sequence(run), read_at=_T0) for page in pages]
        with self.mirror.store.transaction() as tx:
            data_files.add_pull(tx, run=run, at=_T0, data_files=[each for each in written if each], watermarks=[])
        return run

    def _sequence(self, run: str) -> int:
        with self.mirror.store.read() as tx:
            return runs.sequence_of(tx, run)

    def compact(self, key: Sequence[str] = BY_PROSPECT, *, percent: int = 20) -> Compaction | None:
        run = self._run()
        done = self.mirror.compact(self.name, key=key, run=run, pull=self._sequence(run), percent=percent)
        if done:
            with self.mirror.store.transaction() as tx:
                data_files.replace(tx, run=run, at=_T0, written=done.written, replaced=done.replaced)
        return done

    def listed(self) -> tuple[DataFile, ...]:
        with self.mirror.store.read() as tx:
            return data_files.listed(tx, self.name)

    def told(self, as_of: str | None = None) -> dict[str, tuple[str | None, str | None, int]]:
        return _told(self.mirror.latest(self.name, as_of=as_of).collect())

    def _run(self) -> str:
        with self.mirror.store.transaction() as tx:
            self.last_run = runs.start(tx, verb=RunVerb.SWEEP, at=_T0, holder=self.holder)
        return self.last_run


def _rows(page: dict[int, tuple[str | None, str | None, int]]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "Id": [_id(number) for number in page],
            "SystemModstamp": [_T0 + timedelta(minutes=minute) for _, _, minute in page.values()],
            "WhoId": [who for who, _, _ in page.values()],
            "Lead__c": [lead for _, lead, _ in page.values()],
        },
        schema={"Id": pl.String, "SystemModstamp": pl.Datetime("us", "UTC"), "WhoId": pl.String, "Lead__c": pl.String},
    )


def _spread(numbers: Iterable[int]) -> dict[int, tuple[str | None, str | None, int]]:
    """Each by turns at one of five prospects."""
    return {number: (f"p{number % 5}", None, 0) for number in numbers}


def _told(frame: pl.DataFrame) -> dict[str, tuple[str | None, str | None, int]]:
    if frame.is_empty():
        return {}
    assert frame["Id"].is_unique().all()
    minutes = ((frame["SystemModstamp"] - _T0).dt.total_minutes()).to_list()
    return dict(zip(frame["Id"], zip(frame["WhoId"], frame["Lead__c"], minutes, strict=True), strict=True))


def _id(number: int) -> str:
    return f"00T{number:012d}AAA"


@pytest.fixture
def tasks(store: Store, tmp_path: Path) -> Tasks:
    return Tasks(Mirror(tmp_path / "mirror", store, range_rows=4))


@pytest.mark.long
def test_a_first_pull_becomes_base_data_files_of_a_range_each(tasks: Tasks) -> None:
    tasks.pull(_spread(range(6)), _spread(range(6, 11)))
    before = tasks.told()
    tasks.compact(BY_PROSPECT)
    assert {(each.kind, each.key) for each in tasks.listed()} == {(DataFileKind.BASE, "WhoId")}
    assert sorted(each.rows for each in tasks.listed()) == [3, 4, 4]
    assert tasks.told() == before


def test_base_data_files_do_not_overlap(tasks: Tasks) -> None:
    tasks.pull(_spread(range(20)))
    tasks.compact(BY_PROSPECT)
    ordered = sorted(tasks.listed(), key=lambda each: each.key_min)
    assert all(one.key_max < other.key_min for one, other in pairwise(ordered))


def test_the_second_time_there_is_nothing_to_compact(tasks: Tasks) -> None:
    tasks.pull(dict.fromkeys(range(9), ("p", None, 0)))
    assert tasks.compact()
    assert tasks.compact() is None


def test_an_object_without_rows_is_left_alone(tasks: Tasks) -> None:
    assert tasks.compact() is None
    tasks.pull({})
    assert tasks.compact() is None


def test_only_slots_with_enough_news_are_written_anew(tasks: Tasks) -> None:
    tasks.pull(dict.fromkeys(range(12), (None, None, 0)))
    tasks.compact(BY_ID)
    low, middle, high = sorted(tasks.listed(), key=lambda each: each.id_min)
    tasks.pull({0: ("news", None, 1), 9: ("news", None, 1), 10: ("news", None, 1)})
    done = tasks.compact(BY_ID, percent=30)
    assert done
    assert high.path in {each.path for each in done.replaced}
    assert not {low.path, middle.path} & {each.path for each in done.replaced}
    assert [(each.kind, each.rows) for each in done.written] == [(DataFileKind.BASE, 4), (DataFileKind.DELTA, 1)]
    assert tasks.told()[_id(0)] == ("news", None, 1)


@pytest.mark.long
def test_many_small_deltas_are_joined_though_no_slot_is_due(tasks: Tasks) -> None:
    tasks.pull(dict.fromkeys(range(4), (None, None, 0)))
    tasks.compact(BY_ID)
    for minute in range(DELTAS_MAX + 1):
        tasks.pull({0: (None, None, minute + 1)})
    assert tasks.compact(BY_ID, percent=100_000) is not None
    assert [(each.kind, each.rows) for each in tasks.listed()] == [(DataFileKind.BASE, 4), (DataFileKind.DELTA, 1)]


def test_an_activity_that_moved_is_seen_once_and_at_its_new_prospect(tasks: Tasks) -> None:
    tasks.pull({1: ("a", None, 0), 2: ("b", None, 0)})
    tasks.compact(BY_PROSPECT)
    tasks.pull({1: ("b", None, 1)})
    assert tasks.mirror.related("Task", BY_PROSPECT, ["a"]).is_empty()
    assert sorted(tasks.mirror.related("Task", BY_PROSPECT, ["b"])["Id"]) == [_id(1), _id(2)]


def test_the_prospect_is_the_first_filled_column(tasks: Tasks) -> None:
    tasks.pull({1: ("a", "b", 0), 2: (None, "b", 0), 3: (None, None, 0)})
    tasks.compact(BY_EITHER)
    assert list(tasks.mirror.related("Task", BY_EITHER, ["b"])["Id"]) == [_id(2)]
    assert sorted(tasks.mirror.related("Task", ("Lead__c",), ["b"])["Id"]) == [_id(1), _id(2)]


def test_only_files_that_may_hold_a_record_are_read(tasks: Tasks) -> None:
    tasks.pull({number: (f"p{number:02d}", None, 0) for number in range(12)})
    tasks.compact(BY_PROSPECT)
    for each in tasks.listed():
        if not each.key_min <= "p05 " <= each.key_max:
            with (tasks.mirror.folder / each.path).open("r+b") as file:
                file.seek(4)
                file.write(bytes(200))  # rows, not what the file tells about itself
    assert list(tasks.mirror.related("Task", BY_PROSPECT, ["p05"])["Id"]) == [_id(5)]
    with pytest.raises(pl.exceptions.ComputeError):
        tasks.mirror.related("Task", BY_PROSPECT, ["p00"])


def test_as_of_a_run_before_a_compaction_is_read_from_the_replaced_files(tasks: Tasks) -> None:
    first = tasks.pull({1: ("a", None, 0)})
    second = tasks.pull({1: ("b", None, 1), 2: ("b", None, 1)})
    tasks.compact()
    assert tasks.told(first) == {_id(1): ("a", None, 0)}
    assert tasks.told(second) == tasks.told()


def test_a_state_whose_files_were_retired_is_refused(tasks: Tasks, lease: Lease) -> None:
    first = tasks.pull({1: ("a", None, 0)})
    tasks.compact()
    kept = tasks.told()
    assert tasks.mirror.retire(_T0, at=_T0, lease=lease) == 0
    assert tasks.mirror.retire(_T0 + timedelta(days=400), at=_T0, lease=lease) == 1
    with pytest.raises(StoreError, match="SR-112"):
        tasks.told(first)
    assert tasks.told() == kept
    assert tasks.mirror.verify() == ()


def test_a_compaction_that_crashed_before_the_store_knew_leaves_no_trace(tasks: Tasks, lease: Lease) -> None:
    tasks.pull({1: ("a", None, 0), 2: ("b", None, 0)})
    before = tasks.listed()
    done = tasks.mirror.compact("Task", key=BY_PROSPECT, run=tasks.last_run, pull=99, percent=20)
    assert done
    assert tasks.mirror.discard_orphans(lease=lease) == len(done.written)
    assert tasks.listed() == before


def test_one_who_stood_still_removes_no_file_of_whoever_took_over(tasks: Tasks, store: Store) -> None:
    first = tasks.pull({1: ("a", None, 0)})
    tasks.compact()
    with store.transaction() as tx:
        take = partial(leases.take, tx, LeaseName.PULL, clock=lambda: _T0)
        lease = take(holder=tasks.holder, lease_seconds=-60)
        take(holder=replace(tasks.holder, host="another"), lease_seconds=60)
    theirs = tasks.mirror.write_whole("Task", _rows({2: ("b", None, 0)}), run="r", pull=9, read_at=_T0)

    with pytest.raises(LeaseError, match="LS-102"):
        tasks.mirror.discard_orphans(lease=lease)
    with pytest.raises(LeaseError, match="LS-102"):
        tasks.mirror.retire(_T0 + timedelta(days=400), at=_T0, lease=lease)
    assert (tasks.mirror.folder / theirs.path).exists()
    assert tasks.told(first) == {_id(1): ("a", None, 0)}


def test_pages_of_an_unfinished_job_are_no_orphans(tasks: Tasks, lease: Lease) -> None:
    page = tasks.mirror.write_whole("Task", _rows({1: ("a", None, 0)}), run="r", pull=9, read_at=_T0)
    assert tasks.mirror.discard_orphans(lease=lease, keep=[page.path]) == 0
    assert tasks.mirror.discard_orphans(lease=lease) == 1


def test_the_audit_tells_what_a_compaction_replaced(tasks: Tasks) -> None:
    tasks.pull({1: ("a", None, 0)})
    tasks.compact()
    with tasks.mirror.store.read() as tx:
        assert sum(b'"event":"compacted"' in link.body for link in audit.links(tx)) == 1


def test_a_row_older_than_what_is_known_is_no_news(tasks: Tasks) -> None:
    tasks.pull({1: ("new", None, 5)})
    tasks.pull({1: ("old", None, 4)})
    assert [each.rows for each in tasks.listed()] == [1]


_prospects = st.sampled_from(["p1", "p2", "p3", "p4", None])
_page = st.dictionaries(st.integers(0, 15), st.tuples(_prospects, _prospects, st.integers(0, 2)), max_size=12)
_steps = st.lists(
    st.one_of(
        st.tuples(st.just("write"), _page),
        st.tuples(st.just("write whole"), _page),
        st.tuples(st.just("compact"), st.sampled_from([20, 60, 150])),
    ),
    min_size=1,
    max_size=7,
)
_numbers = count(1)


@pytest.fixture(scope="module")
def one_mirror() -> Iterator[Mirror]:
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(f"sqlite:///{folder}/store.sqlite", dice=lambda size: b"7" * size)
        yield Mirror(Path(folder) / "mirror", store, range_rows=3)
        store.close()


@pytest.mark.long
@settings(max_examples=25, deadline=None)
@given(steps=_steps, key=st.sampled_from([BY_ID, BY_PROSPECT, BY_EITHER]), asked=st.sets(_prospects, min_size=1))
def test_whatever_is_compacted_when_everything_is_told_alike(
    one_mirror: Mirror, steps: list[tuple[str, object]], key: tuple[str, ...], asked: set[str | None]
) -> None:
    tasks = Tasks(one_mirror, f"Task{next(_numbers)}")
    known: dict[str, tuple[str | None, str | None, int]] = {}
    then: dict[str, dict[str, tuple[str | None, str | None, int]]] = {}
    for step, value in steps:
        if step == "compact":
            assert isinstance(value, int)
            tasks.compact(key, percent=value)
        else:
            assert isinstance(value, dict)
            # Whatever is read whole is as new as what is known; single rows may come late.
            oldest = (
                {number: known.get(_id(number), ("", "", 0))[2] for number in value} if step == "write whole" else {}
            )
            page = {
                number: (who, lead, minute + oldest.get(number, 0)) for number, (who, lead, minute) in value.items()
            }
            tasks.pull(page, whole=step == "write whole")
            known = dict(known)
            for number, row in page.items():
                if row[2] >= known.get(_id(number), ("", "", 0))[2]:
                    known[_id(number)] = row
        then[tasks.last_run] = known
    assert tasks.told() == known
    assert {run: tasks.told(run) for run in then} == then
    walked = list(one_mirror.ranges(tasks.name))
    assert {name: row for frame in walked for name, row in _told(frame).items()} == known
    assert sum(frame.height for frame in walked) == len(known)
    some = sorted(known)[::2]
    assert _told(one_mirror.of(tasks.name, some)) == {name: known[name] for name in some}
    wanted = [each for each in asked if each]
    for columns in (BY_PROSPECT, BY_EITHER):
        found = one_mirror.related(tasks.name, columns, wanted)
        expected = {
            name: row
            for name, row in known.items()
            if (row[0] if columns == BY_PROSPECT else row[0] or row[1]) in wanted
        }
        assert _told(found) == expected
