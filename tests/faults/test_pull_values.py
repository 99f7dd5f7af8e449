"""What is in the records, come what may: texts, dates and ids as the org has them (rows P9, P11, P18, P19 and P20)."""

import json
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from mapping.field_map.types import DAY, MOMENT, raw_frame
from mapping.frames.csv_cells import frame_of_cells
from mapping.ids import id18
from sync.run import begin
from sync.sandbox.database import Record
from sync.sandbox.faults import Fault, FaultKind
from sync.sandbox.worlds import World
from sync.store.vocabulary import RunVerb
from tests.scenes import begun
from tests.stage import RULEBOOK, Stage, snapshot

TEXTS = (
    '"quoted", and not',
    '"',
    '""',
    "lone\rreturn",
    "two\nlines\r\nthree",
    "nul\0byte",
    "#N/A",
    "null",
    "絵文字🎌",
    "two  spaces",
    "=1+1",
    "tab\there",
    "back\\slash",
    ",",
)
FIELDS = ("Company", "Title", "Department__c", "State", "Country", "Phone", "MobilePhone")
# Days on which somewhere a clock is put forward or back, and those at which a year turns.
DAYS = (
    "2026-03-08", "2026-11-01", "2026-03-29", "2026-10-25", "2026-04-05", "2026-10-04", "2024-02-29", "2025-12-31",
    "2026-01-01",
)  # fmt: skip
ZONES = (
    *(f"Etc/GMT{offset:+d}" for offset in range(-14, 13)),
    "America/New_York", "Europe/London", "Australia/Lord_Howe", "Asia/Tokyo",
)  # fmt: skip


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """An empty org that was pulled once."""
    with begun(tmp_path / "folder", Stage.pull, rulebook=RULEBOOK) as stage:
        yield stage


@pytest.fixture(params=["rest", "bulk"])
def org(request: pytest.FixtureRequest, stage: Stage) -> Stage:
    return stage if request.param == "rest" else in_bulk(stage)


def in_bulk(stage: Stage) -> Stage:
    return stage.set_to(bulk_query_records_min=1, range_records=3)


def seen(stage: Stage, column: str, name: str = "Lead") -> dict[str, object]:
    found = stage.worker.mirror.latest(name).collect()
    return dict(zip(found["Id"], found[column], strict=True))


def put(stage: Stage, name: str, rows: Sequence[Record]) -> None:
    """Rows as they are, whatever the org would make of them."""

    def act(world: World, _: datetime) -> World:
        world.tables[name].put(*rows)
        return world

    stage.server.act(act)


def test_p11_every_text_of_every_field_comes_as_it_is(org: Stage) -> None:
    leads = {org.add_lead(**dict.fromkeys(FIELDS, text)): text for text in TEXTS}
    org.pull()
    for name in FIELDS:
        assert seen(org, name) == leads, name


@pytest.mark.long
# Of the bytes of a page: in the header, in rows, and most of all in cells that are full of commas and line breaks.
@pytest.mark.parametrize("after", [60, 700, 1_460])
@pytest.mark.parametrize("kind", [FaultKind.CUT, FaultKind.TRUNCATED])
def test_p9_a_page_cut_within_a_row_or_a_quoted_cell_is_asked_for_again(
    stage: Stage, kind: FaultKind, after: int
) -> None:
    org = in_bulk(stage)
    leads = {org.add_lead(Company=text): text for text in ("x,\n" * 80 + "z", "一行\n" * 60 + "z", '"\n' * 100 + "z")}
    org.break_with(Fault(kind, path="/results", after=after))
    org.pull()
    assert seen(org, "Company") == leads
    assert org.server.world.faults == ()


def test_p18_ids_that_differ_by_case_only_are_two_records(org: Stage) -> None:
    first = org.add_lead(Company="株式会社一")
    row = org.lead(first)
    small, large = id18(f"{first[:13]}Gy"), id18(f"{first[:13]}GY")
    put(org, "Lead", [{**row, "Id": small, "Company": "小"}, {**row, "Id": large, "Company": "大"}])
    assert small.lower() != large.lower()
    assert small[:15].lower() == large[:15].lower()
    org.pull()
    assert seen(org, "Company") == {first: "株式会社一", small: "小", large: "大"}
    org.edit("takahashi", large, Company="大きい")
    org.pull()
    assert seen(org, "Company") == {first: "株式会社一", small: "小", large: "大きい"}


def test_p18_a_file_names_them_by_15_characters(stage: Stage) -> None:
    first = stage.add_lead()
    small, large = id18(f"{first[:13]}Gy"), id18(f"{first[:13]}GY")
    put(stage, "Lead", [{**stage.lead(first), "Id": record_id} for record_id in (small, large)])
    dropped = stage.read_by(
        stage.worker.field_map.text + "\n  - {files: exports/*.csv, prospect: Who, at: At, kind: call}\n"
    )
    file = stage.folder / "exports" / "calls.csv"
    file.parent.mkdir()
    file.write_text(f"Who,At\n{small[:15]},2026-11-19\n{large[:15]},2026-11-18\n{large},2026-11-17\n", encoding="utf-8")
    dropped.advance(600)
    dropped.pull()
    (name,) = (source.api_name for source in dropped.worker.field_map.activities if source.files)
    assert sorted(map(str, seen(dropped, "Prospect", name).values())) == sorted([small, large, large])


@pytest.fixture(params=ZONES)
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Where this machine is."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


def test_p19_a_date_is_no_moment_in_any_zone(zone: str) -> None:
    schema = {"D": DAY, "At": MOMENT}
    told = [{"D": day, "At": f"{day}T00:30:00.000+0000"} for day in DAYS]
    cells = [[day, f"{day}T00:30:00.000Z"] for day in DAYS]
    for frame in (raw_frame(told, schema), frame_of_cells(["D", "At"], cells, schema)[0]):
        assert frame["D"].to_list() == [date.fromisoformat(day) for day in DAYS], zone
        assert frame["At"].to_list() == [datetime.fromisoformat(f"{day}T00:30:00+00:00") for day in DAYS], zone


@pytest.mark.parametrize("zone", ["Etc/GMT+12", "Etc/GMT-14", "America/New_York"], indirect=True)
def test_p19_rules_see_the_day_and_the_stamp_the_org_has(org: Stage, zone: str) -> None:
    org.server.act(lambda world, _: _in_zone(world, zone))
    stage = org.read_by(
        org.worker.field_map.text.replace("rating: Rating", "rating: Rating\n      last: LastActivityDate")
    )
    leads = {stage.add_lead(): day for day in DAYS}
    put(stage, "Lead", [{**stage.lead(lead), "LastActivityDate": day} for lead, day in leads.items()])
    stage.pull()
    with begin(stage.worker, RunVerb.PLAN) as run:
        found = [part.prospects for part in snapshot(run).ranges]
    days = {row[0]: row[1] for part in found for row in part.select("id", "last").iter_rows()}
    assert days == {lead: date.fromisoformat(day) for lead, day in leads.items()}
    stamps = {row[0]: row[1] for part in found for row in part.select("id", "stamp").iter_rows()}
    assert stamps == {lead: datetime.fromisoformat(str(stage.lead(lead)["SystemModstamp"])) for lead in leads}
    assert all(
        stamp.tzinfo is not None and stamp.utcoffset() == datetime.now(UTC).utcoffset() for stamp in stamps.values()
    )


def _in_zone(world: World, zone: str) -> World:
    for name in ("Organization", "User"):
        world.tables[name].put(*({**row, "TimeZoneSidKey": zone} for row in world.tables[name].rows()))
    return world


def test_p20_texts_of_the_map_are_what_they_are_in_a_query(org: Stage) -> None:
    wanted = ("O'Brien\\", "' OR Id != '", 'say "hi"', "100%", "a_b", "%", "_", "back\\'slash", "tab\there")
    decoys = ("OBrien", "O'Brien", "100x", "axb", "anything", "x", "say hi")
    listed = ", ".join(map(json.dumps, wanted))
    text = org.worker.field_map.text
    stage = org.read_by(text.replace("asset: Subject}", f"asset: Subject, filter: {{Subject: [{listed}]}}}}"))
    lead = stage.add_lead()
    for subject in (*wanted, *decoys):
        stage.add("Task", WhoId=lead, Subject=subject, Status="Completed")
    stage.pull()
    found = stage.worker.mirror.latest("Task").collect()
    assert sorted(found["Subject"]) == sorted(wanted)
