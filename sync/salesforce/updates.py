"""What a write asks for: bodies of one Composite or one Collections call. Absolute values by id, each record by itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from sync.salesforce.query_pages import JSON, Record
from sync.salesforce.session import NO_ASSIGNMENT

GUARDED_MAX = 25
COLLECTION_MAX = 200


@dataclass(frozen=True, slots=True)
class GuardedUpdate:
    """Set `payload` (API names, absolute values) unless the record changed after `unmodified_since`, a LastModifiedDate."""

    record_id: str
    object: str
    payload: Mapping[str, JSON]
    unmodified_since: datetime


def composite_body(updates: Sequence[GuardedUpdate], version: str) -> Record:
    return {
        "allOrNone": False,
        "compositeRequest": [
            {
                "method": "PATCH",
                "url": f"/services/data/v{version}/sobjects/{update.object}/{update.record_id}",
                "referenceId": reference(update.record_id),
                # Whether the call's own headers count for its parts is not documented, so each part has them.
                "httpHeaders": {**NO_ASSIGNMENT, "If-Unmodified-Since": http_date(update.unmodified_since)},
                "body": dict(update.payload),
            }
            for update in updates
        ],
    }


def outer_guard(updates: Sequence[GuardedUpdate]) -> dict[str, str]:
    """The earliest guard of all: right whether or not an org heeds the call's own headers for its parts."""
    return {"If-Unmodified-Since": http_date(min(update.unmodified_since for update in updates))}


def collection_body(object_name: str, records: Sequence[tuple[str, Mapping[str, JSON]]]) -> Record:
    return {
        "allOrNone": False,
        "records": [{"attributes": {"type": object_name}, "id": key, **payload} for key, payload in records],
    }


def distinct(record_ids: list[str], *, most: int) -> list[str]:
    """The ids, if one call takes them: results are matched by id."""
    if not 0 < len(record_ids) <= most or len(set(record_ids)) != len(record_ids):
        raise ValueError(f"one call takes 1 to {most} different records, not {len(record_ids)}")
    return record_ids


def reference(record_id: str) -> str:
    """A reference starts with a letter and holds no punctuation."""
    return f"r{record_id}"


def http_date(at: datetime) -> str:
    return format_datetime(at.astimezone(UTC).replace(microsecond=0), usegmt=True)
