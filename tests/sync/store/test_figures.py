"""What runs came to, as it is kept."""

from datetime import UTC, datetime

from engine.changes.states import State
from engine.messages import Message
from sync.store.columns import Json
from sync.store.figures import (
    BrokenFile,
    ColumnAgreement,
    Coverage,
    Drift,
    DroppedFiles,
    DueTime,
    EmptyRow,
    Ended,
    Expired,
    Figures,
    Proposed,
    Pulled,
    Settled,
    SourceCoverage,
    Survey,
    Swept,
    TakenBack,
    Tidied,
    counts_of,
    figures_body,
    figures_from,
)

_NEWEST = datetime(2026, 11, 20, 1, 2, 3, tzinfo=UTC)
FULL = Figures(
    due=DueTime("leads", 3),
    expired=Expired(2),
    pull=Pulled(
        rows={"Lead": 3},
        new={"Lead": 2},
        fates={"Task": {"outside": 5}},
        unparsed={"Lead.NumberOfEmployees": 1},
        dropped={
            "exports/*.csv": DroppedFiles(
                1, 9, 6, 1, (BrokenFile("b.csv", "MP-324"),), (EmptyRow("a.csv", 1, "MP-312"),), _NEWEST
            )
        },
    ),
    plan=Proposed(
        4,
        {"evaluated": 9},
        "20261121T093000Z-0001",
        {"guarded": 3},
        6,
        Survey({"Lead.employees": 1}, ("Campaign",), Coverage(8, 5, {"Task": SourceCoverage(3, _NEWEST)})),
        {"score": ColumnAgreement(1, 2, 3, 4, (("A", None, 2), (1, True, 1)), 1, 5)},
    ),
    revert=TakenBack("20261121T093000Z-0002", 4, 1),
    apply=Settled({State.APPLIED: 3}, 3, 1, Message.of("wait.paused", reason="because"), is_held=True),
    sweep=Swept({"Lead": Drift(9, gone=1)}, 1, 0),
    tidied=Tidied(3),
    end=Ended("山田製作所", 12, 1500, ("SF-126",)),
)


def test_all_that_is_told_comes_back_as_it_was() -> None:
    assert figures_from(figures_body(FULL)) == FULL


def test_what_is_not_told_takes_no_room() -> None:
    assert figures_body(Figures(pull=Pulled(rows={"Lead": 1}))) == {"pull": {"rows": {"Lead": 1}}}
    assert figures_from({}) == Figures()


def test_what_another_version_told_besides_is_left_out() -> None:
    body: Json = {"pull": {"rows": {"Lead": 1}, "speed": 9}, "mood": "good"}
    assert figures_from(body) == Figures(pull=Pulled(rows={"Lead": 1}))


def test_what_expired_twice_in_a_run_is_added_up_and_the_rest_is_told_anew() -> None:
    twice = Figures().told(Expired(2)).told(Expired(3)).told(Swept({"Lead": Drift(1)})).told(Swept())
    assert (twice.expired, twice.sweep) == (Expired(5), Swept())


def test_counts_hold_nothing_that_somebody_typed() -> None:
    told = str(counts_of(FULL))
    assert not [text for text in ("because", "山田", "csv", "leads", "Campaign") if text in told]
    assert [part for part in ("'pulled'", "'proposed'", "'states'", "'drift'", "wait.paused") if part not in told] == []
