"""Which columns are pulled."""

from dataclasses import replace

from mapping.field_map.field_map import ActivitySource, FieldMap, ObjectMap
from mapping.field_map.pulled_objects import PEOPLE, columns_of, pulled_objects


def test_every_column_is_pulled_once(lead_map: ObjectMap) -> None:
    twice = replace(lead_map, fields=(*lead_map.fields, lead_map.fields[0]))
    assert columns_of(twice) == columns_of(lead_map)
    assert len(set(columns_of(lead_map))) == len(columns_of(lead_map))


def test_a_contact_has_no_conversion(lead_map: ObjectMap) -> None:
    assert "IsConverted" not in columns_of(replace(lead_map, api_name="Contact"))


def test_two_sources_of_one_object_are_pulled_together(lead_map: ObjectMap) -> None:
    calls = ActivitySource("Task", ("WhoId",), "CreatedDate", kind="call", asset="Subject")
    letters = ActivitySource("Task", ("WhoId",), "CompletedDateTime", kind="letter")
    pulled = pulled_objects(FieldMap((lead_map,), (calls, letters)))
    assert [one.api_name for one in pulled] == ["Lead", "Task"]
    assert pulled[1].columns == (
        "Id", "IsDeleted", "SystemModstamp", "WhoId", "CreatedDate", "Subject", "CompletedDateTime",
    )  # fmt: skip


def test_every_version_has_an_id_and_a_stamp(lead_map: ObjectMap) -> None:
    for pulled in (*PEOPLE, *pulled_objects(FieldMap((lead_map,)))):
        assert {"Id", "SystemModstamp"} <= set(pulled.columns)
