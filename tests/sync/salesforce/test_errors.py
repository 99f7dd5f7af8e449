"""Recorded and reported error bodies mean what the reference says."""

import json
from pathlib import Path

import pytest
import requests

from config.words.catalogue import Language, Words
from engine.errors import LoginError, OrgError, TransientError
from sync.salesforce.errors import TABLE, Course, Fault, LocatorLostError, error_of, fault_of, fault_of_transport
from sync.salesforce.writes import WriteResult, of_composite

COURSES = {
    "INVALID_QUERY_FILTER_OPERATOR": Course.STOP,
    "NOT_FOUND": Course.STOP,
    "INVALID_TYPE": Course.STOP,
    "INVALID_SESSION_ID": Course.REFRESH,
    "UNABLE_TO_LOCK_ROW": Course.RETRY,
    "CANNOT_UPDATE_CONVERTED_LEAD": Course.STOP,
    "INACTIVE_OWNER_OR_USER": Course.STOP,
}
VERDICTS = {
    "NOT_FOUND": WriteResult.GONE,
    "UNABLE_TO_LOCK_ROW": WriteResult.LOCKED,
    "CANNOT_UPDATE_CONVERTED_LEAD": WriteResult.CONVERTED,
    "INACTIVE_OWNER_OR_USER": WriteResult.BLOCKED,
}


def answer(status: int, body: str | bytes) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    response._content = body.encode() if isinstance(body, str) else body
    return response


def recorded(shared: Path) -> list[dict[str, object]]:
    bodies = json.loads((shared / "fixtures/error_bodies/errors.json").read_text(encoding="utf-8"))
    return [entry for entry in bodies if isinstance(entry.get("http"), int)]


def test_every_recorded_body_takes_its_course(shared: Path) -> None:
    for entry in recorded(shared):
        fault = fault_of(answer(int(str(entry["http"])), json.dumps(entry["body"])))
        if fault.code != "REQUEST_LIMIT_EXCEEDED":
            assert fault.course is COURSES[fault.code], entry


def test_the_two_meanings_of_a_limit_are_told_apart_by_their_words() -> None:
    def course(message: str) -> Course:
        return fault_of(answer(403, json.dumps([{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": message}]))).course

    assert course("TotalRequests Limit exceeded.") is Course.LATER
    assert course("ConcurrentRequests (Concurrent API Requests) Limit exceeded.") is Course.RETRY
    assert course("ConcurrentPerOrgLongTxn Limit exceeded.") is Course.RETRY


def test_every_recorded_row_has_its_verdict(shared: Path) -> None:
    for entry in recorded(shared):
        body = {"compositeResponse": [{"referenceId": "r1", "httpStatusCode": entry["http"], "body": entry["body"]}]}
        (row,) = of_composite({"r1": "1"}, json.loads(json.dumps(body)))
        if row.code in VERDICTS:
            assert row.result is VERDICTS[row.code]


@pytest.mark.parametrize(
    "body", ["", "<html>", "null", "[]", "[1]", "{}", b"\xff\xfe", '[{"errorCode": null}]'], ids=repr
)
@pytest.mark.parametrize("status", [300, 302, 400, 401, 403, 404, 412, 418, 500, 503, 599])
def test_no_body_breaks_the_reading_of_a_failure(status: int, body: str | bytes) -> None:
    assert fault_of(answer(status, body)).status == status


def test_a_long_message_is_cut_and_stands_on_one_line() -> None:
    message = fault_of(answer(400, json.dumps([{"errorCode": "X", "message": "a\n  b" * 200}]))).message
    assert (len(message), message[:3]) == (300, "a b")


@pytest.mark.parametrize(
    ("course", "problem", "kind"),
    [
        (Course.RETRY, "SF-111", TransientError),
        (Course.LATER, "SF-110", TransientError),
        (Course.RESTART, "SF-120", LocatorLostError),
        (Course.NARROW, "SF-122", OrgError),
        (Course.STOP, "SF-101", OrgError),
    ],
)
def test_a_fault_that_stays_is_an_error_of_the_house(course: Course, problem: str, kind: type) -> None:
    assert type(error_of(Fault(course, problem), "query")) is kind
    assert type(error_of(Fault(course, problem, is_login=True), "query")) is LoginError


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize(
    "problem", sorted({row.problem for row in TABLE} | {"SF-101", "SF-113", "SF-114", "SF-115", "LG-110"})
)
def test_every_fault_can_be_read_by_people(problem: str, language: Language) -> None:
    error = error_of(Fault(Course.STOP, problem, "CODE", "words", 400), "query")
    assert problem in Words(language).error(error)


def test_a_certificate_that_cannot_be_verified_is_not_a_broken_wire() -> None:
    fault = fault_of_transport(requests.exceptions.SSLError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed"))
    assert (fault.course, fault.problem, fault.may_have_applied) == (Course.STOP, "LG-110", False)
