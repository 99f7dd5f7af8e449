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


def plain(record: Record) -> Record:
    """A record without Salesforce's `attributes`, those of related records included."""
    return {
        name: plain(value) if isinstance(value, dict) else value
        for name, value in record.items()
        if name != "attributes"
    }
