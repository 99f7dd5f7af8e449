"""The engine's names and values become what is sent."""

from dataclasses import replace

import pytest

from engine.conditions.fields import Kind
from engine.errors import MapError
from engine.values import Scalar
from engine.verdicts.registry import RIDERS
from mapping.field_map.field_map import MappedField, ObjectMap
from mapping.field_map.write_back import WRITE_BACK, FieldType, WriteBackField
from mapping.payloads import payload, shortened


def test_names_become_api_names(lead_map: ObjectMap) -> None:
    values: dict[str, Scalar] = {
        "owner": "005000000000001AAA",
        "grade": "A+",
        "grade_rank": 12,
        "company": "A",
        "run": "20261121T093000Z-0001",
    }
    assert payload(values, lead_map) == {
        "OwnerId": "005000000000001AAA",
        "Grade__c": "A+",
        "Grade_Rank__c": 12,
        "Company": "A",
        "Leadsync_Run__c": "20261121T093000Z-0001",
    }


def test_nothing_empties_a_field(lead_map: ObjectMap) -> None:
    assert payload({"grade": None, "grade_reason": None}, lead_map) == {"Grade__c": None, "Grade_Reason__c": None}


def test_a_name_of_the_map_itself_may_differ(lead_map: ObjectMap) -> None:
    renamed = replace(lead_map, write_back={**lead_map.write_back, "grade": "Fit__c"})
    assert payload({"grade": "A"}, renamed) == {"Fit__c": "A"}


@pytest.mark.parametrize("api_name", ["pi__score__c", "PI__Score__c"])
def test_a_field_of_account_engagement_is_never_written(lead_map: ObjectMap, api_name: str) -> None:
    theirs = replace(lead_map, fields=(MappedField("ae_score", api_name, Kind.DECIMAL),))
    with pytest.raises(MapError, match="MP-301"):
        payload({"ae_score": 1}, theirs)


def test_a_name_nobody_mapped_is_an_error(lead_map: ObjectMap) -> None:
    with pytest.raises(KeyError):
        payload({"shoe_size": 42}, lead_map)


TEXTS = [field for field in WRITE_BACK if field.name in RIDERS and field.type is FieldType.TEXT]


@pytest.mark.parametrize("field", TEXTS, ids=[field.name for field in TEXTS])
def test_what_rides_along_is_cut_to_its_field_and_says_so(lead_map: ObjectMap, field: WriteBackField) -> None:
    written = payload({field.name: "理" * 300}, lead_map)[field.api_name]
    assert written == "理" * (field.size - 1) + "…"


def test_nothing_else_is_cut(lead_map: ObjectMap) -> None:
    assert payload({"persona": "長" * 90}, lead_map) == {"Persona__c": "長" * 90}


@pytest.mark.parametrize(
    ("text", "size", "kept"),
    [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("𠮷𠮷", 4, "𠮷𠮷"), ("𠮷𠮷𠮷", 4, "𠮷…"), ("a𠮷𠮷", 4, "a𠮷…")],
)
def test_a_character_outside_the_basic_plane_counts_twice(text: str, size: int, kept: str) -> None:
    assert shortened(text, size) == kept
