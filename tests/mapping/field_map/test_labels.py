"""The org's own words: labels of fields, and picklist values by value or label."""

from dataclasses import replace

import pytest

from engine.conditions.fields import Kind
from mapping.field_map.field_map import ActivitySource, FieldMap, Lookup, MappedField, ObjectMap
from mapping.field_map.labels import labels_of, picklists_of

RATING = MappedField("rating", "Rating", Kind.PICKLIST, "value")
TITLE = MappedField("title", "Title", Kind.TEXT, "title")
LEAD = ObjectMap("Lead", (RATING, TITLE))
DESCRIBES = {
    "Lead": {
        "fields": [
            {
                "name": "Rating",
                "label": "評価",
                "type": "picklist",
                "picklistValues": [{"value": "Hot", "label": "高"}, {"value": "Warm", "label": "Hot"}],
            },
            {"name": "Title", "label": "役職", "type": "string", "picklistValues": []},
        ]
    }
}


def test_fields_go_by_the_org_s_own_labels() -> None:
    assert labels_of(FieldMap((LEAD,)), DESCRIBES) == {"rating": "評価", "title": "役職"}


def test_an_object_that_was_never_described_has_no_labels() -> None:
    assert labels_of(FieldMap((replace(LEAD, api_name="Contact"),)), DESCRIBES) == {}


@pytest.mark.parametrize(("key", "value"), [("hot", "Hot"), ("高", "Hot"), ("warm", "Warm"), ("cold", None)])
def test_a_value_counts_before_another_s_label(key: str, value: str | None) -> None:
    assert picklists_of(FieldMap((LEAD,)), DESCRIBES)["rating"].value_of(key) == value


def test_only_picklists_have_values() -> None:
    assert set(picklists_of(FieldMap((LEAD,)), DESCRIBES)) == {"rating"}


def test_a_related_picklist_has_values_too() -> None:
    lookup = Lookup("boss", "Boss__c", "Lead", (replace(RATING, name="boss rating"),))
    contacts = ObjectMap("Contact", (), lookups=(lookup,))
    assert picklists_of(FieldMap((contacts,)), DESCRIBES)["boss rating"].value_of("高") == "Hot"


def test_picklists_of_activities_have_values_and_labels_too() -> None:
    lookup = Lookup("person", "WhoId", "Lead", (replace(RATING, name="person rating"),))
    task = ActivitySource("Lead", ("Id",), "At", kind="x", fields=(replace(RATING, name="mood"),), lookups=(lookup,))
    field_map = FieldMap((), (task,))
    assert {name: found.value_of("高") for name, found in picklists_of(field_map, DESCRIBES).items()} == {
        "mood": "Hot",
        "person rating": "Hot",
    }
    assert labels_of(field_map, DESCRIBES) == {"mood": "評価", "person rating": "評価"}
