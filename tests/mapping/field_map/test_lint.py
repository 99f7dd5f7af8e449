"""What a map says in vain."""

from engine.errors import Problem
from mapping.field_map.check import lints
from mapping.field_map.field_map import ActivitySource, FieldMap, Lookup, ObjectMap, RelatedObject

RELATED = tuple(RelatedObject(name, (), f"map.yaml:{line}:3") for line, name in ((7, "Account"), (8, "Campaign")))


def test_a_related_object_that_nothing_names_is_told() -> None:
    contact = ObjectMap("Contact", (), lookups=(Lookup("account", "AccountId", "Account"),))
    assert lints(FieldMap((contact,), related=RELATED)) == (Problem("MP-401", "map.yaml:8:3", {"object": "Campaign"}),)


def test_what_activities_name_is_read() -> None:
    member = ActivitySource(
        "CampaignMember", ("LeadId",), "CreatedDate", lookups=(Lookup("c", "CampaignId", "Campaign"),)
    )
    contact = ObjectMap("Contact", (), lookups=(Lookup("account", "AccountId", "Account"),))
    assert lints(FieldMap((contact,), (member,), related=RELATED)) == ()
