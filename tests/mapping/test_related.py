"""Fields of the records that prospects name: read like their own, unknown where nobody is there to tell."""

from collections.abc import Callable
from dataclasses import replace

import polars as pl
import pytest

from engine.conditions.fields import Kind
from mapping.field_map.field_map import FieldMap, Lookup, MappedField, ObjectMap, RelatedObject
from mapping.field_map.pulled_objects import columns_of, pulled_objects
from mapping.frames.columns import named
from mapping.frames.prospects import absent_columns, prospects

RawLeads = Callable[..., pl.DataFrame]
FIRST, SECOND, THIRD = ("001000000000001AAA", "001000000000002AAA", "001000000000003AAA")
NAME = MappedField("name", "Name", Kind.TEXT, "company", ("form",))
TAGS = MappedField("tags of it", "Tags__c", Kind.TAGS)
ACCOUNT = Lookup(
    "account",
    "Phone",  # any text field will do
    "Account",
    (replace(NAME, name="account name"), replace(TAGS, name="account tags"), replace(NAME, name="firm")),
)


@pytest.fixture
def with_account(lead_map: ObjectMap) -> ObjectMap:
    return replace(lead_map, lookups=(ACCOUNT,))


@pytest.fixture
def raw(raw_leads: RawLeads) -> pl.DataFrame:
    return raw_leads({}, {}, {}, {}).with_columns(Phone=pl.Series([FIRST, SECOND, None, THIRD]))


@pytest.fixture
def accounts() -> dict[str, pl.DataFrame]:
    return {
        "Account": pl.DataFrame(
            {
                "Id": [FIRST, SECOND],
                "IsDeleted": [False, True],
                "Name": ["株式会社山田製作所", "Gone"],
                "Tags__c": [None, "a"],
            },
            schema_overrides={"Tags__c": pl.String},
        )
    }


def test_a_related_field_is_a_column_with_its_key(
    raw: pl.DataFrame, with_account: ObjectMap, accounts: dict[str, pl.DataFrame]
) -> None:
    frame = prospects(raw, with_account, FieldMap((with_account,)), accounts)
    assert frame["account name"].to_list() == ["株式会社山田製作所", None, None, None]
    assert frame["account name__key"].to_list() == ["山田製作所", None, None, None]
    assert frame["firm"].to_list() == frame["account name"].to_list()


def test_of_a_missing_record_even_tags_are_unknown(
    raw: pl.DataFrame, with_account: ObjectMap, accounts: dict[str, pl.DataFrame]
) -> None:
    frame = prospects(raw, with_account, FieldMap((with_account,)), accounts)
    assert frame["account tags"].to_list() == ["", None, None, None]


def test_nothing_known_of_an_object_leaves_its_fields_empty(raw: pl.DataFrame, with_account: ObjectMap) -> None:
    frame = prospects(raw, with_account, FieldMap((with_account,)))
    assert frame["account name"].to_list() == [None] * 4
    assert frame.schema["account name"] == pl.String()


def test_the_records_named_are_asked_for_once_each(raw: pl.DataFrame, with_account: ObjectMap) -> None:
    twice = pl.concat([raw, raw])
    assert named(twice, with_account.lookups) == {"Account": [FIRST, SECOND, THIRD]}


def test_no_rule_can_set_what_belongs_to_another_record(with_account: ObjectMap) -> None:
    columns = absent_columns(FieldMap((with_account,)), with_account)
    assert {"account name", "account name__key", "account tags", "firm"} <= columns
    assert "company" not in columns


def test_a_related_object_is_pulled_with_its_fields_and_the_lookup_with_the_prospect(with_account: ObjectMap) -> None:
    field_map = FieldMap((with_account,), related=(RelatedObject("Account", (NAME, TAGS)),))
    pulled = {one.api_name: one.columns for one in pulled_objects(field_map)}
    assert pulled["Account"] == ("Id", "IsDeleted", "SystemModstamp", "Name", "Tags__c")
    assert "Phone" in columns_of(with_account)
