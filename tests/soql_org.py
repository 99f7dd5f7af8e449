"""An org that is asked in SOQL for single records: what reads past the mirror needs no sandbox org."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from mapping.field_map.pulled_objects import USER
from mapping.field_map.types import Record
from mapping.soql import moment
from sync.salesforce.composite import Question
from sync.salesforce.query_pages import Page

AT = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
_MOMENTS = ("SystemModstamp", "LastModifiedDate", "CreatedDate")
_MARKS = ("IsDeleted", "IsConverted")
_TEXTS = ("Id", "OwnerId", "MasterRecordId", "LastModifiedById", "Rating", "Phone", "Leadsync_Run__c")
_NUMBERS = ("NumberOfEmployees",)


def field_of(name: str) -> dict[str, Any]:
    kinds = {"datetime": _MOMENTS, "boolean": (*_MARKS, "IsActive"), "int": _NUMBERS}
    kind = next((kind for kind, names in kinds.items() if name in names), "string")
    return {"name": name, "type": kind, "filterable": True, "sortable": True}


@dataclass
class Org:
    """An org that is asked in SOQL: records of each object by their ids, in pages of so many."""

    records: dict[str, dict[str, Record]] = field(default_factory=dict)
    page_rows: int = 1_000
    asked: list[str] = field(default_factory=list)
    can_be_followed: bool = True

    def of(self, api_name: str) -> Record:
        """What it is made of."""
        fields = [field_of(name) for name in (*_TEXTS, *_NUMBERS, *_MOMENTS, *_MARKS, *USER.columns)]
        held = [one for one in fields if self.can_be_followed or one["name"] != "SystemModstamp"]
        lost = [{**field_of("SystemModstamp"), "sortable": False}]
        return {"name": api_name, "fields": held if self.can_be_followed else held + lost}

    def answers(self, questions: Sequence[Question]) -> Iterator[Page]:
        for question in questions:
            yield from self.query(question.soql, include_deleted=question.include_deleted)

    def query(self, soql: str, *, include_deleted: bool = False) -> Iterator[Page]:
        self.asked.append(soql)
        columns, name, condition = re.fullmatch(r"SELECT (.*) FROM (\w+) WHERE (.*) ORDER BY Id", soql).groups()  # type: ignore[union-attr]  # another question is an error
        is_meant = told_by(condition)
        found: list[Any] = [
            {column: row.get(column) for column in columns.split(", ")}
            for key, row in sorted(self.records.get(name, {}).items())
            if is_meant(row) and (include_deleted or not row.get("IsDeleted"))
        ]
        for start in range(0, len(found), self.page_rows):
            yield Page(found[start : start + self.page_rows], AT, len(found))


def told_by(condition: str) -> Callable[[Record], bool]:
    """Whether a record is meant by ids, by a queue's, or by a range of ids since a moment."""
    if within := re.fullmatch(r"(\w+) (?:IN|=) \(?(.*?)\)?", condition):
        name, wanted = within[1], set(re.findall("'([^']*)'", within[2]))
        return lambda row: row[name] in wanted
    first, last, since = re.fullmatch(r"Id >= '(.*)' AND Id <= '(.*)' AND SystemModstamp >= (.*)", condition).groups()  # type: ignore[union-attr]  # likewise
    return lambda row: first <= str(row["Id"]) <= last and str(row["SystemModstamp"]) >= since


def lead(number: int, **said: Any) -> Record:
    told = {name: moment(AT) for name in _MOMENTS}
    return {"Id": key(number), **told, "IsDeleted": False, "IsConverted": False, "OwnerId": "005A", "LastModifiedById": "005B", **said}  # fmt: skip


def key(number: int) -> str:
    return f"00Q{number:015d}"


def of_leads(*rows: Record) -> Org:
    return Org({"Lead": {str(row["Id"]): row for row in rows}})
