"""What a report tells of the data behind it."""

from datetime import UTC, datetime

from config.words.catalogue import Language, Words
from sync.store.figures import (
    BrokenFile,
    Coverage,
    DroppedFiles,
    EmptyRow,
    Figures,
    Proposed,
    Pulled,
    SourceCoverage,
    Survey,
)
from sync.views.heading import quality_of

FIGURES = Figures(
    pull=Pulled(
        unparsed={"Lead.NumberOfEmployees": 2},
        dropped={
            "exports/*.csv": DroppedFiles(
                files=1,
                rows=9,
                refused=6,
                left=1,
                broken=(BrokenFile("exports/b.csv", "MP-324"),),
                listed=tuple(EmptyRow("exports/a.csv", number, "MP-312") for number in range(1, 7)),
            )
        },
    ),
    plan=Proposed(
        proposed=0,
        survey=Survey(
            in_vain=("Campaign", "Account"),
            coverage=Coverage(
                8,
                5,
                {
                    "Task": SourceCoverage(3, datetime(2026, 11, 20, 1, 2, 3, tzinfo=UTC)),
                    "exports/*.csv": SourceCoverage(0),
                },
            ),
        ),
    ),
)


def test_a_reader_is_told_what_is_known_of_whom_and_what_could_not_be_read() -> None:
    words = Words(Language.ENGLISH)
    assert [words.message(message) for message in quality_of(FIGURES)] == [
        "Some activity is known for 62 % of the records.",
        "Task: known for 37 % of the records, the newest on 2026-11-20.",
        "exports/*.csv: nothing known yet.",
        "2 values that came with this run could not be read and count as empty (Lead.NumberOfEmployees: 2).",
        "Pulled and read by nothing, for no lookup names it: Campaign, Account.",
        "exports/*.csv: files read: 1, rows: 9, rows that say nothing: 6.",
        "exports/*.csv: files still being written, read next time: 1.",
        "exports/b.csv lacks columns that map.yaml names; nothing of it counts",
        *(f"exports/a.csv, row {number}: no e-mail address" for number in range(1, 6)),
    ]


def test_the_same_can_be_said_in_japanese() -> None:
    assert all(Words(Language.JAPANESE).message(message) for message in quality_of(FIGURES))


def test_a_run_that_planned_nothing_has_nothing_to_tell() -> None:
    assert quality_of(Figures()) == ()
