"""What tests of the map ask for: a small map, and raw leads that hold what a test says and believable rest."""

from collections.abc import Callable

import polars as pl
import pytest

from engine.conditions.fields import Kind
from mapping.field_map.field_map import FieldMap, MappedField, ObjectMap
from mapping.field_map.pulled_objects import columns_of
from mapping.field_map.types import JSON, MOMENT, NUMBER, TEXT, WHOLE, YES_NO, raw_frame
from mapping.field_map.write_back import WRITE_BACK, FieldType

_TYPES = {
    "IsDeleted": YES_NO,
    "IsConverted": YES_NO,
    "SystemModstamp": MOMENT,
    "CreatedDate": MOMENT,
    "LastModifiedDate": MOMENT,
    "NumberOfEmployees": WHOLE,
    "pi__score__c": NUMBER,
} | {
    target.api_name: {FieldType.TEXT: TEXT, FieldType.NUMBER: NUMBER, FieldType.DATE_TIME: MOMENT}[target.type]
    for target in WRITE_BACK
}


@pytest.fixture
def lead_map() -> ObjectMap:
    return ObjectMap(
        "Lead",
        (
            MappedField("company", "Company", Kind.TEXT, "company", ("form",), "map.yaml:4:16"),
            MappedField("title", "Title", Kind.TEXT, "title", ("rank",), "map.yaml:5:14"),
            MappedField("employees", "NumberOfEmployees", Kind.INTEGER, where="map.yaml:6:18"),
            MappedField("ae_score", "pi__score__c", Kind.DECIMAL, where="map.yaml:7:17"),
        ),
        {target.name: target.api_name for target in WRITE_BACK},
        "map.yaml:3:5",
    )


@pytest.fixture
def field_map(lead_map: ObjectMap) -> FieldMap:
    return FieldMap((lead_map,))


@pytest.fixture
def raw_leads(lead_map: ObjectMap) -> Callable[..., pl.DataFrame]:
    """`raw_leads({"Title": "部長"}, ...)`: one raw lead for each, with the ids 00Q…1, 00Q…2, ... unless given."""

    def make(*leads: dict[str, JSON]) -> pl.DataFrame:
        records: list[dict[str, JSON]] = [
            {
                "Id": f"00Q{number:012d}EAA",
                "IsDeleted": False,
                "IsConverted": False,
                "OwnerId": "005000000000001AAA",
                "CreatedDate": "2026-11-01T00:00:00.000+0000",
                "LastModifiedDate": "2026-11-20T01:02:03.000+0000",
                "SystemModstamp": "2026-11-20T01:02:04.000+0000",
                **lead,
            }
            for number, lead in enumerate(leads, start=1)
        ]
        frame = raw_frame(records, {name: _TYPES.get(name, TEXT) for name in columns_of(lead_map)})
        read_at = pl.Series("_read_at", ["2026-11-21T00:00:00+0000"] * frame.height, dtype=TEXT)
        return frame.with_columns(read_at.str.to_datetime("%Y-%m-%dT%H:%M:%S%z", time_unit="us").cast(MOMENT))

    return make
