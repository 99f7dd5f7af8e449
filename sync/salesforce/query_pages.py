"""What a query brings: pages of plain records."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"
Record: TypeAlias = dict[str, JSON]


@dataclass(frozen=True, slots=True)
class Page:
    """`total` counts the whole query. `read_at` is the server's time when the whole query was asked, not this page."""

    records: list[Record]
    read_at: datetime
    total: int


@dataclass(frozen=True, slots=True)
class Opened:
    """A query under way: its first page, and where the next one is, "" at the end."""

    page: Page
    locator: str


def page_of(body: JSON, read_at: datetime) -> tuple[Page, str]:
    """A page and the locator of the next one, empty at the end. ValueError for a body that is no page."""
    match body:
        case {"totalSize": int(total), "done": True, "records": list(records)}:
            locator = ""
        case {"totalSize": int(total), "done": False, "records": list(records), "nextRecordsUrl": str(locator)}:
            pass
        case _:
            raise ValueError("not a page of a query")
    return Page([_plain(record) for record in records if isinstance(record, dict)], read_at, total), locator


def _plain(record: Record) -> Record:
    """A record without Salesforce's `attributes`, those of related records included."""
    return {
        name: _plain(value) if isinstance(value, dict) else value
        for name, value in record.items()
        if name != "attributes"
    }
