"""A filter of activities means the same in SOQL and on the rows that are here."""

import polars as pl
import pytest

from mapping.field_map.field_map import ActivitySource, FieldMap, ObjectMap
from mapping.field_map.filters import Filter, is_inside, outside_as_deleted
from mapping.field_map.pulled_objects import activity_keys, pulled_objects
from mapping.soql import select

CALLS = ActivitySource("Task", ("WhoId",), "CreatedDate", kind="call", filter={"TaskSubtype": ("Call",)})
MAILS = ActivitySource("Task", ("WhoId",), "CreatedDate", kind="mail", filter={"TaskSubtype": ("Email", "ListEmail")})


@pytest.mark.parametrize(
    ("wanted", "inside"),
    [
        ({}, [True, True, True]),
        ({"Type": ("Call",)}, [True, False, False]),
        ({"Type": ("call",)}, [True, False, False]),
        ({"Type": ("Call", "Email")}, [True, True, False]),
        ({"IsClosed": (True,)}, [True, False, False]),
        ({"Type": ("Call", "Email"), "IsClosed": (False,)}, [False, True, False]),
        ({"Id": ("00T000000000001",)}, [True, False, False]),
    ],
)
def test_a_row_is_inside_when_each_field_has_one_of_its_values(wanted: Filter, inside: list[bool]) -> None:
    raw = pl.DataFrame(
        {
            "Id": ["00T000000000001EAA", "00T000000000002EAA", "00T000000000003EAA"],
            "Type": ["Call", "Email", None],
            "IsClosed": [True, False, None],
        }
    )
    assert raw.with_columns(inside=is_inside(wanted))["inside"].to_list() == inside


def test_what_no_longer_passes_counts_as_deleted() -> None:
    raw = pl.DataFrame({"Type": ["Call", "Visit", "Email"], "IsDeleted": [False, False, True]})
    found = outside_as_deleted(raw, ({"Type": ("Call",)}, {"Type": ("Email",)}))
    assert found["IsDeleted"].to_list() == [False, True, True]


def test_without_filters_every_row_counts() -> None:
    raw = pl.DataFrame({"Type": ["Call"], "IsDeleted": [False]})
    assert outside_as_deleted(raw, ()).equals(raw)


def test_sources_of_one_object_are_pulled_by_either_filter(lead_map: ObjectMap) -> None:
    pulled = pulled_objects(FieldMap((lead_map,), (CALLS, MAILS)))[1]
    assert (pulled.filters, pulled.columns[-1]) == ((CALLS.filter, MAILS.filter), "TaskSubtype")
    assert " WHERE ((TaskSubtype = 'Call') OR (TaskSubtype IN ('Email', 'ListEmail'))) ORDER BY" in select(
        "Task", ["Id"], filters=pulled.filters
    )


def test_one_source_that_takes_everything_is_pulled_whole(lead_map: ObjectMap) -> None:
    everything = ActivitySource("Task", ("WhoId",), "CreatedDate", kind="task")
    assert pulled_objects(FieldMap((lead_map,), (CALLS, everything)))[1].filters == ()


def test_another_filter_is_another_reading(lead_map: ObjectMap) -> None:
    readings = {pulled_objects(FieldMap((lead_map,), (one,)))[1].reading for one in (CALLS, MAILS, CALLS)}
    assert len(readings) == 2


def test_a_filter_cannot_break_out_of_its_quotes() -> None:
    assert select("Task", ["Id"], filters=[{"Subject": ("x' OR Id != '", "b")}, {"IsClosed": (True,)}]) == (
        r"SELECT Id FROM Task WHERE ((Subject IN ('x\' OR Id != \'', 'b')) OR (IsClosed = true))"
        " ORDER BY SystemModstamp, Id"
    )


def test_activities_are_known_by_every_column_that_names_a_prospect(lead_map: ObjectMap) -> None:
    visits = ActivitySource("Task", ("WhoId", "Lead__c"), "CreatedDate", kind="visit")
    assert activity_keys(FieldMap((lead_map,), (CALLS, visits))) == {"Task": ("WhoId", "Lead__c")}
