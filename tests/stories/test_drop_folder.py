"""Activities from files people leave in a folder: every file once, nothing twice, what is bad counted and named."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from config.words.catalogue import Language, Words
from sync.doctor.examination import examine
from sync.pull.drop_folders.reader import LISTED_MAX
from sync.store import data_files, dropped_files, runs
from sync.store.figures import BrokenFile, Coverage, DroppedFiles, EmptyRow, SourceCoverage
from tests.stage import RULEBOOK, START, Stage, staged

MAP = """
prospects:
  Lead:
    fields: {title: Title, employees: NumberOfEmployees, prefecture: State, rating: Rating, email: Email}
activities:
  - {files: "exports/*.csv", prospect: Email, match: email, at: 日時, kind: {field: 種別, values: {閲覧: page view}}}
  - {files: "tables/*.parquet", prospect: lead, at: at, kind: form submission}
"""
# A visit moves the score by more than its step.
SCORING = {**RULEBOOK, "scoring.yaml": "points: {form submission: 50, page view: 10}\n"}
HEADER = "日時,Email,種別,メモ\n"
YAMADA, SATO = "yamada@example.jp", "sato@example.jp"
LONG_AGO = START.timestamp() - 86_400


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with staged(tmp_path / "leads", rulebook=SCORING, field_map=MAP) as one:
        yield one


@pytest.fixture
def lead(stage: Stage) -> str:
    return stage.add_lead(Title="課長", Email=YAMADA.upper())


def drop(stage: Stage, name: str, content: str | bytes, *, touched: float = LONG_AGO) -> Path:
    path = stage.folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    os.utime(path, (touched, touched))
    return path


def visits(*days: int, who: str = YAMADA) -> str:
    return HEADER + "".join(f'2026/11/{day:02d} 9:00,{who},閲覧,"a, b"\n' for day in days)


def score(stage: Stage, lead: str) -> object:
    return stage.lead(lead).get("Score__c")


def figures(stage: Stage, folder: str = "exports/*.csv") -> DroppedFiles:
    """What the last run tells of a folder."""
    with stage.worker.store.read() as tx:
        run = runs.run(tx, stage.run_id)
    assert run is not None
    assert run.figures.pull is not None
    return run.figures.pull.dropped[folder]


def test_visits_of_a_file_count_for_the_lead_with_that_address(stage: Stage, lead: str) -> None:
    drop(stage, "exports/november.csv", visits(1, 2, 3))
    stage.cycle()
    assert score(stage, lead) == 30
    told = figures(stage)
    assert (told.files, told.rows, told.refused, told.left) == (1, 3, 0, 0)
    assert told.newest == datetime(2026, 11, 3, tzinfo=UTC)


def test_a_file_that_was_read_is_not_read_again(stage: Stage, lead: str) -> None:
    drop(stage, "exports/november.csv", visits(1, 2, 3))
    stage.cycle()
    stage.plan()
    assert (figures(stage).files, score(stage, lead)) == (0, 30)


def test_the_same_content_under_another_name_says_nothing_new(stage: Stage, lead: str) -> None:
    drop(stage, "exports/a.csv", visits(1, 2, 3))
    stage.cycle()
    drop(stage, "exports/b.csv", visits(1, 2, 3))
    stage.cycle()
    assert (figures(stage).files, score(stage, lead)) == (0, 30)


def test_exports_that_overlap_count_nothing_twice(stage: Stage, lead: str) -> None:
    drop(stage, "exports/a.csv", visits(1, 2, 3))
    stage.cycle()
    drop(stage, "exports/b.csv", visits(2, 3, 4))
    stage.cycle()
    assert score(stage, lead) == 40


def test_two_files_of_one_run_count_nothing_twice_either(stage: Stage, lead: str) -> None:
    drop(stage, "exports/a.csv", visits(1, 2, 3))
    drop(stage, "exports/b.csv", visits(2, 3, 4))
    stage.cycle()
    assert score(stage, lead) == 40


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
def test_a_file_may_be_saved_as_japanese_programs_do(stage: Stage, lead: str, encoding: str) -> None:
    drop(stage, "exports/a.csv", visits(1, 2).encode(encoding))
    stage.cycle()
    assert score(stage, lead) == 20


def test_a_lead_that_comes_later_has_what_was_dropped_before(stage: Stage) -> None:
    drop(stage, "exports/a.csv", visits(1, 2, who=SATO))
    stage.cycle()
    late = stage.add_lead(Title="課長", Email=SATO)
    stage.cycle()
    assert score(stage, late) == 20


def test_a_file_somebody_still_writes_is_left_for_next_time(stage: Stage, lead: str) -> None:
    now = stage.server.clock.now().timestamp()
    path = drop(stage, "exports/a.csv", visits(1), touched=now + 110)  # ten seconds before the next run
    stage.cycle()
    assert (figures(stage).left, score(stage, lead)) == (1, 0)
    assert path.exists()
    stage.cycle()
    assert score(stage, lead) == 10


def test_a_file_that_grew_is_read_for_what_is_new(stage: Stage, lead: str) -> None:
    drop(stage, "exports/a.csv", visits(1))
    stage.cycle()
    drop(stage, "exports/a.csv", visits(1, 2), touched=LONG_AGO + 60)
    stage.cycle()
    assert score(stage, lead) == 20


@pytest.mark.long
@pytest.mark.parametrize(
    ("content", "code"),
    [
        (HEADER + f'2026/11/01 9:00,{YAMADA},閲覧,"cut off', "MP-323"),
        (f"When,Email\n2026/11/01,{YAMADA}\n", "MP-324"),
        ("", "MP-324"),
        (b"\x81\xff\xfe\x00", "MP-322"),
        (b"\xef\xbb\xbf" + HEADER.encode() + b"2026/11/01 9:00,a@example.com,\xff,x\n", "MP-322"),
    ],
)
def test_a_file_that_cannot_be_read_counts_for_nothing_and_is_named(
    stage: Stage, lead: str, content: str | bytes, code: str
) -> None:
    drop(stage, "exports/a.csv", content)
    drop(stage, "exports/b.csv", visits(1))
    stage.cycle()
    assert figures(stage).broken == (BrokenFile("exports/a.csv", code),)
    stage.plan()
    assert figures(stage).broken == (BrokenFile("exports/a.csv", code),)
    assert score(stage, lead) == 10


def test_doctor_names_a_file_that_cannot_be_read_until_it_is_gone(stage: Stage) -> None:
    file = drop(stage, "exports/a.csv", "a,b\n1,2\n")
    stage.plan()
    words = Words(Language.ENGLISH)
    named = [check for check in examine(stage.worker, words) if check.id == "files"]
    assert [(check.ok, "exports/a.csv" in check.said) for check in named] == [(False, True)]
    file.unlink()
    assert [check for check in examine(stage.worker, words) if check.id == "files"] == []


def test_rows_that_say_nothing_are_counted_and_named_without_what_they_hold(stage: Stage, lead: str) -> None:
    bad = "".join(f"soon,{YAMADA},閲覧,\n" for _ in range(LISTED_MAX))
    drop(stage, "exports/a.csv", visits(1) + "2026/11/02,nobody,閲覧,\n" + bad)
    stage.cycle()
    told = figures(stage)
    assert (told.rows, told.refused, score(stage, lead)) == (LISTED_MAX + 2, LISTED_MAX + 1, 10)
    assert (told.listed[0], len(told.listed)) == (EmptyRow("exports/a.csv", 2, "MP-312"), LISTED_MAX)
    assert "nobody" not in str(told)


def test_a_parquet_file_names_leads_by_their_ids(stage: Stage, lead: str) -> None:
    path = drop(stage, "tables/a.parquet", b"")
    pl.DataFrame({"lead": [lead[:15], "x"], "at": [START, START]}).write_parquet(path)
    os.utime(path, (LONG_AGO, LONG_AGO))
    stage.cycle()
    told = figures(stage, "tables/*.parquet")
    assert (score(stage, lead), told.refused) == (50, 1)


def test_half_a_parquet_file_is_named(stage: Stage) -> None:
    path = drop(stage, "tables/a.parquet", b"")
    pl.DataFrame({"lead": ["x"], "at": [START]}).write_parquet(path)
    drop(stage, "tables/a.parquet", path.read_bytes()[:40])
    stage.plan()
    assert figures(stage, "tables/*.parquet").broken == (BrokenFile("tables/a.parquet", "MP-321"),)


def test_each_folder_has_a_watermark(stage: Stage, lead: str) -> None:
    assert lead
    drop(stage, "exports/a.csv", visits(1, 3))
    stage.plan()
    source = stage.worker.field_map.activities[0].api_name
    with stage.worker.store.read() as tx:
        mark = data_files.watermark(tx, source)
        files = dropped_files.of_source(tx, source)
    assert mark is not None
    assert (mark.stamp.isoformat(), list(files)) == ("2026-11-03T00:00:00+00:00", ["exports/a.csv"])


def test_coverage_tells_which_source_says_how_much(stage: Stage, lead: str) -> None:
    assert lead
    stage.add_lead(Title="課長")
    drop(stage, "exports/a.csv", visits(1, 3))
    stage.plan()
    with stage.worker.store.read() as tx:
        run = runs.run(tx, stage.run_id)
    assert run is not None
    assert run.figures.plan is not None
    assert run.figures.plan.survey is not None
    sources = {
        "exports/*.csv": SourceCoverage(1, datetime(2026, 11, 3, tzinfo=UTC)),
        "tables/*.parquet": SourceCoverage(0),
    }
    assert run.figures.plan.survey.coverage == Coverage(2, 1, sources)
