"""Related objects, filters and files in map.yaml: what they say, and every way of getting them wrong named at its place."""

from collections.abc import Mapping

import pytest

from config.field_map.load import map_from_text
from config.words.catalogue import Language, Words
from engine.conditions.fields import Kind
from engine.errors import MapError
from mapping.field_map.field_map import ActivitySource, DropFolder, Lookup, MappedField, RelatedObject

CONTACT = """
prospects:
  Contact:
    fields:
      email: Email
      company: {related: account name}
    lookups: {account: AccountId}
related:
  Account: {fields: {name: Name, industry: Industry}}
"""
LEAD = "prospects: {Lead: {fields: {email: Email}}}\n"
TASK = "object: Task, prospect: WhoId, at: CreatedDate, kind: call"
FILES = "files: exports/*.csv, prospect: Who, at: When, kind: visit"


def complaints(text: str) -> list[str]:
    with pytest.raises(MapError) as found:
        map_from_text(text)
    for language in Language:
        Words(language).error(found.value)
    return [f"{problem.code} {problem.where.removeprefix('map.yaml:')}" for problem in found.value.problems]


def source(entry: str) -> ActivitySource:
    return map_from_text(f"{LEAD}activities:\n  - {{{entry}}}\n").activities[0]


def test_a_lookup_lends_the_fields_of_its_object() -> None:
    found = map_from_text(CONTACT)
    name = MappedField("account name", "Name", Kind.TEXT, "company", ("form",), "map.yaml:7:24")
    industry = MappedField("account industry", "Industry", Kind.PICKLIST, "value", (), "map.yaml:7:24")
    alias = MappedField("company", "Name", Kind.TEXT, "company", ("form",), "map.yaml:6:16")
    assert found.objects[0].lookups == (
        Lookup("account", "AccountId", "Account", (name, industry, alias), "map.yaml:7:24"),
    )
    assert [mapped.name for mapped in found.objects[0].readable] == [
        "email",
        "account name",
        "account industry",
        "company",
    ]


def test_a_related_object_has_fields_of_its_own() -> None:
    fields = (
        MappedField("name", "Name", Kind.TEXT, "company", ("form",), "map.yaml:9:28"),
        MappedField("industry", "Industry", Kind.PICKLIST, "value", (), "map.yaml:9:44"),
    )
    assert map_from_text(CONTACT).related == (RelatedObject("Account", fields, "map.yaml:9:12"),)


def test_a_custom_lookup_says_what_it_names() -> None:
    text = CONTACT.replace("account: AccountId", "account: {field: Partner__c, object: Account}")
    assert map_from_text(text).objects[0].lookups[0].api_name == "Partner__c"


@pytest.mark.parametrize(
    ("entry", "wanted"),
    [
        ("TaskSubtype: Call", {"TaskSubtype": ("Call",)}),
        ("TaskSubtype: [Call, Email]", {"TaskSubtype": ("Call", "Email")}),
        ("IsClosed: true", {"IsClosed": (True,)}),
        ("Status: 'true'", {"Status": ("true",)}),
        ("Status: O'Hara", {"Status": ("O'Hara",)}),
    ],
)
def test_a_filter_says_what_each_field_may_be(entry: str, wanted: Mapping[str, object]) -> None:
    assert source(f"{TASK}, filter: {{{entry}}}").filter == wanted


CAMPAIGN = "related: {Campaign: {fields: {type: Type}}}\n"
MEMBER = "object: CampaignMember, prospect: [ContactId, LeadId], at: CreatedDate, kind: response"


def with_campaign(entry: str) -> ActivitySource:
    return map_from_text(f"{LEAD}{CAMPAIGN}activities:\n  - {{{entry}}}\n").activities[0]


def test_a_campaign_that_is_mapped_lends_its_fields_to_activities() -> None:
    found = with_campaign(f"{MEMBER}, campaign: CampaignId")
    mapped = MappedField("campaign type", "Type", Kind.PICKLIST, "value", (), "map.yaml:4:5")
    assert found.lookups == (Lookup("campaign", "CampaignId", "Campaign", (mapped,), "map.yaml:4:5"),)


def test_a_campaign_that_is_not_mapped_or_no_lookup_lends_nothing() -> None:
    assert source(f"{MEMBER}, campaign: CampaignId").lookups == ()
    assert with_campaign(f"{MEMBER}, campaign: Campaign_Name__c").lookups == ()


def test_an_activity_has_fields_of_its_own_and_of_what_it_names() -> None:
    entry = f"{TASK}, fields: {{subject: Subject}}, lookups: {{drive: {{field: Campaign__c, object: Campaign}}}}"
    assert [mapped.name for mapped in with_campaign(entry).readable] == ["subject", "drive type"]


def test_another_field_of_activities_makes_another_version_of_the_map() -> None:
    digests = {
        map_from_text(f"{LEAD}{CAMPAIGN}activities: [{{{TASK}{more}}}]").digest
        for more in (
            "",
            ", fields: {a: Subject}",
            ", fields: {b: Subject}",
            ", lookups: {c: {field: C__c, object: Campaign}}",
        )
    }
    assert len(digests) == 4


def test_another_filter_makes_another_version_of_the_map() -> None:
    digests = {
        map_from_text(f"{LEAD}activities: [{{{TASK}, filter: {{Status: {value}}}}}]").digest
        for value in ("a", "b", "b")
    }
    assert len(digests) == 2


def test_files_are_read_by_their_headers() -> None:
    entry = (
        "files: exports/*.csv, prospect: メール, match: email, at: {field: 日時, format: '%d.%m.%Y'}, "
        "kind: {field: 種別, values: {閲覧: page view}}, asset: ページ, time zone: Asia/Tokyo"
    )
    found = source(entry)
    assert found.files == DropFolder(
        "exports/*.csv", "メール", "日時", "種別", "ページ", at_format="%d.%m.%Y", by_email=True, zone="Asia/Tokyo"
    )
    assert (found.prospect, found.at, found.kind_field, found.asset, found.kinds) == (
        ("Prospect",),
        "At",
        "Kind",
        "Asset",
        {"閲覧": "page view"},
    )
    assert found.label == "exports/*.csv"


def test_files_read_by_other_columns_are_read_anew() -> None:
    other = source(FILES.replace("When", "Day")).api_name
    assert source(FILES).api_name == source(FILES).api_name != other


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (CONTACT.replace("AccountId", "Partner__c"), ["MP-131 7:24"]),
        (CONTACT.replace("AccountId", "{field: X__c, object: Y__c}"), ["MP-132 7:46"]),
        (CONTACT.replace("account name", "account nmae"), ["MP-134 6:26"]),
        (CONTACT.replace("account name}", "account name, kind: text}"), ["MP-133 6:40"]),
        (CONTACT.replace("company:", "account name:"), ["MP-107 6:21"]),
        (CONTACT.replace("{account: AccountId}", "{account: {object: Account}}"), ["MP-120 7:24"]),
        (CONTACT.replace("{account:", "{a__b:"), ["MP-122 7:15"]),
        (CONTACT.replace("{fields: {name: Name, industry: Industry}}", "{}"), ["MP-120 9:12"]),
        (f"{LEAD}activities: [{{{TASK}, filter: {{Status: [a, true]}}}}]", ["MP-136 2:92"]),
        (f"{LEAD}activities: [{{{TASK}, filter: {{}}}}]", ["MP-108 2:83"]),
        (f"{LEAD}activities: [{{{TASK}, fields: {{kind: Subject}}}}]", ["MP-121 2:90"]),
        (f"{LEAD}activities: [{{{TASK}, fields: {{x: Nothing}}}}]", ["MP-124 2:87"]),
        (f"{LEAD}activities: [{{{TASK}, lookups: {{x: WhatId}}}}]", ["MP-131 2:88"]),
        (f"{LEAD}activities: [{{{MEMBER}, lookups: {{x: CampaignId}}}}]", ["MP-132 2:116"]),
        (f"{LEAD}activities: [{{{FILES}, fields: {{x: y}}}}]", ["MP-103 2:75"]),
        (f"{LEAD}activities: [{{{FILES}, match: name}}]", ["MP-135 2:82"]),
        (f"{LEAD}activities: [{{{FILES.replace('exports/*', '../x')}}}]", ["MP-137 2:22"]),
        (f"{LEAD}activities: [{{{FILES.replace('exports/*', '/x')}}}]", ["MP-137 2:22"]),
        (f"{LEAD}activities: [{{{FILES.replace('exports/*', 'C:/x')}}}]", ["MP-137 2:22"]),
        (f"{LEAD}activities: [{{{FILES.replace('exports/*', 'data/x')}}}]", ["MP-137 2:22"]),
        (f"{LEAD}activities: [{{{FILES.replace('csv', 'xlsx')}}}]", ["MP-138 2:22"]),
        (f"{LEAD}activities: [{{{FILES}, time zone: Tokio}}]", ["MP-139 2:86"]),
        (f"{LEAD}activities: [{{{FILES.replace('When', '{field: a, format: day}')}}}]", ["MP-140 2:75"]),
        (f"prospects: {{Lead: {{}}}}\nactivities: [{{{FILES}, match: email}}]", ["MP-141 1:19"]),
        (f"{LEAD}activities: [{{{FILES}, filter: {{a: b}}}}]", ["MP-103 2:75"]),
    ],
)
def test_what_is_wrong_is_named_at_its_place(text: str, found: list[str]) -> None:
    assert complaints(text) == found
