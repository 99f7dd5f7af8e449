"""Records of JSON and CSV become typed columns, and what does not parse is counted."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from mapping.field_map.types import DAY, JSON, MOMENT, NUMBER, TEXT, WHOLE, YES_NO, raw_frame, raw_schema, unparsed

SCHEMA = {"Name": TEXT, "Count": WHOLE, "Amount": NUMBER, "Done": YES_NO, "Day": DAY, "At": MOMENT}
NOTHING = dict.fromkeys(SCHEMA)


@pytest.mark.parametrize(
    ("record", "row"),
    [
        ({"Name": "株式会社A"}, {"Name": "株式会社A"}),
        ({"Name": ""}, {}),
        ({"Name": "#N/A"}, {"Name": "#N/A"}),
        ({"Count": 12}, {"Count": 12}),
        ({"Count": 12.0}, {"Count": 12}),
        ({"Count": "12"}, {"Count": 12}),
        ({"Amount": 1}, {"Amount": 1.0}),
        ({"Amount": "1.5"}, {"Amount": 1.5}),
        ({"Done": True}, {"Done": True}),
        ({"Done": "false"}, {"Done": False}),
        ({"Day": "2026-11-21"}, {"Day": date(2026, 11, 21)}),
        ({"At": "2026-11-21T09:30:00.000+0000"}, {"At": datetime(2026, 11, 21, 9, 30, tzinfo=UTC)}),
        ({"At": "2026-11-21T09:30:00.000Z"}, {"At": datetime(2026, 11, 21, 9, 30, tzinfo=UTC)}),
        ({"At": "2026-11-21T18:30:00.000+09:00"}, {"At": datetime(2026, 11, 21, 9, 30, tzinfo=UTC)}),
        ({"At": None, "Unasked": 1}, {}),
    ],
)
def test_a_value_has_the_type_of_its_column(record: dict[str, JSON], row: dict[str, object]) -> None:
    frame = raw_frame([record], SCHEMA)
    assert frame.to_dicts() == [{**NOTHING, **row}]
    assert unparsed([record], frame) == {}


@pytest.mark.parametrize(
    "record",
    [
        {"Count": 12.5},
        {"Count": "many"},
        {"Count": 1e300},
        {"Amount": "nan"},
        {"Amount": True},
        {"Done": "yes"},
        {"Day": "2026-02-30"},
        {"At": "yesterday"},
        {"Name": {"street": "1-1"}},
    ],
)
def test_what_does_not_parse_is_null_and_counted(record: dict[str, JSON]) -> None:
    frame = raw_frame([record], SCHEMA)
    assert frame.to_dicts() == [NOTHING]
    assert unparsed([record], frame) == dict.fromkeys(record, 1)


def test_no_records_have_the_same_columns() -> None:
    assert dict(raw_frame([], SCHEMA).schema) == SCHEMA


def test_the_types_are_those_describe_tells(shared: Path) -> None:
    describe = json.loads((shared / "fixtures/cumulusci/extracted_describe/Lead.json").read_text(encoding="utf-8"))
    wanted = ("Id", "Company", "NumberOfEmployees", "AnnualRevenue", "IsConverted", "ConvertedDate", "SystemModstamp")
    assert list(raw_schema(describe, wanted).items()) == list(
        zip(wanted, (TEXT, TEXT, WHOLE, NUMBER, YES_NO, DAY, MOMENT), strict=True)
    )


def test_a_field_describe_lacks_has_no_type() -> None:
    with pytest.raises(KeyError):
        raw_schema({"fields": []}, ["Department__c"])
