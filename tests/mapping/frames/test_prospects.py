"""Raw leads become the engine's frame: identity, mapped fields with keys and facets, what the org holds."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import polars as pl
import pytest

from engine.conditions.fields import IDENTITY_COLUMNS, Kind
from mapping.field_map.field_map import FieldMap, MappedField, ObjectMap
from mapping.field_map.types import NUMBER, TEXT
from mapping.frames.columns import typed
from mapping.frames.prospects import absent_columns, prospects, unfit

RawLeads = Callable[..., pl.DataFrame]


def test_a_lead_becomes_a_prospect(raw_leads: RawLeads, lead_map: ObjectMap) -> None:
    raw = raw_leads(
        {"Company": "㈱日立", "Title": "部長代理", "NumberOfEmployees": 300, "Grade__c": "B+", "Grade_Rank__c": 9.0}
    )
    assert prospects(raw, lead_map, FieldMap((lead_map,))).row(0, named=True) == {
        "id": "00Q000000000001EAA",
        "object": "Lead",
        "owner_id": "005000000000001AAA",
        "created_at": datetime(2026, 11, 1, tzinfo=UTC),
        "modified_at": datetime(2026, 11, 20, 1, 2, 3, tzinfo=UTC),
        "stamp": datetime(2026, 11, 20, 1, 2, 4, tzinfo=UTC),
        "read_at": datetime(2026, 11, 21, tzinfo=UTC),
        "is_converted": False,
        "company": "㈱日立",
        "company__key": "日立",
        "company__form": "株式会社",
        "title": "部長代理",
        "title__key": "部長代理",
        "title__rank": 5,
        "employees": 300,
        "ae_score": None,
        **{f"org__{target}": None for target in lead_map.write_back},
        "org__grade": "B+",
        "org__grade_rank": 9,
    }


def test_the_identity_comes_first_and_in_its_order(raw_leads: RawLeads, lead_map: ObjectMap) -> None:
    assert (
        tuple(prospects(raw_leads({}), lead_map, FieldMap((lead_map,))).columns[: len(IDENTITY_COLUMNS)])
        == IDENTITY_COLUMNS
    )


def test_no_leads_have_the_same_columns(raw_leads: RawLeads, lead_map: ObjectMap) -> None:
    none, one = (prospects(raw, lead_map, FieldMap((lead_map,))) for raw in (raw_leads(), raw_leads({"Title": "部長"})))
    assert none.schema == one.schema


def test_prospects_are_ordered_by_id_and_deleted_ones_left_out(raw_leads: RawLeads, lead_map: ObjectMap) -> None:
    raw = raw_leads({"Id": "00Q000000000009EAA"}, {"IsDeleted": True}, {"Id": "00Q000000000003EAA"})
    assert prospects(raw, lead_map, FieldMap((lead_map,)))["id"].to_list() == [
        "00Q000000000003EAA",
        "00Q000000000009EAA",
    ]


def test_a_placeholder_has_no_key_and_people_still_see_it(raw_leads: RawLeads, lead_map: ObjectMap) -> None:
    frame = prospects(raw_leads({"Company": "個人"}), lead_map, FieldMap((lead_map,)))
    assert frame.select("company", "company__key").row(0) == ("個人", None)


def test_an_object_without_conversion_is_never_converted(raw_leads: RawLeads, lead_map: ObjectMap) -> None:
    contacts = replace(lead_map, api_name="Contact")
    frame = prospects(raw_leads({}).drop("IsConverted"), contacts, FieldMap((contacts,)))
    assert frame.select("object", "is_converted").row(0) == ("Contact", False)


def test_a_field_that_only_another_object_has_is_there_and_empty(raw_leads: RawLeads, lead_map: ObjectMap) -> None:
    """One rulebook reads leads and contacts; both frames have every column, of one type."""
    contacts = ObjectMap(
        "Contact",
        (
            MappedField("company", "Company", Kind.TEXT, "company", ("form",)),
            MappedField("department", "Title", Kind.TEXT, "department", ("function",)),
            MappedField("birthday", "LastModifiedDate", Kind.DATE),
        ),
        lead_map.write_back,
    )
    both = FieldMap((lead_map, contacts))
    raw = raw_leads({"Title": "製造部"})
    leads, people = (prospects(raw, entry, both) for entry in both.objects)
    assert dict(leads.schema) == dict(people.schema)
    empty = ("department", "department__key", "department__function", "birthday")
    assert leads.select(empty).row(0) == (None, None, None, None)
    assert people.select(empty[:3]).row(0) == ("製造部", "製造部", "production")
    assert absent_columns(both, lead_map) == set(empty)


def test_a_single_object_lacks_nothing(lead_map: ObjectMap) -> None:
    assert absent_columns(FieldMap((lead_map,)), lead_map) == frozenset()


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        (Kind.TEXT, pl.Series(["a"]), "a"),
        (Kind.INTEGER, pl.Series([12.0]), 12),
        (Kind.INTEGER, pl.Series([12.5]), None),
        (Kind.INTEGER, pl.Series(["300"]), 300),
        (Kind.INTEGER, pl.Series(["100～299名"]), None),
        (Kind.DECIMAL, pl.Series([3]), 3.0),
        (Kind.BOOLEAN, pl.Series(["true"]), True),
        (Kind.DATE, pl.Series(["2026-11-21"]), date(2026, 11, 21)),
        (Kind.DATE, pl.Series(["R8.11.21"]), None),
        (Kind.GRADE, pl.Series(["A+"]), 12),
        (Kind.GRADE, pl.Series(["D"]), 2),
        (Kind.GRADE, pl.Series(["E"]), None),
        (Kind.TAGS, pl.Series(["展示会;VIP"]), ";展示会;VIP;"),
        (Kind.TAGS, pl.Series([None], dtype=TEXT), ""),
    ],
)
def test_a_raw_value_becomes_its_kind_or_null(kind: Kind, raw: pl.Series, value: object) -> None:
    assert typed(raw, kind).to_list() == [value]


def test_values_that_do_not_fit_their_kind_are_counted(raw_leads: RawLeads, lead_map: ObjectMap) -> None:
    size = MappedField("size", "Title", Kind.INTEGER)
    raw = raw_leads({"Title": "100～299名"}, {"Title": "300"}, {"Title": None})
    assert unfit(raw, replace(lead_map, fields=(size, *lead_map.fields[2:]))) == {"Title": 1}


def test_a_number_that_is_wanted_whole_may_be_empty() -> None:
    assert typed(pl.Series([None, 1.0], dtype=NUMBER), Kind.INTEGER).to_list() == [None, 1]
