"""What a report tells of the data behind it."""

from config.words.catalogue import Language, Words
from sync.views.quality import quality_of

FIGURES = {
    "coverage": {
        "prospects": 8,
        "known": 5,
        "sources": {
            "Task": {"prospects": 3, "newest": "2026-11-20T01:02:03+00:00"},
            "exports/*.csv": {"prospects": 0, "newest": None},
        },
    },
    "unparsed": {"Lead.NumberOfEmployees": 2},
    "in_vain": ["Campaign", "Account"],
    "files": {
        "exports/*.csv": {
            "files": 1, "rows": 9, "refused": 6, "left": 1, "broken": [{"file": "exports/b.csv", "code": "MP-324"}],
            "listed": [{"file": "exports/a.csv", "row": number, "code": "MP-312"} for number in range(1, 7)],
        },
    },
}  # fmt: skip


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
    assert quality_of({}) == ()
