"""Writes: what is asked for, as bodies of one Composite or one Collections call, and what became of each row.

Absolute values by id, each record by itself. To teach a row's code, add it to `BY_CODE`; an unknown one is a refusal.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from enum import StrEnum

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


class WriteResult(StrEnum):
    DONE = "done"
    MOVED = "moved"  # 412: changed since the version we hold
    GONE = "gone"
    CONVERTED = "converted"
    BLOCKED = "blocked"  # this owner cannot have the record
    NO_ACCESS = "no access"  # a field may not be written by this user: the org's set-up is at fault, not the record
    REFUSED = "refused"  # no, until data or configuration change
    LOCKED = "locked"  # surely not applied, and may succeed soon
    LEFT = "left"  # surely not applied, and better left for another run
    UNKNOWN = "unknown"  # perhaps applied: read back


BY_CODE: dict[str, WriteResult] = {
    "ENTITY_IS_DELETED": WriteResult.GONE,
    "NOT_FOUND": WriteResult.GONE,
    "CANNOT_UPDATE_CONVERTED_LEAD": WriteResult.CONVERTED,
    "INACTIVE_OWNER_OR_USER": WriteResult.BLOCKED,
    "INVALID_FIELD": WriteResult.NO_ACCESS,
    "INVALID_FIELD_FOR_INSERT_UPDATE": WriteResult.NO_ACCESS,
    "INVALID_TYPE": WriteResult.NO_ACCESS,
    "UNABLE_TO_LOCK_ROW": WriteResult.LOCKED,
    "ENTITY_IS_LOCKED": WriteResult.LOCKED,
    "ALL_OR_NONE_OPERATION_ROLLED_BACK": WriteResult.LOCKED,
    "PROCESSING_HALTED": WriteResult.LOCKED,
    "REQUEST_LIMIT_EXCEEDED": WriteResult.LOCKED,
    "SERVER_UNAVAILABLE": WriteResult.LOCKED,
    "INVALID_SESSION_ID": WriteResult.LOCKED,
    "UNKNOWN_EXCEPTION": WriteResult.UNKNOWN,
}
# A trigger wraps what it ran into: the row as such is not at fault.
_WRAPPED = ("UNABLE_TO_LOCK_ROW", "System.LimitException")
PRECONDITION_FAILED = 412
_BY_STATUS = {
    PRECONDITION_FAILED: WriteResult.MOVED,
    404: WriteResult.GONE,
    429: WriteResult.LOCKED,
    503: WriteResult.LOCKED,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one record's write, with the org's own code, words and fields where it gave any.

    `rule` is the duplicate rule that refused it: only an answer to a record of its own names it.
    """

    record_id: str
    result: WriteResult
    code: str = ""
    message: str = ""
    fields: tuple[str, ...] = ()
    rule: str = ""


def unknown(record_ids: Sequence[str], code: str) -> list[Answer]:
    return [Answer(record_id, WriteResult.UNKNOWN, code) for record_id in record_ids]


def of_composite(references: Mapping[str, str], body: JSON) -> list[Answer]:
    """One answer per reference (referenceId -> record id), in its order; what has no single result is unknown."""
    results: dict[str, list[dict[str, JSON]]] = {}
    rows = body.get("compositeResponse") if isinstance(body, dict) else None
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, dict):
            results.setdefault(str(row.get("referenceId")), []).append(row)
    answers = []
    for reference, record_id in references.items():
        found = results.get(reference, [])
        answers.append(_of_subrequest(record_id, found[0]) if len(found) == 1 else _unmatched(record_id))
    return answers


def of_collection(record_ids: Sequence[str], body: JSON) -> list[Answer]:
    """One answer per record, in its order.

    Results come in the order of the request and a failed one may lack its id; so order is believed only while every id
    that is there agrees with it, and otherwise only rows with an id count.
    """
    rows = [row for row in body if isinstance(row, dict)] if isinstance(body, list) else []
    in_order = len(rows) == len(record_ids) and all(
        row.get("id") in {None, "", record_id} for row, record_id in zip(rows, record_ids, strict=True)
    )
    by_id = (
        dict(zip(record_ids, rows, strict=True)) if in_order else {str(row["id"]): row for row in rows if row.get("id")}
    )
    return [
        _of_row(record_id, by_id[record_id]) if record_id in by_id else _unmatched(record_id)
        for record_id in record_ids
    ]


def of_code(record_id: str, code: str, message: str, fields: tuple[str, ...]) -> Answer:
    """What a row's code means, whichever way it came."""
    result = BY_CODE.get(code, WriteResult.REFUSED)
    if result is WriteResult.REFUSED and any(words in message for words in _WRAPPED):
        result = WriteResult.LOCKED
    return Answer(record_id, result, code, message, fields)


def _of_subrequest(record_id: str, answered: dict[str, JSON]) -> Answer:
    status = answered.get("httpStatusCode")
    if not isinstance(status, int):
        return _unmatched(record_id)
    if 200 <= status < 300:
        return Answer(record_id, WriteResult.DONE)
    answer = _of_error(record_id, answered.get("body"))
    if status == PRECONDITION_FAILED or not answer.code or answer.code not in BY_CODE:
        result = _BY_STATUS.get(status, WriteResult.UNKNOWN if status >= 500 else answer.result)
        return replace(answer, result=result, code=answer.code or str(status))
    return answer


def _of_row(record_id: str, row: dict[str, JSON]) -> Answer:
    if row.get("success") is True:
        return Answer(record_id, WriteResult.DONE)
    return _of_error(record_id, row.get("errors")) if row.get("success") is False else _unmatched(record_id)


def _of_error(record_id: str, errors: JSON) -> Answer:
    first = errors[0] if isinstance(errors, list) and errors else errors
    if not isinstance(first, dict):
        return Answer(record_id, WriteResult.REFUSED)
    # A row of a collection says `statusCode` where everything else says `errorCode`.
    code = str(first.get("statusCode") or first.get("errorCode") or "")
    fields = first.get("fields")
    named = tuple(map(str, fields)) if isinstance(fields, list) else ()
    answer = of_code(record_id, code, str(first.get("message") or ""), named)
    return replace(answer, rule=_duplicate_rule(first))


def _duplicate_rule(error: Mapping[str, JSON]) -> str:
    """Salesforce misspells the key, and may mend it."""
    found = error.get("duplicateResut") or error.get("duplicateResult")
    return str(found.get("duplicateRule") or "") if isinstance(found, dict) else ""


def _unmatched(record_id: str) -> Answer:
    return Answer(record_id, WriteResult.UNKNOWN, "NO_RESULT")
