"""Pages of a query, and how a query that cannot be trusted ends."""

from datetime import UTC, datetime

import pytest
import responses

from config.words.catalogue import Language, Words
from engine.errors import OrgError, TransientError
from sync.salesforce.errors import LocatorLostError
from sync.salesforce.org import Org
from sync.salesforce.query_pages import JSON, Page

ORG = "https://acme.my.salesforce.com"
DATA = f"{ORG}/services/data/v66.0"
HEADERS = {"Date": "Sat, 21 Nov 2026 09:30:00 GMT"}
LATER = {"Date": "Sat, 21 Nov 2026 09:35:00 GMT"}
AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
NEXT = "/services/data/v66.0/query/01g5g-2"


def lead(name: str) -> dict[str, JSON]:
    return {"attributes": {"type": "Lead", "url": f"/services/data/v66.0/sobjects/Lead/{name}"}, "Id": name}


def page(*names: str, total: int, more: bool = False) -> dict[str, JSON]:
    rest: dict[str, JSON] = {"nextRecordsUrl": NEXT} if more else {}
    return {"totalSize": total, "done": not more, "records": [lead(name) for name in names], **rest}


def test_pages_follow_to_the_end_and_all_carry_the_first_one_s_time(wire: responses.RequestsMock, org: Org) -> None:
    wire.get(f"{DATA}/query/", json=page("a", "b", total=3, more=True), headers=HEADERS)
    wire.get(f"{ORG}{NEXT}", json=page("c", total=3), headers=LATER)
    assert list(org.query("SELECT Id FROM Lead")) == [
        Page([{"Id": "a"}, {"Id": "b"}], AT, 3),
        Page([{"Id": "c"}], AT, 3),
    ]


def test_deleted_records_come_by_query_all(wire: responses.RequestsMock, org: Org) -> None:
    wire.get(f"{DATA}/queryAll/", json=page("a", total=1), headers=HEADERS)
    assert len(list(org.query("SELECT Id FROM Lead", include_deleted=True))) == 1


def test_related_records_lose_their_attributes_too(wire: responses.RequestsMock, org: Org) -> None:
    record: dict[str, JSON] = {**lead("a"), "Owner": {"attributes": {"type": "Name"}, "Name": "鈴木"}, "Manager": None}
    wire.get(f"{DATA}/query/", json={"totalSize": 1, "done": True, "records": [record]}, headers=HEADERS)
    (only,) = org.query("SELECT Id, Owner.Name FROM Lead")
    assert only.records == [{"Id": "a", "Owner": {"Name": "鈴木"}, "Manager": None}]


def test_a_count_has_a_total_and_no_records(wire: responses.RequestsMock, org: Org) -> None:
    wire.get(f"{DATA}/query/", json={"totalSize": 7, "done": True, "records": []}, headers=HEADERS)
    assert list(org.query("SELECT COUNT() FROM Lead")) == [Page([], AT, 7)]


@pytest.mark.parametrize("status", [400, 404])
def test_a_lost_locator_asks_to_start_again(wire: responses.RequestsMock, org: Org, status: int) -> None:
    wire.get(f"{DATA}/query/", json=page("a", total=2, more=True), headers=HEADERS)
    wire.get(f"{ORG}{NEXT}", status=status, json=[{"errorCode": "INVALID_QUERY_LOCATOR", "message": "invalid"}])
    pages = org.query("SELECT Id FROM Lead")
    next(pages)
    with pytest.raises(LocatorLostError):
        next(pages)


def test_a_query_that_brings_fewer_rows_than_it_counts_fails(wire: responses.RequestsMock, org: Org) -> None:
    wire.get(f"{DATA}/query/", json=page("a", total=3, more=True), headers=HEADERS)
    wire.get(f"{ORG}{NEXT}", json=page("c", total=3), headers=HEADERS)
    with pytest.raises(TransientError) as failed:
        list(org.query("SELECT Id FROM Lead"))
    assert failed.value.problems[0].code == "SF-121"


@pytest.mark.parametrize(
    ("status", "code", "problem"),
    [
        (400, "INVALID_FIELD", "SF-102"),
        (400, "INVALID_TYPE", "SF-102"),
        (400, "MALFORMED_QUERY", "SF-102"),
        (400, "QUERY_TIMEOUT", "SF-122"),
        (400, "SOMETHING_NEW", "SF-101"),
        (403, "INSUFFICIENT_ACCESS", "SF-106"),
        (410, "UNSUPPORTED_API_VERSION", "SF-104"),
        (431, "", "SF-122"),
    ],
)
def test_a_query_the_org_cannot_serve_is_asked_once(
    wire: responses.RequestsMock, org: Org, status: int, code: str, problem: str
) -> None:
    wire.get(f"{DATA}/query/", status=status, json=[{"errorCode": code, "message": "no"}])
    with pytest.raises(OrgError) as failed:
        list(org.query("SELECT Nope__c FROM Lead"))
    assert failed.value.problems[0].code == problem
    assert org.calls == 1


def test_an_org_without_a_clock_is_not_read(wire: responses.RequestsMock, org: Org) -> None:
    wire.get(f"{DATA}/query/", json=page("a", total=1))
    with pytest.raises(OrgError) as failed:
        list(org.query("SELECT Id FROM Lead"))
    assert failed.value.problems[0].code == "SF-131"


def test_an_object_that_is_not_there_is_named(wire: responses.RequestsMock, org: Org) -> None:
    wire.get(f"{DATA}/sobjects/Nope__c/describe", status=404, json=[{"errorCode": "NOT_FOUND", "message": "no"}])
    with pytest.raises(OrgError) as failed:
        org.describe("Nope__c")
    assert (failed.value.problems[0].code, failed.value.problems[0].where) == ("SF-103", "Nope__c")


def test_a_describe_is_the_org_s_own(wire: responses.RequestsMock, org: Org) -> None:
    wire.get(f"{DATA}/sobjects/Lead/describe", json={"name": "Lead", "fields": [{"name": "Id"}]})
    assert org.describe("Lead") == {"name": "Lead", "fields": [{"name": "Id"}]}


@pytest.mark.parametrize("body", ["[]", "{}", '{"totalSize": 1, "done": false, "records": []}'])
def test_an_answer_that_is_no_page_is_not_taken_for_an_empty_one(
    wire: responses.RequestsMock, org: Org, body: str
) -> None:
    wire.get(f"{DATA}/query/", body=body, headers=HEADERS)
    with pytest.raises(OrgError) as failed:
        list(org.query("SELECT Id FROM Lead"))
    assert failed.value.problems[0].code == "SF-130"
    assert all("SF-130" in Words(language).error(failed.value) for language in Language)
