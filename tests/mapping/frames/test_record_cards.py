"""What people recognise a record by, and who holds it."""

from collections.abc import Callable
from dataclasses import replace

import polars as pl
import pytest

from mapping.field_map.field_map import ObjectMap
from mapping.frames.record_cards import Card, card_of, holdings, open_holdings

RawLeads = Callable[..., pl.DataFrame]


@pytest.mark.parametrize(
    ("row", "card"),
    [
        ({"Name": "佐藤 花子", "LastName": "佐藤"}, Card("Lead", name="佐藤 花子")),
        ({"LastName": "佐藤", "FirstName": "花子"}, Card("Lead", name="佐藤 花子")),
        ({"LastName": "佐藤", "FirstName": None, "Company": "日立"}, Card("Lead", name="佐藤", company="日立")),
        ({"Name": None, "Company": None}, Card("Lead")),
        (
            {"Persona__c": "決裁者", "Grade__c": "B+", "Score__c": 120.0},
            Card("Lead", persona="決裁者", grade="B+", score=120),
        ),
        ({"Score__c": 0.0}, Card("Lead", score=0)),
    ],
)
def test_a_card_says_what_is_known(row: dict[str, object], card: Card, lead_map: ObjectMap) -> None:
    assert card_of(row, lead_map) == card


def test_decisions_are_read_where_the_map_writes_them(lead_map: ObjectMap) -> None:
    renamed = replace(lead_map, write_back={"grade": "My_Grade__c"})
    assert card_of({"My_Grade__c": "A", "Grade__c": "F", "Score__c": 3.0}, renamed) == Card("Lead", grade="A")


def test_converted_and_deleted_records_are_nobodys_work(raw_leads: RawLeads) -> None:
    raw = raw_leads({}, {"IsConverted": True}, {"IsDeleted": True}).lazy()
    assert holdings(raw).select("is_deleted", "is_converted").collect().rows() == [
        (False, False),
        (False, True),
        (True, False),
    ]
    assert open_holdings(raw).collect()["id"].to_list() == ["00Q000000000001EAA"]


def test_an_object_without_conversion_and_owners_is_held_by_nobody(raw_leads: RawLeads) -> None:
    raw = raw_leads({}).drop("IsConverted", "OwnerId").lazy()
    assert open_holdings(raw).collect().rows() == [("00Q000000000001EAA", None, False, False)]
