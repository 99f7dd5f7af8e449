"""Rows of any mapped object become activities of prospects."""

from datetime import UTC, datetime

import polars as pl

from mapping.activities import ACTIVITY_SCHEMA, activities
from mapping.maps import ActivitySource
from mapping.types import JSON, MOMENT, TEXT, YES_NO, raw_frame

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


def test_every_source_gives_the_same_columns() -> None:
    assert [dict(activities(rows(), source).schema) for source in (VISITS, MEMBERS)] == [ACTIVITY_SCHEMA] * 2
