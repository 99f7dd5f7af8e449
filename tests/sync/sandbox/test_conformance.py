"""What the sandbox org answers has the shapes that were recorded from real orgs (read from ../shared/fixtures)."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
import requests
from ruamel.yaml import YAML
from simple_salesforce.api import Salesforce

from sync.sandbox.worlds import World

Ask = Callable[..., requests.Response]
CASSETTES = "fixtures/cumulusci/cumulusci"
UPDATES = f"{CASSETTES}/tasks/bulkdata/tests/cassettes/TestUpdatesIntegrationTests.test_updates_task.yaml"
COMPOSITE = (
    f"{CASSETTES}/utils/http/tests/cassettes/TestCompositeParallelSalesforce.test_composite_parallel_salesforce.yaml"
)
# What a describe says of a field that rules and the map rely on.
FACTS = ("type", "soapType", "length", "precision", "scale", "digits", "createable", "updateable", "nillable", "filterable",
         "sortable", "groupable", "restrictedPicklist", "permissionable", "defaultedOnCreate", "referenceTo",
         "relationshipName", "polymorphicForeignKey", "calculated", "idLookup", "nameField", "namePointing",
         "byteLength", "custom", "aggregatable")  # fmt: skip


@pytest.fixture(scope="module")
def real_lead(shared: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((shared / "fixtures/cumulusci/extracted_describe/Lead.json").read_text())
    return found


@pytest.fixture(scope="module")
def errors(shared: Path) -> dict[str, Any]:
    """Recorded and reported error bodies by code."""
    bodies = json.loads((shared / "fixtures/error_bodies/errors.json").read_text())
    return {entry["body"][0]["errorCode"]: entry["body"][0] for entry in bodies if "body" in entry}


def recorded(path: Path, method: str) -> Any:  # JSON of any shape
    """The body of the first recorded answer to such a request."""
    exchanges: Iterable[Any] = YAML(typ="safe").load(path.read_text())["interactions"]
    found = next(
        e for e in exchanges if e.get("request", {}).get("method") == method and "limits" not in e["request"]["uri"]
    )
    return json.loads(found["response"]["body"]["string"])


def test_a_describe_has_the_keys_of_a_real_one(ask: Ask, real_lead: dict[str, Any]) -> None:
    ours = ask("GET", "sobjects/Lead/describe").json()
    assert ours.keys() == real_lead.keys()
    assert {frozenset(field) for field in ours["fields"]} == {frozenset(real_lead["fields"][0])}


def test_the_standard_fields_of_a_lead_are_as_they_are(ask: Ask, real_lead: dict[str, Any]) -> None:
    real = {field["name"]: field for field in real_lead["fields"]}
    ours = {field["name"]: field for field in ask("GET", "sobjects/Lead/describe").json()["fields"]}
    common = sorted(ours.keys() & real.keys())
    differences = [
        f"{name}.{fact}: {ours[name][fact]} is {real[name][fact]}"
        for name in common
        for fact in FACTS
        if ours[name][fact] != real[name][fact]
    ]
    assert len(common) > 30
    assert differences == []


def test_the_list_of_objects_has_the_keys_of_a_real_one(ask: Ask, shared: Path) -> None:
    real = json.loads((shared / "fixtures/cumulusci/extracted_describe/Global.json").read_text())
    ours = ask("GET", "sobjects").json()
    assert ours.keys() == real.keys()
    # Recorded with v52; newer versions tell more.
    assert ours["sobjects"][0].keys() >= real["sobjects"][0].keys()


def test_a_query_answers_as_recorded(ask: Ask, shared: Path) -> None:
    real = recorded(shared / UPDATES, "GET")
    ours = ask("GET", "query", params={"q": "SELECT Id, Name FROM Lead LIMIT 6"}).json()
    assert ours.keys() == real.keys()
    assert ours["records"][0].keys() == real["records"][0].keys()
    assert ours["records"][0]["attributes"].keys() == real["records"][0]["attributes"].keys()


def test_a_row_of_a_collection_answers_as_recorded(ask: Ask, shared: Path, lead_id: str) -> None:
    real = recorded(shared / UPDATES, "PATCH")
    # The recorded request names the row by `Id`, not `id`.
    rows = {"allOrNone": False, "records": [{"Id": lead_id, "Title": "部長", "attributes": {"type": "Lead"}}]}
    ours = ask("PATCH", "composite/sobjects", json=rows).json()
    assert ours == [{**real[0], "id": lead_id}]


def test_a_composite_answers_as_recorded(ask: Ask, shared: Path) -> None:
    exchanges = YAML(typ="safe").load((shared / COMPOSITE).read_text())["interactions"]
    real = next(
        json.loads(e["response"]["body"]["string"]) for e in exchanges if e["request"]["uri"].endswith("composite")
    )
    part = {"method": "GET", "url": "/services/data/v66.0/query?q=SELECT Id FROM Lead LIMIT 1", "referenceId": "one"}
    ours = ask("POST", "composite", json={"compositeRequest": [part]}).json()
    first = ours["compositeResponse"][0]
    assert first.keys() == real["compositeResponse"][0].keys()
    assert first["body"].keys() == real["compositeResponse"][0]["body"].keys()


@pytest.mark.parametrize(
    ("code", "method", "path"),
    [
        ("NOT_FOUND", "GET", "sobjects/Foo"),
        ("INVALID_TYPE", "GET", "query?q=select count() from XYZZY"),
        ("INVALID_QUERY_FILTER_OPERATOR", "GET", "query?q=SELECT Id FROM Lead WHERE Id = 'somethingwonky'"),
    ],
)
def test_an_error_is_shaped_as_recorded(ask: Ask, errors: dict[str, Any], code: str, method: str, path: str) -> None:
    ours = ask(method, path).json()[0]
    assert ours.keys() == errors[code].keys()
    assert ours["errorCode"] == code
    # The recorded message ends as ours does; before it stands the query with a caret.
    assert errors[code]["message"].endswith(ours["message"].strip())


def test_an_expired_session_answers_as_recorded(session: requests.Session, errors: dict[str, Any]) -> None:
    answer = session.get("https://org.example/services/data/v66.0/limits", headers={"Authorization": "Bearer old"})
    assert (answer.status_code, answer.json()[0]) == (401, errors["INVALID_SESSION_ID"])


def test_the_codes_of_refusals_are_real_ones(shared: Path) -> None:
    known = set((shared / "fixtures/restforce/error_codes.txt").read_text().split())
    sources = (Path(__file__).parents[3] / "sync/sandbox").glob("*.py")
    text = "".join(source.read_text(encoding="utf-8") for source in sources)
    pieces = re.split(r'RefusalError\("|_refused\(field,"', re.sub(r"\s", "", text))
    raised = {piece.split('"')[0] for piece in pieces[1:]}
    assert raised - known <= {"INVALID_HEADER", "JSON_PARSER_ERROR", "LIMIT_EXCEEDED", "URI_TOO_LONG", "PRECONDITION_FAILED",
                              "INVALID_SESSION_ID", "NOT_FOUND", "MALFORMED_QUERY", "PROCESSING_HALTED",
                              "ALL_OR_NONE_OPERATION_ROLLED_BACK",
                              # Of Bulk 2.0, for which no exchange was recorded.
                              "API_ERROR", "API_VERSION_MISMATCH", "ClientInputError", "INVALIDBATCH", "INVALIDJOB",
                              "INVALIDJOBSTATE", "INVALIDLOCATOR", "INVALID_CSV", "InvalidBatch"}  # fmt: skip


def test_a_token_answers_with_the_documented_keys(session: requests.Session, shared: Path) -> None:
    from sync.sandbox.generate import CONSUMER_KEY, CONSUMER_SECRET

    documented = json.loads((shared / "fixtures/restforce/spec/fixtures/auth_success_response.json").read_text())
    form = {"grant_type": "client_credentials", "client_id": CONSUMER_KEY, "client_secret": CONSUMER_SECRET}
    ours = session.post("https://org.example/services/oauth2/token", form).json()
    # A signature is not verified by anyone here.
    assert documented.keys() - ours.keys() == {"signature"}


@pytest.fixture
def leads(session: requests.Session) -> Any:  # the library types it as any of its three clients
    """simple-salesforce's Bulk 2.0 client as it is, which was made for real orgs."""
    token = str(session.headers["Authorization"]).removeprefix("Bearer ")
    org = Salesforce(session_id=token, instance_url="https://org.example", version="66.0", session=session)
    return org.bulk2.Lead  # type: ignore[union-attr]  # as above


def test_the_library_s_bulk_client_reads_all_rows_page_by_page(world: World, leads: Any) -> None:
    pages = leads.query_all("SELECT Id, Name FROM Lead", max_records=50, wait=0.01)
    rows = [row for page in pages for row in csv.DictReader(io.StringIO(page))]
    assert [row["Id"] for row in rows] == list(world.tables["Lead"])


def test_the_library_s_bulk_client_updates_and_reads_the_verdicts(leads: Any, lead_id: str) -> None:
    records = [{"Id": lead_id, "Title": "部長"}, {"Id": "00Q5j00000000zzEAA", "Title": "部長"}]
    (told,) = leads.update(records=records, wait=0.01)
    assert (told["numberRecordsProcessed"], told["numberRecordsFailed"]) == (2, 1)
    assert lead_id in leads.get_successful_records(told["job_id"])
    assert "INVALID_CROSS_REFERENCE_KEY" in leads.get_failed_records(told["job_id"])
