"""Rows of any mapped object become activities of prospects."""

from dataclasses import replace
from datetime import UTC, datetime

import polars as pl

from engine.conditions.fields import Kind
from mapping.field_map.field_map import ActivitySource, DropFolder, FieldMap, Lookup, MappedField, ObjectMap
from mapping.field_map.types import JSON, MOMENT, TEXT, YES_NO, raw_frame
from mapping.frames.activities import ACTIVITY_SCHEMA, activities, names_of, schema_of

AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
VISITS = ActivitySource(
    "Web_Activity__c", ("Lead__c",), "At__c", kind_field="Type__c", kinds={"Form": "form submission"}, asset="Asset__c"
)
MEMBERS = ActivitySource("CampaignMember", ("LeadId", "ContactId"), "At__c", kind="response", campaign="CampaignId")


def rows(*records: dict[str, JSON]) -> pl.DataFrame:
    """Rows of one prospect at one time unless a record says otherwise."""
    schema = dict.fromkeys(("Lead__c", "LeadId", "ContactId", "Type__c", "Asset__c", "CampaignId"), TEXT)
    rest: dict[str, JSON] = {"Lead__c": "00Q1", "At__c": "2026-11-21T09:30:00.000+0000", "IsDeleted": False}
    return raw_frame([{**rest, **record} for record in records], {**schema, "At__c": MOMENT, "IsDeleted": YES_NO})


def test_a_row_becomes_an_activity_of_its_kind() -> None:
    raw = rows({"Type__c": "Form", "Asset__c": "資料請求"})
    assert activities(raw, VISITS).to_dicts() == [
        {
            "prospect_id": "00Q1",
            "kind": "form submission",
            "at": AT,
            "asset": "資料請求",
            "campaign": None,
            "source": "Web_Activity__c",
        }
    ]


def test_a_kind_the_map_does_not_list_is_kept_as_it_is() -> None:
    assert activities(rows({"Type__c": "Chat"}), VISITS)["kind"].to_list() == ["Chat"]


def test_the_first_filled_lookup_names_the_prospect() -> None:
    raw = rows({"LeadId": "00Q2", "ContactId": "0031"}, {"ContactId": "0032"})
    assert activities(raw, MEMBERS)["prospect_id"].to_list() == ["0032", "00Q2"]


def test_rows_without_a_prospect_a_kind_or_a_time_and_deleted_ones_are_left_out() -> None:
    raw = rows(
        {"Type__c": "Form", "Lead__c": None},
        {"Type__c": None},
        {"Type__c": "Form", "At__c": None},
        {"Type__c": "Form", "IsDeleted": True},
    )
    assert activities(raw, VISITS).is_empty()


TYPE = MappedField("campaign type", "Type", Kind.PICKLIST, "value")
AMOUNT = MappedField("amount", "Asset__c", Kind.INTEGER)
CAMPAIGNS = pl.DataFrame({"Id": ["701A", "701B"], "IsDeleted": [False, True], "Type": ["Webinar", "Gone"]})
BY_CAMPAIGN = replace(MEMBERS, fields=(AMOUNT,), lookups=(Lookup("campaign", "CampaignId", "Campaign", (TYPE,)),))


def test_an_activity_has_its_own_fields_and_those_of_the_record_it_names() -> None:
    raw = rows(
        {"LeadId": "1", "CampaignId": "701A", "Asset__c": "1200"},
        {"LeadId": "2", "CampaignId": "701B", "Asset__c": "many"},
        {"LeadId": "3", "CampaignId": None},
        {"LeadId": "4", "CampaignId": "701A", "IsDeleted": True},
    )
    found = activities(raw, BY_CAMPAIGN, details=BY_CAMPAIGN.readable, related={"Campaign": CAMPAIGNS})
    assert found.select("prospect_id", "amount", "campaign type", "campaign type__key").rows() == [
        ("1", 1200, "Webinar", "webinar"),
        ("2", None, None, None),
        ("3", None, None, None),
    ]


def test_what_other_sources_have_is_empty_here() -> None:
    found = activities(rows({"Type__c": "Form"}), VISITS, details=BY_CAMPAIGN.readable)
    assert dict(found.schema) == schema_of(BY_CAMPAIGN.readable)
    assert found.select("amount", "campaign type", "campaign type__key").rows() == [(None, None, None)]


def test_a_map_has_each_field_of_its_activities_once() -> None:
    field_map = FieldMap((), (VISITS, BY_CAMPAIGN, replace(BY_CAMPAIGN, api_name="Event")))
    assert field_map.details == (AMOUNT, TYPE)


def test_every_source_gives_the_same_columns() -> None:
    assert [dict(activities(rows(), source).schema) for source in (VISITS, MEMBERS)] == [ACTIVITY_SCHEMA] * 2


def test_a_source_takes_only_what_passes_its_filter() -> None:
    forms = replace(VISITS, filter={"Asset__c": ("資料請求",)})
    raw = rows({"Type__c": "Form", "Asset__c": "資料請求"}, {"Type__c": "Form", "Asset__c": "見積"})
    assert activities(raw, forms)["asset"].to_list() == ["資料請求"]


def test_what_is_known_by_an_address_counts_for_each_who_has_it(lead_map: ObjectMap) -> None:
    email = MappedField("email", "Email", Kind.TEXT, "email")
    by_email = replace(lead_map, fields=(email,))
    source = replace(VISITS, files=DropFolder("a.csv", "x", "y", by_email=True))
    frame = pl.DataFrame({"id": ["1", "2", "3"], "email__key": ["a@b.jp", "a@b.jp", None]})
    raw = rows({"Type__c": "Form", "Lead__c": "a@b.jp"}, {"Type__c": "Form", "Lead__c": "c@d.jp"})
    names = names_of(frame, by_email, source)
    assert names is not None
    found = activities(raw, source, names)
    assert (found["prospect_id"].to_list(), found["source"].to_list()) == (["1", "2"], ["a.csv", "a.csv"])
    assert dict(found.schema) == ACTIVITY_SCHEMA
    assert names_of(frame, by_email, VISITS) is None
