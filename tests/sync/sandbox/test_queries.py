"""SOQL: what is found, in which order, page by page, and what is refused."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import requests

from sync.sandbox.server import SandboxOrg
from sync.sandbox.worlds import World
from tests.people import edit

Ask = Callable[..., requests.Response]
Soql = Callable[[str], list[dict[str, object]]]


def test_a_long_answer_comes_in_pages_that_can_be_read_twice(org: SandboxOrg, ask: Ask) -> None:
    org.act(lambda world, _: replace(world, switches=replace(world.switches, page_size=50)))
    first = ask("GET", "query", params={"q": "SELECT Id FROM Lead ORDER BY Id"}).json()
    locator = first["nextRecordsUrl"].removeprefix("/services/data/v66.0/")
    second, again = ask("GET", locator).json(), ask("GET", locator).json()
    third = ask("GET", second["nextRecordsUrl"].removeprefix("/services/data/v66.0/")).json()
    ids = [record["Id"] for page in (first, second, third) for record in page["records"]]
    assert (len(first["records"]), first["done"], third["done"], second) == (50, False, True, again)
    assert (len(ids), ids) == (first["totalSize"], sorted(ids))


def test_a_locator_of_nothing_is_refused(ask: Ask) -> None:
    answer = ask("GET", "query/01g5j9999999999999-2000")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_QUERY_LOCATOR")


def test_query_hides_what_is_deleted_and_queryall_shows_it(world: World, ask: Ask) -> None:
    deleted = {key for key, lead in world.tables["Lead"].items() if lead["IsDeleted"]}
    shown = {row["Id"] for row in ask("GET", "query", params={"q": "SELECT Id FROM Lead"}).json()["records"]}
    every = {row["Id"] for row in ask("GET", "queryAll", params={"q": "SELECT Id FROM Lead"}).json()["records"]}
    assert deleted
    assert every - shown == deleted


def test_a_keyset_walks_every_record_once(soql: Soql) -> None:
    fields = "SELECT Id, SystemModstamp FROM Web_Activity__c"
    expected = [row["Id"] for row in soql(f"{fields} ORDER BY SystemModstamp, Id")]
    walked, condition = [], "Id != null"
    while page := soql(f"{fields} WHERE {condition} ORDER BY SystemModstamp, Id LIMIT 90"):
        walked += [row["Id"] for row in page]
        at, last = str(page[-1]["SystemModstamp"]).replace("+0000", "Z"), page[-1]["Id"]
        condition = f"(SystemModstamp > {at} OR (SystemModstamp = {at} AND Id > '{last}'))"
    assert walked == expected


def test_text_is_compared_without_case_and_unescaped(org: SandboxOrg, soql: Soql, lead_id: str) -> None:
    org.act(lambda world, now: edit(world, now, "suzuki", lead_id, {"Company": "O'Brien \\ Söhne"}))
    assert [row["Id"] for row in soql(r"SELECT Id FROM Lead WHERE Company = 'o\'brien \\ söhne'")] == [lead_id]
    assert [row["Id"] for row in soql(r"SELECT Id FROM Lead WHERE Company LIKE 'o\'b%hne'")] == [lead_id]


def test_null_equals_null_and_is_unequal_to_every_value(soql: Soql) -> None:
    count = len(soql("SELECT Id FROM Lead"))
    empty, hot = (
        len(soql("SELECT Id FROM Lead WHERE Rating = null")),
        len(soql("SELECT Id FROM Lead WHERE Rating = 'Hot'")),
    )
    assert empty > 0
    assert len(soql("SELECT Id FROM Lead WHERE Rating != 'Hot'")) == count - hot
    assert len(soql("SELECT Id FROM Lead WHERE Rating IN ('Hot', null)")) == hot + empty


def test_a_related_field_of_a_queue_and_of_a_user(soql: Soql) -> None:
    kinds = {row["Owner"]["Type"] for row in soql("SELECT Owner.Type FROM Lead")}  # type: ignore[index]  # JSON
    assert kinds == {"Queue", "User"}
    queued = soql("SELECT Owner.Name FROM Lead WHERE Owner.Type = 'Queue' AND Owner.Name = '新規リード' LIMIT 1")
    assert queued[0]["Owner"]["Name"] == "新規リード"  # type: ignore[index]  # JSON


def test_count_has_a_size_and_no_records(ask: Ask, soql: Soql) -> None:
    answer = ask("GET", "query", params={"q": "select count() from Lead"}).json()
    assert answer == {"totalSize": len(soql("SELECT Id FROM Lead")), "done": True, "records": []}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("SELECT Id FROM Lead WHERE", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead WHERE Id != null AND Rating = 'Hot' OR Rating = 'Warm'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Lead WHERE Company = 'O'Brien'", "MALFORMED_QUERY"),
        ("SELECT Id, Nothing__c FROM Lead", "INVALID_FIELD"),
        ("SELECT Id FROM Lead WHERE CreatedDate > '2026-01-01T00:00:00Z'", "INVALID_FIELD"),
        ("SELECT Id FROM Lead WHERE Description = 'x'", "INVALID_FIELD"),
        ("SELECT Id FROM Leads", "INVALID_TYPE"),
        ("SELECT Id FROM Lead WHERE Id = 'somethingwonky'", "INVALID_QUERY_FILTER_OPERATOR"),
    ],
    ids=["cut off", "and with or", "unescaped", "no such field", "quoted time", "not filterable", "no such object", "no id"],
)  # fmt: skip
def test_a_query_that_no_org_would_run_is_refused(ask: Ask, query: str, code: str) -> None:
    answer = ask("GET", "query", params={"q": query})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)


def test_a_hidden_field_looks_like_a_missing_one(org: SandboxOrg, ask: Ask) -> None:
    hidden = frozenset({"Lead.Rating"})
    org.act(lambda world, _: replace(world, switches=replace(world.switches, hidden=hidden)))
    said = ask("GET", "query", params={"q": "SELECT Rating FROM Lead"}).json()[0]
    described = ask("GET", "sobjects/Lead/describe").json()["fields"]
    assert said["errorCode"] == "INVALID_FIELD"
    assert "Rating" not in {field["name"] for field in described}


def test_describe_says_nothing_new_to_who_has_it(ask: Ask) -> None:
    first = ask("GET", "sobjects/Lead/describe")
    again = ask("GET", "sobjects/Lead/describe", headers={"If-Modified-Since": first.headers["Last-Modified"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")


def test_every_answer_tells_the_time_and_the_calls_used(org: SandboxOrg, ask: Ask) -> None:
    told = ask("GET", "limits").headers
    org.act(lambda world, _: replace(world, switches=replace(world.switches, tells_usage=False)))
    silent = ask("GET", "limits").headers
    assert (told["Date"], told["Sforce-Limit-Info"]) == ("Sat, 21 Nov 2026 09:00:00 GMT", "api-usage=1/100000")
    assert "Sforce-Limit-Info" not in silent


def test_the_days_limit_stops_everything(org: SandboxOrg, ask: Ask) -> None:
    org.act(lambda world, _: replace(world, switches=replace(world.switches, daily_limit=1)))
    assert ask("GET", "limits").status_code == 200
    answer = ask("GET", "limits")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (403, "REQUEST_LIMIT_EXCEEDED")
