"""Several writes in one call: Composite with its parts, Collections with their rows."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import requests

from sync.sandbox.server import SandboxOrg
from sync.sandbox.worlds import World
from tests.sandbox_org import queue_named

Ask = Callable[..., requests.Response]
AWAY = {"Sforce-Auto-Assign": "FALSE"}


@pytest.fixture
def lead_ids(world: World) -> list[str]:
    """Open leads that no rule stands against."""
    leads = world.tables["Lead"].items()
    return [key for key, lead in leads if not lead["IsConverted"] and not lead["IsDeleted"] and lead.get("Phone")]


def part(lead_id: str, body: dict[str, object], headers: dict[str, str] | None = None) -> dict[str, object]:
    return {"method": "PATCH", "url": f"/services/data/v66.0/sobjects/Lead/{lead_id}", "referenceId": f"r{lead_id}",
            "httpHeaders": AWAY if headers is None else headers, "body": body}  # fmt: skip


def row(lead_id: str, **values: object) -> dict[str, object]:
    return {"attributes": {"type": "Lead"}, "id": lead_id, **values}


def test_each_part_has_its_own_verdict(org: SandboxOrg, ask: Ask, lead_ids: list[str]) -> None:
    first, second = lead_ids[:2]
    guard = AWAY | {"If-Unmodified-Since": "Wed, 01 Jan 2020 00:00:00 GMT"}
    parts = [part(first, {"Title": "部長"}), part(second, {"Title": "課長"}, guard)]
    answer = ask("POST", "composite", json={"allOrNone": False, "compositeRequest": parts}).json()["compositeResponse"]
    assert [(one["referenceId"], one["httpStatusCode"]) for one in answer] == [(f"r{first}", 204), (f"r{second}", 412)]
    assert [write.record_id for write in org.world.writes] == [first]


def test_all_or_none_undoes_the_parts_that_went_well(org: SandboxOrg, ask: Ask, lead_ids: list[str]) -> None:
    before = {name: table.rows() for name, table in org.world.tables.items()}
    parts = [part(lead_ids[0], {"Title": "部長"}), part(lead_ids[1], {"Nothing__c": 1})]
    answer = ask("POST", "composite", json={"allOrNone": True, "compositeRequest": parts}).json()["compositeResponse"]
    assert [one["body"][0]["errorCode"] for one in answer] == ["PROCESSING_HALTED", "INVALID_FIELD"]
    assert {name: table.rows() for name, table in org.world.tables.items()} == before
    assert not org.world.writes


def test_a_collection_undone_inside_a_composite_leaves_the_other_parts(
    org: SandboxOrg, ask: Ask, lead_ids: list[str]
) -> None:
    one, two, three = lead_ids[:3]
    rows = {"allOrNone": True, "records": [row(one, Title="次長"), row(two, Nothing__c=1)]}
    inner = {"method": "PATCH", "url": "/services/data/v66.0/composite/sobjects", "referenceId": "rows",
             "httpHeaders": AWAY, "body": rows}  # fmt: skip
    parts = [part(one, {"Title": "部長"}), inner, part(three, {"Title": "課長"})]
    ask("POST", "composite", json={"allOrNone": False, "compositeRequest": parts})
    titles = [org.world.tables["Lead"][key].get("Title") for key in (one, three)]
    assert (titles, len(org.world.writes)) == (["部長", "課長"], 2)


@pytest.mark.parametrize("counts", [False, True], ids=["outer headers do not count", "outer headers count"])
def test_a_part_without_its_own_header_depends_on_the_org(
    org: SandboxOrg,
    ask: Ask,
    lead_ids: list[str],
    counts: bool,  # noqa: FBT001  # a parameter of the table
) -> None:
    org.act(lambda world, _: replace(world, switches=replace(world.switches, outer_headers_count=counts)))
    owner = org.world.tables["Lead"][lead_ids[0]]["OwnerId"]
    inbound = (queue_named(org.world, "Inbound_Leads") or {})["Id"]
    parts = [part(lead_ids[0], {"Title": "部長"}, {})]
    ask("POST", "composite", json={"allOrNone": False, "compositeRequest": parts}, headers=AWAY)
    assert org.world.tables["Lead"][lead_ids[0]]["OwnerId"] == (owner if counts else inbound)


def test_a_composite_takes_25_parts(ask: Ask, lead_ids: list[str]) -> None:
    parts = [part(key, {"Title": "部長"}) for key in lead_ids[:26]]
    answer = ask("POST", "composite", json={"compositeRequest": parts})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "LIMIT_EXCEEDED")


def test_rows_answer_in_their_order_and_fail_alone(org: SandboxOrg, ask: Ask, lead_ids: list[str]) -> None:
    one, two = lead_ids[:2]
    rows = [
        row(one, Grade__c="A"),
        row(two, Grade__c="too long"),
        row(one, Grade__c="B"),
        row("nonsense", Grade__c="C"),
    ]
    answer = ask("PATCH", "composite/sobjects", json={"allOrNone": False, "records": rows})
    codes = [result["errors"][0]["statusCode"] if result["errors"] else "" for result in answer.json()]
    assert (answer.status_code, codes) == (200, ["", "STRING_TOO_LONG", "DUPLICATE_VALUE", "MALFORMED_ID"])
    assert [result.get("id") for result in answer.json()] == [one, two, one, None]
    assert [write.record_id for write in org.world.writes] == [one]


def test_a_collection_takes_200_rows(ask: Ask, lead_ids: list[str]) -> None:
    answer = ask("PATCH", "composite/sobjects", json={"records": [row(lead_ids[0], Grade__c="A")] * 201})
    assert answer.status_code == 400


def test_rows_are_read_by_id_with_null_for_what_is_not_there(ask: Ask, lead_ids: list[str]) -> None:
    params = {"ids": f"{lead_ids[0]},00Q000000000001AAA", "fields": "Id,OwnerId"}
    first, second = ask("GET", "composite/sobjects/Lead", params=params).json()
    assert (first["Id"], second) == (lead_ids[0], None)


def test_a_composite_answers_up_to_five_queries(ask: Ask) -> None:
    query = {"method": "GET", "url": "/services/data/v66.0/query?q=SELECT+Id+FROM+Lead+LIMIT+3"}
    parts = [{**query, "referenceId": f"q{number}"} for number in range(6)]
    answer = ask("POST", "composite", json={"compositeRequest": parts[:5]}).json()["compositeResponse"]
    assert [len(one["body"]["records"]) for one in answer] == [3] * 5
    refused = ask("POST", "composite", json={"compositeRequest": parts})
    assert (refused.status_code, refused.json()[0]["errorCode"]) == (400, "LIMIT_EXCEEDED")
