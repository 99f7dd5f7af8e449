"""Whose result is whose, and what each code means for its record."""

import pytest

from sync.salesforce.query_pages import JSON
from sync.salesforce.writes import Answer, WriteResult, of_collection, of_composite

A, B, C = "00Q5g0000000001AAA", "00Q5g0000000002AAA", "00Q5g0000000003AAA"
REFERENCES = {f"r{record_id}": record_id for record_id in (A, B, C)}


def sub(record_id: str, status: int, *errors: JSON) -> JSON:
    return {"referenceId": f"r{record_id}", "httpStatusCode": status, "httpHeaders": {}, "body": list(errors) or None}


def error(code: str, message: str = "no", *, key: str = "errorCode") -> dict[str, JSON]:
    return {key: code, "message": message, "fields": []}


def done(record_id: str) -> JSON:
    return {"id": record_id, "success": True, "errors": []}


def failed(code: str, record_id: str | None = None) -> JSON:
    return {"id": record_id, "success": False, "errors": [error(code, key="statusCode")]}


def results(answers: list[Answer]) -> list[tuple[str, WriteResult]]:
    return [(answer.record_id, answer.result) for answer in answers]


def test_composite_results_are_matched_by_reference_in_any_order() -> None:
    body: JSON = {
        "compositeResponse": [sub(C, 412, error("PRECONDITION_FAILED")), sub(A, 204), sub(B, 404, error("NOT_FOUND"))]
    }
    assert results(of_composite(REFERENCES, body)) == [
        (A, WriteResult.DONE),
        (B, WriteResult.GONE),
        (C, WriteResult.MOVED),
    ]


@pytest.mark.parametrize(
    "body",
    [
        {"compositeResponse": [sub(A, 204), sub(C, 204)]},
        {"compositeResponse": [sub(A, 204), sub(B, 204), sub(B, 404, error("NOT_FOUND")), sub(C, 204)]},
        {"compositeResponse": [sub(A, 204), {"referenceId": f"r{B}"}, sub(C, 204), sub("stranger", 204)]},
    ],
    ids=["missing", "twice", "no status"],
)
def test_a_record_without_one_clear_result_is_unknown(body: JSON) -> None:
    assert results(of_composite(REFERENCES, body)) == [
        (A, WriteResult.DONE),
        (B, WriteResult.UNKNOWN),
        (C, WriteResult.DONE),
    ]


@pytest.mark.parametrize("body", [{}, [], None, {"compositeResponse": None}, "text"], ids=str)
def test_an_answer_of_another_shape_leaves_all_unknown(body: JSON) -> None:
    assert {answer.result for answer in of_composite(REFERENCES, body)} == {WriteResult.UNKNOWN}
    assert {answer.result for answer in of_collection([A, B, C], body)} == {WriteResult.UNKNOWN}


@pytest.mark.parametrize(
    ("status", "code", "result"),
    [
        (412, "", WriteResult.MOVED),
        (412, "PRECONDITION_FAILED", WriteResult.MOVED),
        (404, "", WriteResult.GONE),
        (400, "ENTITY_IS_DELETED", WriteResult.GONE),
        (400, "CANNOT_UPDATE_CONVERTED_LEAD", WriteResult.CONVERTED),
        (400, "INACTIVE_OWNER_OR_USER", WriteResult.BLOCKED),
        (400, "OP_WITH_INVALID_USER_TYPE_EXCEPTION", WriteResult.REFUSED),
        (400, "TRANSFER_REQUIRES_READ", WriteResult.REFUSED),
        (400, "UNABLE_TO_LOCK_ROW", WriteResult.LOCKED),
        (400, "PROCESSING_HALTED", WriteResult.LOCKED),
        (403, "REQUEST_LIMIT_EXCEEDED", WriteResult.LOCKED),
        (429, "", WriteResult.LOCKED),
        (503, "", WriteResult.LOCKED),
        (500, "UNKNOWN_EXCEPTION", WriteResult.UNKNOWN),
        (502, "", WriteResult.UNKNOWN),
        (400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", WriteResult.REFUSED),
        (400, "STRING_TOO_LONG", WriteResult.REFUSED),
        (400, "INVALID_CROSS_REFERENCE_KEY", WriteResult.REFUSED),
        (403, "INSUFFICIENT_ACCESS_OR_READONLY", WriteResult.REFUSED),
        (400, "SOMETHING_NEW", WriteResult.REFUSED),
        (400, "", WriteResult.REFUSED),
    ],
)
def test_each_code_has_its_verdict(status: int, code: str, result: WriteResult) -> None:
    errors = [error(code)] if code else []
    (answer,) = of_composite({f"r{A}": A}, {"compositeResponse": [sub(A, status, *errors)]})
    assert (answer.result, answer.code) == (result, code or str(status))


@pytest.mark.parametrize(
    "message", ["UpdateLead: UNABLE_TO_LOCK_ROW, obtain access", "System.LimitException: Apex CPU"]
)
def test_what_a_trigger_ran_into_is_not_the_record_s_fault(message: str) -> None:
    body: JSON = {"compositeResponse": [sub(A, 400, error("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", message))]}
    assert results(of_composite({f"r{A}": A}, body)) == [(A, WriteResult.LOCKED)]


def test_a_refusal_names_code_words_and_fields() -> None:
    refusal: JSON = {"statusCode": "STRING_TOO_LONG", "message": "too long", "fields": ["Title"]}
    body: JSON = [{"success": False, "errors": [refusal]}]
    assert of_collection([A], body) == [Answer(A, WriteResult.REFUSED, "STRING_TOO_LONG", "too long", ("Title",))]


def test_a_failed_row_without_id_is_known_by_its_place_while_the_others_keep_theirs() -> None:
    body: JSON = [done(A), failed("ENTITY_IS_DELETED"), done(C)]
    assert results(of_collection([A, B, C], body)) == [
        (A, WriteResult.DONE),
        (B, WriteResult.GONE),
        (C, WriteResult.DONE),
    ]


def test_rows_out_of_order_are_matched_by_id_and_a_nameless_one_is_unknown() -> None:
    body: JSON = [done(C), failed("ENTITY_IS_DELETED"), done(A)]
    assert results(of_collection([A, B, C], body)) == [
        (A, WriteResult.DONE),
        (B, WriteResult.UNKNOWN),
        (C, WriteResult.DONE),
    ]


def test_a_short_result_is_believed_by_id_only() -> None:
    body: JSON = [done(A), failed("ENTITY_IS_DELETED")]
    assert results(of_collection([A, B, C], body)) == [
        (A, WriteResult.DONE),
        (B, WriteResult.UNKNOWN),
        (C, WriteResult.UNKNOWN),
    ]


def test_a_row_that_does_not_say_whether_it_succeeded_is_unknown() -> None:
    assert results(of_collection([A], [{"id": A}])) == [(A, WriteResult.UNKNOWN)]
