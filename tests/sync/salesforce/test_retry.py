"""What is asked again, what is not, and what a write comes to when nobody can tell."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import requests
import responses

from engine.errors import LoginError, OrgError, TransientError
from sync.salesforce.org import Org
from sync.salesforce.writes import Answer, GuardedUpdate, WriteResult

ORG = "https://acme.my.salesforce.com"
DATA = f"{ORG}/services/data/v66.0"
LIMITS = f"{DATA}/limits/"
COMPOSITE = f"{DATA}/composite"
COLLECTION = f"{DATA}/composite/sobjects"
TOKEN = f"{ORG}/services/oauth2/token"
LEAD = "00Q5g000001AbCdEAK"
EXPIRED = [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]
DONE: dict[str, object] = {"compositeResponse": [{"body": None, "httpStatusCode": 204, "referenceId": f"r{LEAD}"}]}


def guarded(org: Org) -> list[Answer]:
    at = datetime(2026, 11, 20, 1, 2, 3, tzinfo=UTC)
    return org.guarded_update([GuardedUpdate(LEAD, "Lead", {"OwnerId": "0055g00000AbCdEAAX"}, at)])


def collected(org: Org) -> list[Answer]:
    return org.update("Lead", [(LEAD, {"Rating": "Hot"})])


WRITES = pytest.mark.parametrize(
    ("write", "method", "url"),
    [(guarded, "POST", COMPOSITE), (collected, "PATCH", COLLECTION)],
    ids=["guarded", "collected"],
)
Write = Callable[[Org], list[Answer]]


def sent(wire: responses.RequestsMock, url: str) -> list[requests.PreparedRequest]:
    return [call.request for call in wire.calls if str(call.request.url).split("?")[0] == url]


def test_the_retry_after_a_401_carries_the_same_headers_and_body(wire: responses.RequestsMock, org: Org) -> None:
    wire.post(COMPOSITE, status=401, json=EXPIRED)
    wire.post(COMPOSITE, json=DONE)
    assert guarded(org) == [Answer(LEAD, WriteResult.DONE)]
    first, second = sent(wire, COMPOSITE)
    assert first.body == second.body
    assert dict(first.headers) == dict(second.headers)
    assert second.headers["Sforce-Auto-Assign"] == "FALSE"
    assert second.headers["If-Unmodified-Since"] == "Fri, 20 Nov 2026 01:02:03 GMT"


def test_each_guarded_record_carries_its_own_guard(wire: responses.RequestsMock, org: Org) -> None:
    wire.post(COMPOSITE, json=DONE)
    guarded(org)
    body = json.loads(sent(wire, COMPOSITE)[0].body or "")
    assert body["allOrNone"] is False
    assert body["compositeRequest"] == [
        {
            "method": "PATCH",
            "url": f"/services/data/v66.0/sobjects/Lead/{LEAD}",
            "referenceId": f"r{LEAD}",
            "httpHeaders": {"Sforce-Auto-Assign": "FALSE", "If-Unmodified-Since": "Fri, 20 Nov 2026 01:02:03 GMT"},
            "body": {"OwnerId": "0055g00000AbCdEAAX"},
        }
    ]


def test_the_outer_guard_is_the_earliest(wire: responses.RequestsMock, org: Org) -> None:
    wire.post(COMPOSITE, json={"compositeResponse": []})
    days = (20, 18, 19)
    org.guarded_update(
        [GuardedUpdate(f"00Q5g00000{day}", "Lead", {}, datetime(2026, 11, day, tzinfo=UTC)) for day in days]
    )
    assert sent(wire, COMPOSITE)[0].headers["If-Unmodified-Since"] == "Wed, 18 Nov 2026 00:00:00 GMT"


def test_a_session_that_dies_between_calls_is_renewed_once(wire: responses.RequestsMock, org: Org) -> None:
    for status, body in ((200, {}), (401, EXPIRED), (200, {}), (200, {})):
        wire.get(LIMITS, status=status, json=body)
    for _ in range(3):
        org.limits()
    assert (len(sent(wire, TOKEN)), len(sent(wire, LIMITS))) == (2, 4)


def test_the_attempt_after_a_401_uses_the_new_token(wire: responses.RequestsMock, org: Org) -> None:
    renewed = {
        "access_token": "00D!newer",
        "instance_url": ORG,
        "id": f"{ORG}/id/00D5g000001AbCdEAK/0055g00000AbCdEAAX",
    }
    wire.post(TOKEN, json=renewed)
    wire.get(LIMITS, status=401, json=EXPIRED)
    wire.get(LIMITS, json={})
    org.limits()
    assert [call.headers["Authorization"] for call in sent(wire, LIMITS)] == ["Bearer 00D!token", "Bearer 00D!newer"]


@pytest.mark.parametrize("body", [json.dumps(EXPIRED), "<html>log in</html>", ""], ids=["json", "html", "empty"])
@WRITES
def test_a_permanent_401_stops_after_two_attempts(
    wire: responses.RequestsMock, org: Org, body: str, write: Write, method: str, url: str
) -> None:
    wire.add(method, url, status=401, body=body)
    with pytest.raises(LoginError) as refused:
        write(org)
    assert refused.value.problems[0].code == "LG-106"
    assert len(sent(wire, url)) == 2


@pytest.mark.parametrize(
    "trouble",
    [
        {"status": 503, "body": "<html>maintenance</html>"},
        {"status": 503, "json": [{"errorCode": "SERVER_UNAVAILABLE", "message": "down"}]},
        {"status": 500, "json": [{"errorCode": "UNKNOWN_EXCEPTION", "message": "oops"}]},
        {"status": 502, "body": "<html>bad gateway</html>"},
        {"status": 504, "body": ""},
        {"status": 429, "body": ""},
        {"status": 420, "body": ""},
        {"status": 406, "body": ""},
        {"status": 400, "json": [{"errorCode": "TXN_SECURITY_METERING_ERROR", "message": "later"}]},
        {"body": requests.ReadTimeout()},
        {"body": requests.ConnectTimeout()},
        {"body": requests.ConnectionError("reset")},
        {"body": requests.exceptions.ChunkedEncodingError("torn")},
    ],
    ids=str,
)
def test_reading_waits_and_asks_again(
    wire: responses.RequestsMock, org: Org, waits: list[float], trouble: dict[str, object]
) -> None:
    wire.add("GET", LIMITS, **trouble)  # type: ignore[arg-type]  # rows of a table
    wire.add("GET", LIMITS, **trouble)  # type: ignore[arg-type]  # rows of a table
    wire.get(LIMITS, json={"DailyApiRequests": {"Max": 1, "Remaining": 1}})
    assert org.limits() == {"DailyApiRequests": {"Max": 1, "Remaining": 1}}
    assert waits == [1.0, 2.0]


def test_reading_gives_up_in_the_end(wire: responses.RequestsMock, org: Org, waits: list[float]) -> None:
    wire.get(LIMITS, status=503, body="<html>maintenance</html>")
    with pytest.raises(TransientError) as failed:
        org.limits()
    assert failed.value.problems[0].code == "SF-111"
    assert waits == [1.0, 2.0, 4.0, 8.0]


def test_the_wait_the_org_asks_for_is_kept(wire: responses.RequestsMock, org: Org, waits: list[float]) -> None:
    wire.get(LIMITS, status=429, headers={"Retry-After": "17"})
    wire.get(LIMITS, json={})
    org.limits()
    assert waits == [17.0]


def test_more_patience_than_there_is_ends_at_once(wire: responses.RequestsMock, org: Org, waits: list[float]) -> None:
    wire.get(LIMITS, status=503, headers={"Retry-After": "3600"})
    with pytest.raises(TransientError):
        org.limits()
    assert not waits


def test_too_many_long_calls_are_waited_out(wire: responses.RequestsMock, org: Org, waits: list[float]) -> None:
    message = "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
    wire.get(LIMITS, status=403, json=[{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": message}])
    wire.get(LIMITS, json={})
    org.limits()
    assert waits == [30.0]


def test_a_used_up_day_is_not_waited_for(wire: responses.RequestsMock, org: Org, waits: list[float]) -> None:
    wire.get(
        LIMITS, status=403, json=[{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}]
    )
    with pytest.raises(TransientError) as failed:
        org.limits()
    assert failed.value.problems[0].code == "SF-110"
    assert (len(sent(wire, LIMITS)), waits) == (1, [])


@pytest.mark.parametrize(
    "trouble",
    [
        {"status": 500, "json": [{"errorCode": "UNKNOWN_EXCEPTION", "message": "oops"}]},
        {"status": 502, "body": "<html>bad gateway</html>"},
        {"status": 504, "body": ""},
        {"status": 406, "body": ""},
        {"status": 200, "body": "<html>hello</html>"},
        {"status": 200, "body": '[{"id": "00Q5g'},
        {"body": requests.ReadTimeout()},
        {"body": requests.ConnectionError("reset")},
        {"body": requests.exceptions.ChunkedEncodingError("torn")},
    ],
    ids=str,
)
@WRITES
def test_a_write_in_doubt_is_sent_once_and_answered_unknown(
    wire: responses.RequestsMock, org: Org, trouble: dict[str, object], write: Write, method: str, url: str
) -> None:
    wire.add(method, url, **trouble)  # type: ignore[arg-type]  # rows of a table
    assert [(answer.record_id, answer.result) for answer in write(org)] == [(LEAD, WriteResult.UNKNOWN)]
    assert len(sent(wire, url)) == 1


@pytest.mark.parametrize(
    "trouble",
    [
        {"status": 503, "json": [{"errorCode": "SERVER_UNAVAILABLE", "message": "down"}]},
        {"status": 429},
        {"body": requests.ConnectTimeout()},
    ],
    ids=str,
)
@WRITES
def test_a_write_that_surely_did_not_arrive_is_sent_again(
    wire: responses.RequestsMock, org: Org, trouble: dict[str, object], write: Write, method: str, url: str
) -> None:
    wire.add(method, url, **trouble)  # type: ignore[arg-type]  # rows of a table
    wire.add(method, url, json=DONE if method == "POST" else [{"id": LEAD, "success": True, "errors": []}])
    assert write(org) == [Answer(LEAD, WriteResult.DONE)]


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (503, "SERVER_UNAVAILABLE", TransientError),
        (403, "REQUEST_LIMIT_EXCEEDED", TransientError),
        (400, "JSON_PARSER_ERROR", OrgError),
        (400, "INVALID_FIELD", OrgError),
        (403, "API_DISABLED_FOR_ORG", OrgError),
        (410, "GONE", OrgError),
    ],
)
@WRITES
def test_a_call_refused_before_any_effect_is_raised_and_not_unknown(
    wire: responses.RequestsMock, org: Org, status: int, code: str, kind: type, write: Write, method: str, url: str
) -> None:
    wire.add(method, url, status=status, json=[{"errorCode": code, "message": "no"}])
    with pytest.raises(kind):
        write(org)


def test_a_write_in_doubt_after_a_renewed_session_is_still_sent_no_third_time(
    wire: responses.RequestsMock, org: Org
) -> None:
    wire.post(COMPOSITE, status=401, json=EXPIRED)
    wire.post(COMPOSITE, body=requests.ConnectionError("reset"))
    assert [answer.result for answer in guarded(org)] == [WriteResult.UNKNOWN]
    assert len(sent(wire, COMPOSITE)) == 2


@pytest.mark.parametrize("count", [0, 26])
def test_a_guarded_call_takes_up_to_25(org: Org, count: int) -> None:
    at = datetime(2026, 11, 20, tzinfo=UTC)
    with pytest.raises(ValueError, match="1 to 25"):
        org.guarded_update([GuardedUpdate(f"00Q{number}", "Lead", {}, at) for number in range(count)])


def test_a_collected_call_takes_up_to_200(org: Org) -> None:
    with pytest.raises(ValueError, match="1 to 200"):
        org.update("Lead", [(f"00Q{number}", {}) for number in range(201)])


def test_one_call_takes_a_record_once(org: Org) -> None:
    with pytest.raises(ValueError, match="different"):
        org.update("Lead", [(LEAD, {}), (LEAD, {})])
