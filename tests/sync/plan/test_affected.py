"""Whom a plan of a part looks at: by what the audit says of records, by what pulls brought, by whose time has come."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from engine.conditions.fields import Kind
from engine.plan.follow_ups import FollowUp
from engine.plan.guards import Weight
from mapping.field_map.field_map import (
    ActivitySource,
    DropFolder,
    FieldMap,
    Lookup,
    MappedField,
    ObjectMap,
    RelatedObject,
)
from sync.mirror.mirror import Mirror
from sync.plan.affected import ENTRIES_MAX, Affected
from sync.store import audit, checkpoints, data_files, runs
from sync.store.audit import Entry
from sync.store.checkpoints import Checkpoint
from sync.store.data_files import DataFile
from sync.store.database import Store
from sync.store.events import Event
from sync.store.holders import Holder
from sync.store.vocabulary import RunVerb

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)

AT = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
EMAIL = MappedField("email", "Email", Kind.TEXT, key="email")
INDUSTRY = MappedField("account industry", "Industry", Kind.TEXT)
ACCOUNT = Lookup("account", "AccountId", "Account", (INDUSTRY,))
VISITS = DropFolder("visits/*.csv", "who", "at", by_email=True)
SIGNS = DropFolder("signs/*.csv", "who", "at")
MAP = FieldMap(
    (ObjectMap("Contact", (), lookups=(ACCOUNT,)), ObjectMap("Lead", (EMAIL,))),
    (
        ActivitySource("Task", ("WhoId", "Lead__c"), "CreatedDate"),
        ActivitySource("Event", ("WhoId",), "CreatedDate", lookups=(Lookup("campaign", "CampaignId", "Campaign"),)),
        ActivitySource("drop-0000000000000001", ("Prospect",), "At", files=VISITS),
        ActivitySource("drop-0000000000000002", ("Prospect",), "At", files=SIGNS),
    ),
    related=(RelatedObject("Account", (INDUSTRY,)), RelatedObject("Campaign", ()), RelatedObject("Product2", ())),
)


def key(number: int) -> str:
    return f"00Q{number:012d}EAA"


@dataclass
class Past:
    """What has happened since a plan was made, in a store and a mirror."""

    mirror: Mirror
    here: Holder
    plan_id: str = ""
    seen: int = 0
    pulls: list[DataFile] = field(default_factory=list)

    @property
    def store(self) -> Store:
        return self.mirror.store

    def plan(self) -> str:
        """A plan that the next goes on from: of what is there by now."""
        with self.store.transaction() as tx:
            self.plan_id = runs.start(tx, verb=RunVerb.PLAN, at=AT, holder=self.here)
            self.seen = audit.head(tx).count
        return self.plan_id

    def bring(self, name: str, *rows: dict[str, Any], stamp: datetime = AT) -> str:
        """A pull of rows by Id; the path of its data file."""
        with self.store.transaction() as tx:
            run = runs.start(tx, verb=RunVerb.PLAN, at=AT, holder=self.here)
            sequence = runs.sequence_of(tx, run)
        known = dict.fromkeys(name for row in rows for name in row)
        frame = pl.DataFrame([{**dict.fromkeys(known), "IsDeleted": False, **row} for row in rows])
        written = self.mirror.write(
            name, frame.with_columns(pl.lit(stamp).alias("SystemModstamp")), run=run, pull=sequence, read_at=AT
        )
        assert written
        with self.store.transaction() as tx:
            data_files.add_pull(tx, run=run, at=AT, data_files=[written], watermarks=[])
        return written.path

    def tell(self, event: Event, **facts: Any) -> None:
        with self.store.transaction() as tx:
            audit.append(tx, [Entry(event, AT, facts=facts)])

    def leave(self, **left: FollowUp) -> None:
        with self.store.transaction() as tx:
            checkpoints.leave(tx, left, looked_at=())

    def affected(self, *, records_max: int = 100, at: datetime = AT, until: int | None = None) -> Sequence[str] | None:
        checkpoint = Checkpoint(self.plan_id, self.plan_id, AT, "", self.seen, Weight())
        with self.store.read() as tx:
            count = audit.head(tx).count
        made = Affected(self.store, self.mirror, MAP, checkpoint, records_max)
        return made.records(at=at, until=count if until is None else until)


@pytest.fixture
def past(store: Store, here: Holder, tmp_path: Path) -> Past:
    made = Past(Mirror(tmp_path / "mirror", store), here)
    made.plan()
    return made


def test_where_nothing_happened_nobody_is_looked_at(past: Past) -> None:
    past.tell(Event.PLAN_DROPPED, plan=past.plan_id)
    past.tell(Event.RESUMED, pause=1)
    assert past.affected() == ()


def test_whom_the_audit_names_is_looked_at_once_and_in_order(past: Past) -> None:
    past.tell(Event.CHANGE_MOVED, record=key(3))
    past.tell(Event.CHANGE_NOTED, record=key(1))
    past.tell(Event.QUIET_LIFTED, record=key(2))
    past.tell(Event.GIVEN_BACK, record=key(3))
    assert past.affected() == (key(1), key(2), key(3))


def test_what_the_plan_itself_proposed_is_as_it_left_it(past: Past) -> None:
    past.tell(Event.CHANGE_PROPOSED, record=key(1), plan=past.plan_id)
    past.tell(Event.CHANGE_PROPOSED, record=key(2), plan="20261120T030000Z-0099")
    past.tell(Event.CHANGE_MOVED, record=key(3), plan=past.plan_id)
    assert past.affected() == (key(2), key(3))


def test_what_was_seen_already_and_what_comes_too_late_is_of_other_plans(past: Past) -> None:
    for number in (1, 2, 3):
        past.tell(Event.CHANGE_NOTED, record=key(number))
    past.seen += 1
    assert past.affected(until=past.seen + 1) == (key(2),)


def test_whose_time_has_come_is_looked_at(past: Past) -> None:
    past.leave(
        **{
            key(1): FollowUp(due_at=AT),
            key(2): FollowUp(due_at=AT + MINUTE),
            key(3): FollowUp(is_next=True),
            key(4): FollowUp(is_quiet=True),
        }
    )
    assert past.affected() == (key(1), key(3))
    assert past.affected(at=AT + MINUTE) == (key(1), key(2), key(3))


@pytest.mark.parametrize(("most", "few"), [(3, True), (2, False)])
def test_of_too_many_everybody_is_looked_at(past: Past, most: int, *, few: bool) -> None:
    for number in (1, 2, 3):
        past.tell(Event.CHANGE_NOTED, record=key(number))
    assert (past.affected(records_max=most) is not None) is few


@pytest.mark.parametrize(("most", "few"), [(3, True), (2, False)])
def test_of_too_many_whose_time_has_come_too(past: Past, most: int, *, few: bool) -> None:
    past.leave(**{key(number): FollowUp(is_next=True) for number in (1, 2, 3)})
    assert (past.affected(records_max=most) is not None) is few


@pytest.mark.parametrize(("most", "few"), [(3, True), (2, False)])
def test_of_too_many_rows_too_whomever_they_concern(past: Past, most: int, *, few: bool) -> None:
    past.bring("Task", *({"Id": f"t{number}", "WhoId": key(1)} for number in (1, 2, 3)))
    assert (past.affected(records_max=most) == (key(1),)) is few


def test_due_named_and_brought_are_counted_together(past: Past) -> None:
    past.leave(**{key(1): FollowUp(is_next=True)})
    past.tell(Event.CHANGE_NOTED, record=key(2))
    past.bring("Lead", {"Id": key(3)})
    assert past.affected(records_max=3) == (key(1), key(2), key(3))
    assert past.affected(records_max=2) is None


@pytest.mark.parametrize(("entries", "few"), [(ENTRIES_MAX, True), (ENTRIES_MAX + 1, False)])
def test_far_behind_everybody_is_looked_at(past: Past, entries: int, *, few: bool) -> None:
    assert (past.affected(until=past.seen + entries) is not None) is few


def test_prospects_that_came_are_looked_at(past: Past) -> None:
    past.bring("Lead", {"Id": key(2)}, {"Id": key(1)})
    past.bring("Lead", {"Id": key(1)}, stamp=AT + MINUTE)
    past.bring("Contact", {"Id": key(3), "AccountId": None})
    assert past.affected() == (key(1), key(2), key(3))


def test_an_activity_concerns_whose_it_is_and_whose_it_was(past: Past) -> None:
    past.bring("Task", {"Id": "t1", "WhoId": None, "Lead__c": key(1)}, {"Id": "t2", "WhoId": key(8), "Lead__c": key(9)})
    past.plan()
    past.bring("Task", {"Id": "t1", "WhoId": key(2), "Lead__c": key(7)}, stamp=AT + MINUTE)
    assert past.affected() == (key(1), key(2))


def test_a_related_record_concerns_prospects_that_name_it_if_more_than_its_stamp_changed(past: Past) -> None:
    past.bring(
        "Contact",
        {"Id": key(1), "AccountId": "a1"},
        {"Id": key(2), "AccountId": "a2"},
        {"Id": key(3), "AccountId": "a1"},
    )
    past.bring("Account", {"Id": "a1", "Industry": "Steel"}, {"Id": "a2", "Industry": "Glass"})
    past.plan()
    past.bring("Account", {"Id": "a1", "Industry": "Paper"}, {"Id": "a2", "Industry": "Glass"}, stamp=AT + MINUTE)
    assert past.affected() == (key(1), key(3))


def test_a_record_that_activities_name_concerns_their_prospects(past: Past) -> None:
    past.bring(
        "Event", {"Id": "e1", "WhoId": key(1), "CampaignId": "c1"}, {"Id": "e2", "WhoId": key(2), "CampaignId": "c2"}
    )
    past.plan()
    past.bring("Campaign", {"Id": "c1"})
    assert past.affected() == (key(1),)


def test_a_dropped_row_concerns_whoever_ever_had_its_address(past: Past) -> None:
    past.bring("Lead", {"Id": key(1), "Email": "A@x.jp"}, {"Id": key(2), "Email": "b@x.jp"})
    past.bring("Contact", {"Id": key(4), "AccountId": None, "Email": "a@x.jp"})
    past.bring("Lead", {"Id": key(1), "Email": "other@x.jp"}, {"Id": key(3), "Email": "a@x.jp"}, stamp=AT + MINUTE)
    past.plan()
    past.bring("drop-0000000000000001", {"Id": "v1", "Prospect": "a@x.jp"})
    assert past.affected() == (key(1), key(3))


def test_a_dropped_row_may_name_its_prospect_by_id(past: Past) -> None:
    past.bring("drop-0000000000000002", {"Id": "s1", "Prospect": key(4)})
    assert past.affected() == (key(4),)


@pytest.mark.parametrize("name", ["User", "Group", "Product2"])
def test_of_people_and_of_what_nobody_names_nobody_is_looked_at(past: Past, name: str) -> None:
    past.bring(name, {"Id": "x1"})
    past.bring("Lead", {"Id": key(1)})
    assert past.affected() == (key(1),)


def test_of_an_object_out_of_the_map_nobody_can_tell_whom_it_concerns(past: Past) -> None:
    past.bring("Case", {"Id": "x1"})
    assert past.affected() is None


def test_data_files_that_are_replaced_by_now_tell_nobody(past: Past) -> None:
    past.bring("Lead", {"Id": key(1)})
    with past.store.transaction() as tx:
        gone = data_files.listed(tx, "Lead")
        data_files.replace(
            tx, run=past.plan_id, at=AT, written=[replace(gone[0], path="Lead/other.parquet")], replaced=gone
        )
        data_files.retire(tx, gone, at=AT)
    assert past.affected() is None
