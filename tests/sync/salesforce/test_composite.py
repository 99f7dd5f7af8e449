"""Several questions in one call: each answered by itself, and none of them for another."""

from json import loads

import pytest
import responses

from engine.errors import OrgError
from sync.salesforce.composite import Question
from sync.salesforce.org import Org

ORG = "https://acme.my.salesforce.com"
DATA = f"{ORG}/services/data/v66.0"
HEADERS = {"Date": "Sat, 21 Nov 2026 09:30:00 GMT"}
TASK = Question("SELECT Id FROM Task")
LEAD = Question("SELECT Id FROM Lead", include_deleted=True)


def page(*names: str) -> dict[str, object]:
    return {"totalSize": len(names), "done": True, "records": [{"Id": name} for name in names]}


def part(number: int, body: object, status: int = 200) -> dict[str, object]:
    return {"referenceId": f"part{number}", "httpStatusCode": status, "httpHeaders": {}, "body": body}


def serve(wire: responses.RequestsMock, *parts: dict[str, object]) -> None:
    wire.post(f"{DATA}/composite", json={"compositeResponse": list(parts)}, headers=HEADERS)


def ids(org: Org, *questions: Question) -> list[list[object]]:
    return [[record["Id"] for record in opened.page.records] for opened in org.open(questions) if opened]


def test_answers_are_matched_by_reference_whatever_their_order(wire: responses.RequestsMock, org: Org) -> None:
    serve(wire, part(1, page("b")), part(0, page("a")))
    assert ids(org, LEAD, TASK) == [["a"], ["b"]]
    sent = loads(wire.calls[-1].request.body or "")
    assert [each["url"].partition("?")[0] for each in sent["compositeRequest"]] == [
        "/services/data/v66.0/queryAll/", "/services/data/v66.0/query/",
    ]  # fmt: skip


def test_no_more_than_five_queries_go_in_one_call(wire: responses.RequestsMock, org: Org) -> None:
    serve(wire, *(part(number, page("a")) for number in range(5)))
    serve(wire, part(0, page("b")), part(1, page("b")))
    assert ids(org, *[TASK] * 7) == [["a"]] * 5 + [["b"]] * 2


@pytest.mark.parametrize("parts", [[part(0, page("a"))], [part(0, page("a"))] * 2, [part(0, page("a")), {}]])
def test_an_answer_that_is_missing_or_there_twice_is_no_answer(
    wire: responses.RequestsMock, org: Org, parts: list[dict[str, object]]
) -> None:
    serve(wire, *parts)
    with pytest.raises(OrgError, match="SF-130"):
        org.open([LEAD, TASK])


def test_a_part_that_failed_for_now_is_asked_by_itself(wire: responses.RequestsMock, org: Org) -> None:
    busy = [{"errorCode": "SERVER_UNAVAILABLE", "message": "later"}]
    serve(wire, part(0, page("a")), part(1, busy, 503))
    wire.get(f"{DATA}/query/", json=page("b"), headers=HEADERS)
    assert ids(org, LEAD, TASK) == [["a"], ["b"]]


def test_a_part_that_asks_for_what_is_not_there_is_an_error(wire: responses.RequestsMock, org: Org) -> None:
    serve(wire, part(0, [{"errorCode": "INVALID_FIELD", "message": "No such column 'x'"}], 400))
    with pytest.raises(OrgError, match="SF-102"):
        org.open([TASK])


def test_p6_a_part_that_takes_too_long_is_for_a_bulk_query(wire: responses.RequestsMock, org: Org) -> None:
    serve(wire, part(0, [{"errorCode": "QUERY_TIMEOUT", "message": "too long"}], 400))
    assert org.open([TASK]) == [None]


def test_p12_a_query_too_long_for_an_address_goes_in_a_body(wire: responses.RequestsMock, org: Org) -> None:
    fields = ", ".join(f"Custom_Field_Number_{number}__c" for number in range(800))
    serve(wire, part(0, page("a")))
    (only,) = org.query(f"SELECT {fields} FROM Lead")
    assert only.records == [{"Id": "a"}]
    assert max(len(call.request.url or "") for call in wire.calls) < 200


def test_describes_come_in_one_call(wire: responses.RequestsMock, org: Org) -> None:
    serve(wire, part(0, {"name": "Lead"}), part(1, {"name": "Task"}))
    assert org.describes(["Lead", "Task"]) == {"Lead": {"name": "Lead"}, "Task": {"name": "Task"}}
