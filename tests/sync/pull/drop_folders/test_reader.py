"""What drop folders bring: each content once, what is still written left, and every file told by what became of it."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mapping.field_map.field_map import ActivitySource, DropFolder
from sync.mirror.mirror import Mirror
from sync.pull.drop_folders.reader import LISTED_MAX, QUIET_SECONDS, Drops, Intake, read_dropped
from sync.pull.staging import MirrorWriter
from sync.store import data_files, runs
from sync.store.data_files import Watermark
from sync.store.database import Store
from sync.store.dropped_files import DroppedFile
from sync.store.figures import BrokenFile, DroppedFiles, EmptyRow
from sync.store.holders import Holder
from sync.store.vocabulary import RunVerb

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
EXPORTS = DropFolder("exports/*.csv", "who", "at", kind="what", by_email=True)
SOURCE = ActivitySource("drop_exports", ("Prospect",), "At", kind_field="Kind", files=EXPORTS)
OTHER = ActivitySource("drop_others", ("Prospect",), "At", files=DropFolder("others/*.csv", "who", "at", by_email=True))


@dataclass
class Folder:
    """A folder that is read again and again. Times that say none are of Tokyo."""

    home: Path
    store: Store
    here: Holder

    def drop(self, name: str, *days: int, text: str = "", ago: float = 3_600) -> Path:
        """A file of visits on these days of November, last touched so many seconds ago."""
        rows = "".join(f"2026-11-{day:02d} 09:00,a@x.jp,visit\n" for day in days)
        path = self.home / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text or f"at,who,what\n{rows}", encoding="utf-8")
        os.utime(path, (NOW.timestamp() - ago,) * 2)
        return path

    def read(self, *sources: ActivitySource, now: Callable[[], datetime] = lambda: NOW) -> Intake:
        """A run that reads and lists what was left."""
        with self.store.transaction() as tx:
            run = runs.start(tx, verb=RunVerb.PLAN, at=NOW, holder=self.here)
            sequence = runs.sequence_of(tx, run)
        writer = MirrorWriter(Mirror(self.home / "mirror", self.store), run, sequence, "map", lambda: NOW, 100)
        intake = read_dropped(Drops(self.home, self.store, writer, now, "Asia/Tokyo"), sources or (SOURCE,))
        with self.store.transaction() as tx:
            intake.keep(tx)
            data_files.add_pull(tx, run=run, at=NOW, data_files=intake.data_files, watermarks=intake.marks)
        return intake

    def held(self) -> int:
        return Mirror(self.home / "mirror", self.store).latest(SOURCE.api_name).collect().height


@pytest.fixture
def folder(store: Store, here: Holder, tmp_path: Path) -> Folder:
    return Folder(tmp_path, store, here)


def came(intake: Intake) -> DroppedFiles:
    return intake.came["exports/*.csv"]


def day(number: int) -> datetime:
    """Nine o'clock in Tokyo."""
    return datetime(2026, 11, number, tzinfo=UTC)


def test_a_new_file_is_read_listed_and_marked(folder: Folder) -> None:
    path = folder.drop("exports/a.csv", 1, 3, 2)
    intake = folder.read()
    told = DroppedFiles(files=1, rows=3, newest=day(3))
    assert (came(intake), [each.rows for each in intake.data_files]) == (told, [3])
    assert intake.marks == [Watermark("drop_exports", day(3), "drop_exports")]
    (file,) = intake.files["drop_exports"]
    found = path.stat()
    assert file == DroppedFile("exports/a.csv", file.digest, found.st_size, found.st_mtime_ns, rows=3)


def test_the_second_time_nothing_is_new(folder: Folder) -> None:
    folder.drop("exports/a.csv", 1)
    first, again = folder.read(), folder.read()
    assert (came(again), again.data_files, again.marks) == (DroppedFiles(newest=day(1)), [], [])
    assert again.files == first.files


def test_an_empty_folder_brings_nothing(folder: Folder) -> None:
    intake = folder.read()
    assert (came(intake), intake.files, intake.marks) == (DroppedFiles(), {"drop_exports": []}, [])


def test_a_file_without_rows_is_read_and_says_nothing(folder: Folder) -> None:
    folder.drop("exports/a.csv")
    intake = folder.read()
    assert (came(intake), intake.marks) == (DroppedFiles(files=1), [])


def test_an_older_file_moves_no_mark_back(folder: Folder) -> None:
    folder.drop("exports/a.csv", 5)
    folder.read()
    folder.drop("exports/b.csv", 4)
    intake = folder.read()
    assert (came(intake), intake.marks) == (DroppedFiles(files=1, rows=1, newest=day(5)), [])


def test_the_same_content_under_two_names_is_read_once(folder: Folder) -> None:
    folder.drop("exports/a.csv", 1)
    folder.drop("exports/b.csv", 1)
    intake = folder.read()
    assert (came(intake), folder.held()) == (DroppedFiles(files=1, rows=1, newest=day(1)), 1)
    assert [(file.path, file.rows) for file in intake.files["drop_exports"]] == [
        ("exports/a.csv", 1), ("exports/b.csv", 0),
    ]  # fmt: skip
    folder.drop("exports/c.csv", 1)
    assert came(folder.read()).files == 0


def test_a_file_that_grew_says_what_is_new(folder: Folder) -> None:
    folder.drop("exports/a.csv", 1)
    folder.read()
    folder.drop("exports/a.csv", 1, 2)
    intake = folder.read()
    assert (came(intake).files, came(intake).rows, folder.held()) == (1, 2, 2)
    assert [each.rows for each in intake.data_files] == [1]


@pytest.mark.parametrize(
    ("ago", "left"),
    [(0, 1), (QUIET_SECONDS - 1, 1), (QUIET_SECONDS, 0), (-1, 0)],
    ids=["now", "not yet quiet", "quiet", "dated ahead"],
)
def test_a_file_that_was_touched_a_moment_ago_is_left(folder: Folder, ago: float, left: int) -> None:
    folder.drop("exports/a.csv", 1, ago=ago)
    folder.drop("exports/b.csv", 2)
    intake = folder.read()
    assert (came(intake).left, came(intake).files, folder.held()) == (left, 2 - left, 2 - left)


def test_a_file_that_is_written_again_while_it_is_read_is_left_and_what_was_known_of_it_stays(folder: Folder) -> None:
    folder.drop("exports/a.csv", 1)
    first = folder.read()
    folder.drop("exports/a.csv", 1, 2)

    def written_meanwhile() -> datetime:
        folder.drop("exports/a.csv", 1, 2, 3, ago=1_800)
        return NOW

    intake = folder.read(now=written_meanwhile)
    assert (came(intake), intake.data_files) == (DroppedFiles(left=1, newest=day(1)), [])
    assert intake.files == first.files


def test_a_file_that_is_taken_away_while_it_is_read_is_left(folder: Folder) -> None:
    path = folder.drop("exports/a.csv", 1)

    def taken_away() -> datetime:
        path.unlink(missing_ok=True)
        return NOW

    intake = folder.read(now=taken_away)
    assert (came(intake), intake.files) == (DroppedFiles(left=1), {"drop_exports": []})


def test_files_that_are_hidden_or_open_elsewhere_are_none(folder: Folder) -> None:
    for name in (".a.csv", "~$a.csv"):
        folder.drop(f"exports/{name}", 1)
    (folder.home / "exports" / "folder.csv").mkdir()
    assert folder.read().files == {"drop_exports": []}


def test_files_that_cannot_be_read_are_named_every_time(folder: Folder) -> None:
    folder.drop("exports/a.csv", text="who\n")
    folder.drop("exports/b.csv", text='at,who,what\n"')
    folder.drop("exports/c.csv", 1)
    broken = (BrokenFile("exports/a.csv", "MP-324"), BrokenFile("exports/b.csv", "MP-323"))
    assert came(folder.read()) == DroppedFiles(files=1, rows=1, broken=broken, newest=day(1))
    assert came(folder.read()) == DroppedFiles(broken=broken, newest=day(1))


def test_a_broken_content_is_not_taken_for_one_that_was_read(folder: Folder) -> None:
    folder.drop("exports/a.csv", text="who\n")
    folder.read()
    folder.drop("exports/b.csv", text="who\n")
    assert [one.file for one in came(folder.read()).broken] == ["exports/a.csv", "exports/b.csv"]


def test_rows_that_say_nothing_are_counted_over_all_files_and_listed_to_a_limit(folder: Folder) -> None:
    bad = "2026-11-01 09:00,nobody,visit\n"
    folder.drop("exports/a.csv", text="at,who,what\n" + bad * (LISTED_MAX - 1) + "2026-11-02 09:00,a@x.jp,visit\n")
    folder.drop("exports/b.csv", text="at,who,what\n" + "soon,a@x.jp,visit\n" * 2 + "2026-11-03 09:00,a@x.jp,\n")
    intake = folder.read()
    told = came(intake)
    assert (told.files, told.rows, told.refused, told.newest) == (2, LISTED_MAX + 3, LISTED_MAX + 2, day(2))
    assert [file.refused for file in intake.files["drop_exports"]] == [LISTED_MAX - 1, 3]
    assert told.listed == (
        *(EmptyRow("exports/a.csv", number, "MP-312") for number in range(1, LISTED_MAX)),
        EmptyRow("exports/b.csv", 1, "MP-313"),
    )


def test_each_folder_is_told_by_itself_and_objects_of_the_org_are_none(folder: Folder) -> None:
    folder.drop("exports/a.csv", 1)
    folder.drop("others/a.csv", 1, 2)
    intake = folder.read(ActivitySource("Task", ("WhoId",), "CreatedDate"), SOURCE, OTHER)
    assert {name: told.rows for name, told in intake.came.items()} == {"exports/*.csv": 1, "others/*.csv": 2}
    assert [mark.object for mark in intake.marks] == ["drop_exports", "drop_others"]
    assert list(intake.files) == ["drop_exports", "drop_others"]


def test_a_folder_may_name_the_zone_of_its_times(folder: Folder) -> None:
    folder.drop("exports/a.csv", 1)
    utc = ActivitySource("drop_exports", ("Prospect",), "At", files=DropFolder(
        "exports/*.csv", "who", "at", by_email=True, zone="UTC"))  # fmt: skip
    assert came(folder.read(utc)).newest == day(1) + timedelta(hours=9)
