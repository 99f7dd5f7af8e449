"""Bulk 2.0: jobs that go on between requests, results by locator, verdicts matched by id."""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
import requests

from sync.sandbox.faults import Fault, FaultKind
from sync.sandbox.server import SandboxOrg
from sync.sandbox.worlds import World

Ask = Callable[..., requests.Response]
QUERY = "SELECT Id, Name, IsConverted, Phone, SystemModstamp FROM Lead"


@pytest.fixture
def lead_ids(world: World) -> list[str]:
    """Open leads that no rule stands against."""
    leads = world.tables["Lead"].items()
    return [key for key, lead in leads if not lead["IsConverted"] and not lead["IsDeleted"] and lead.get("Phone")]


def rows_of(answer: requests.Response) -> list[list[str]]:
    answer.raise_for_status()
    return list(csv.reader(io.StringIO(answer.content.decode(), newline="")))


def queried(ask: Ask, soql: str = QUERY, operation: str = "queryAll") -> str:
    """A query job that is complete; its id."""
    job = ask("POST", "jobs/query", json={"operation": operation, "query": soql}).json()
    assert job["state"] == "UploadComplete"
    return polled(ask, f"jobs/query/{job['id']}")


def polled(ask: Ask, path: str) -> str:
    """Ask until the job has ended; its id."""
    while (job := ask("GET", path).json())["state"] in {"UploadComplete", "InProgress"}:
        pass
    return str(job["id"])


def ingested(ask: Ask, rows: Sequence[Sequence[str]], **given: str) -> str:
    """An update job that has ended; its id."""
    job_id = opened(ask, rows, **given)
    ask("PATCH", f"jobs/ingest/{job_id}", json={"state": "UploadComplete"}).raise_for_status()
    return polled(ask, f"jobs/ingest/{job_id}")


def opened(ask: Ask, rows: Sequence[Sequence[str]], **given: str) -> str:
    """An update job with its rows; its id."""
    asked = {"object": "Lead", "operation": "update", "contentType": "CSV", "lineEnding": "LF", **given}
    job_id = str(ask("POST", "jobs/ingest", json=asked).json()["id"])
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(rows)
    content = out.getvalue().encode()
    put = ask("PUT", f"jobs/ingest/{job_id}/batches", data=content, headers={"content-type": "text/csv"})
    assert put.status_code == 201
    return job_id


def state(ask: Ask, job_id: str, kind: str = "ingest") -> object:
    return ask("GET", f"jobs/{kind}/{job_id}").json()["state"]


def test_a_query_brings_every_row_page_by_page_to_the_locator_null(org: SandboxOrg, ask: Ask) -> None:
    path = f"jobs/query/{queried(ask)}/results"
    pages, locator = [], ""
    while locator != "null":
        answer = ask("GET", path, params={"maxRecords": 50, "locator": locator} if locator else {"maxRecords": 50})
        header, *rows = rows_of(answer)
        assert int(answer.headers["Sforce-NumberOfRecords"]) == len(rows)
        pages.append(rows)
        locator = answer.headers["Sforce-Locator"]
    assert header == ["Id", "Name", "IsConverted", "Phone", "SystemModstamp"]
    assert [row[0] for page in pages for row in page] == list(org.world.tables["Lead"])
    assert [len(page) for page in pages] == [50, 50, 20]


def test_a_locator_may_be_used_again(ask: Ask) -> None:
    path = f"jobs/query/{queried(ask)}/results"
    locator = ask("GET", path, params={"maxRecords": 30}).headers["Sforce-Locator"]
    params = {"maxRecords": 30, "locator": locator}
    assert ask("GET", path, params=params).content == ask("GET", path, params=params).content


def test_a_query_keeps_what_it_saw_when_it_was_made(ask: Ask, lead_ids: list[str]) -> None:
    job = queried(ask, "SELECT Id, Title FROM Lead")
    ask("PATCH", f"sobjects/Lead/{lead_ids[0]}", json={"Title": "later"})
    assert all(title != "later" for _, title in rows_of(ask("GET", f"jobs/query/{job}/results")))


def test_cells_are_written_as_bulk_writes_them(ask: Ask, lead_ids: list[str]) -> None:
    answer = ask("PATCH", f"sobjects/Lead/{lead_ids[0]}", json={"Description": 'a "b",\nc', "Title": None})
    answer.raise_for_status()
    job = queried(
        ask, f"SELECT Description, Title, IsConverted, SystemModstamp, Owner.Name FROM Lead WHERE Id = '{lead_ids[0]}'"
    )
    (row,) = rows_of(ask("GET", f"jobs/query/{job}/results"))[1:]
    assert row[:4] == ['a "b",\nc', "", "false", "2026-11-21T09:00:00.000Z"]
    assert row[4]


def test_no_rows_are_a_header_and_no_more(ask: Ask) -> None:
    job = queried(ask, f"{QUERY} WHERE Name = 'nobody'")
    answer = ask("GET", f"jobs/query/{job}/results")
    headers = (answer.headers["Sforce-NumberOfRecords"], answer.headers["Sforce-Locator"])
    assert (len(rows_of(answer)), headers) == (1, ("0", "null"))


@pytest.mark.parametrize(
    "soql", ["SELECT COUNT() FROM Lead", "SELECT Id FROM Lead OFFSET 3", "SELECT Nothing FROM Lead"]
)
def test_bulk_refuses_a_query_it_cannot_run(ask: Ask, soql: str) -> None:
    assert ask("POST", "jobs/query", json={"operation": "query", "query": soql}).status_code == 400


def test_a_job_is_asked_in_the_version_it_was_made_in(session: requests.Session, ask: Ask) -> None:
    job = queried(ask)
    answer = session.get(f"https://org.example/services/data/v65.0/jobs/query/{job}")
    assert answer.status_code == 409


def test_a_job_is_kept_for_seven_days(org: SandboxOrg, ask: Ask) -> None:
    job = queried(ask)
    org.act(lambda world, _: replace(world, switches=replace(world.switches, session_seconds=1)))
    org.advance(timedelta(days=7).total_seconds())
    assert len(org.world.jobs) == 1
    org.advance(1)
    org.act(
        lambda world, now: replace(
            world, sessions={key: replace(s, expires_at=now + timedelta(hours=1)) for key, s in world.sessions.items()}
        )
    )
    assert ask("GET", f"jobs/query/{job}").status_code == 404


def test_every_row_has_its_verdict_by_id(ask: Ask, lead_ids: list[str]) -> None:
    one, two, three = lead_ids[:3]
    rows = [["Id", "Title", "Grade__c"], [one, "部長", "A"], [two, "課長", "too long"], [three, "", "#N/A"]]
    job = ingested(ask, rows)
    done = rows_of(ask("GET", f"jobs/ingest/{job}/successfulResults"))
    failed = rows_of(ask("GET", f"jobs/ingest/{job}/failedResults"))
    assert done[0] == ["sf__Id", "sf__Created", "Id", "Title", "Grade__c"]
    assert {row[0]: row[1:] for row in done[1:]} == {one: ["false", *rows[1]], three: ["false", *rows[3]]}
    assert failed[0] == ["sf__Id", "sf__Error", "Id", "Title", "Grade__c"]
    assert failed[1][:2] == [two, "STRING_TOO_LONG:Grade: data value too large: too long (max length=2):Grade__c --"]
    assert rows_of(ask("GET", f"jobs/ingest/{job}/unprocessedrecords")) == [rows[0]]
    counted = ask("GET", f"jobs/ingest/{job}").json()
    assert (counted["state"], counted["numberRecordsProcessed"], counted["numberRecordsFailed"]) == (
        "JobComplete",
        3,
        1,
    )


def test_an_empty_cell_leaves_a_field_and_na_clears_it(org: SandboxOrg, ask: Ask, lead_ids: list[str]) -> None:
    ask("PATCH", f"sobjects/Lead/{lead_ids[0]}", json={"Title": "部長", "Grade__c": "A"}).raise_for_status()
    ingested(ask, [["Id", "Title", "Grade__c"], [lead_ids[0], "", "#N/A"]])
    lead = org.world.tables["Lead"][lead_ids[0]]
    assert (lead.get("Title"), lead.get("Grade__c")) == ("部長", None)


def test_results_come_in_another_order_than_the_rows(ask: Ask, lead_ids: list[str]) -> None:
    job = ingested(ask, [["Id", "Title"], *([key, "部長"] for key in lead_ids[:40])])
    done = [row[0] for row in rows_of(ask("GET", f"jobs/ingest/{job}/successfulResults"))[1:]]
    assert (sorted(done), done == lead_ids[:40]) == (sorted(lead_ids[:40]), False)


def test_the_assignment_rule_does_not_run(org: SandboxOrg, ask: Ask, lead_ids: list[str]) -> None:
    owner = org.world.tables["Lead"][lead_ids[0]]["OwnerId"]
    ingested(ask, [["Id", "Title"], [lead_ids[0], "部長"]])
    assert org.world.tables["Lead"][lead_ids[0]]["OwnerId"] == owner


def test_nothing_is_applied_before_the_job_is_closed(org: SandboxOrg, ask: Ask, lead_ids: list[str]) -> None:
    job = opened(ask, [["Id", "Title"], [lead_ids[0], "部長"]])
    assert state(ask, job) == "Open"
    ask("PATCH", f"jobs/ingest/{job}", json={"state": "Aborted"})
    assert (state(ask, job), list(org.world.writes)) == ("Aborted", [])


def test_a_job_takes_its_rows_once(ask: Ask, lead_ids: list[str]) -> None:
    job = opened(ask, [["Id", "Title"], [lead_ids[0], "部長"]])
    again = ask("PUT", f"jobs/ingest/{job}/batches", data=b"Id\n", headers={"content-type": "text/csv"})
    assert again.status_code == 400


def test_a_job_is_at_work_as_long_as_the_switch_says(org: SandboxOrg, ask: Ask, lead_ids: list[str]) -> None:
    org.act(lambda world, _: replace(world, switches=replace(world.switches, bulk_batch_seconds=30.0, bulk_polls=2)))
    job = opened(ask, [["Id", "Title"], [lead_ids[0], "部長"]])
    ask("PATCH", f"jobs/ingest/{job}", json={"state": "UploadComplete"})
    seen = [state(ask, job), state(ask, job), state(ask, job)]
    assert (seen, list(org.world.writes)) == (["UploadComplete", "InProgress", "InProgress"], [])
    org.advance(30)
    assert (state(ask, job), len(org.world.writes)) == ("JobComplete", 1)


@pytest.mark.parametrize(("kind", "ended"), [(FaultKind.JOB_FAILED, "Failed"), (FaultKind.JOB_ABORTED, "Aborted")])
def test_a_job_that_falls_keeps_what_it_has_done(
    org: SandboxOrg, ask: Ask, lead_ids: list[str], kind: FaultKind, ended: str
) -> None:
    switches = replace(org.world.switches, bulk_batch_rows=20)
    org.act(lambda world, _: replace(world, switches=switches, faults=(Fault(kind, "jobs/ingest", after=2),)))
    header, rows = ["Id", "Title"], [[key, f"t{key}"] for key in lead_ids[:60]]
    job = ingested(ask, [header, *rows])
    left = rows_of(ask("GET", f"jobs/ingest/{job}/unprocessedrecords"))
    done = rows_of(ask("GET", f"jobs/ingest/{job}/successfulResults"))
    assert (state(ask, job), sorted(left[1:]), len(done) - 1) == (ended, sorted(rows[40:]), 40)


def test_one_row_can_spoil_the_two_hundred_saved_with_it(org: SandboxOrg, ask: Ask, lead_ids: list[str]) -> None:
    poison = Fault(FaultKind.POISON, record_id=lead_ids[0], times=9)
    org.act(lambda world, _: replace(world, faults=(poison,)))
    job = ingested(ask, [["Id", "Title"], *([key, "部長"] for key in lead_ids[:3])])
    failed = rows_of(ask("GET", f"jobs/ingest/{job}/failedResults"))[1:]
    assert sorted(row[0] for row in failed) == sorted(lead_ids[:3])
    assert {row[1].partition(":")[0] for row in failed} == {"CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"}


def test_a_stuck_job_can_be_aborted(org: SandboxOrg, ask: Ask) -> None:
    org.act(lambda world, _: replace(world, faults=(Fault(FaultKind.JOB_STUCK, "jobs/query"),)))
    job = str(ask("POST", "jobs/query", json={"operation": "query", "query": QUERY}).json()["id"])
    assert {state(ask, job, "query") for _ in range(20)} == {"InProgress"}
    assert ask("PATCH", f"jobs/query/{job}", json={"state": "Aborted"}).json()["state"] == "Aborted"


@pytest.mark.parametrize(
    ("given", "content", "message"),
    [
        ({}, b"Id,Nothing__c\n", "Field name not found"),
        ({}, b"Id,Title\r\n", "LineEnding is invalid"),
        ({"lineEnding": "CRLF"}, b"Id,Title\n", "LineEnding is invalid"),
    ],
    ids=["a column that is no field", "CRLF for LF", "LF for CRLF"],
)
def test_a_file_that_cannot_be_read_fails_the_job(
    ask: Ask, given: dict[str, str], content: bytes, message: str
) -> None:
    asked = {"object": "Lead", "operation": "update", **given}
    job = ask("POST", "jobs/ingest", json=asked).json()["id"]
    ask("PUT", f"jobs/ingest/{job}/batches", data=content, headers={"content-type": "text/csv"})
    ask("PATCH", f"jobs/ingest/{job}", json={"state": "UploadComplete"})
    told = ask("GET", f"jobs/ingest/{polled(ask, f'jobs/ingest/{job}')}").json()
    assert (told["state"], message in told["errorMessage"]) == ("Failed", True)


def test_jobs_are_listed_with_who_made_them(org: SandboxOrg, ask: Ask, lead_ids: list[str]) -> None:
    job = opened(ask, [["Id", "Title"], [lead_ids[0], "部長"]])
    queried(ask)
    user = org.world.user_named("leadsync@sandbox.example") or {}
    listed = ask("GET", "jobs/ingest").json()
    assert [(one["id"], one["state"], one["createdById"]) for one in listed["records"]] == [(job, "Open", user["Id"])]
    assert (listed["done"], listed["nextRecordsUrl"]) == (True, None)


def test_a_job_that_has_ended_can_be_deleted(ask: Ask) -> None:
    job = queried(ask)
    assert ask("DELETE", f"jobs/query/{job}").status_code == 204
    assert ask("GET", f"jobs/query/{job}").status_code == 404


def test_a_cut_result_is_noticed_by_the_transport(org: SandboxOrg, ask: Ask) -> None:
    path = f"jobs/query/{queried(ask)}/results"
    org.act(lambda world, _: replace(world, faults=(Fault(FaultKind.CUT, "/results", after=300),)))
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        ask("GET", path)


@pytest.mark.parametrize(
    ("kind", "rows", "count"),
    [(FaultKind.TRUNCATED, 4, "120"), (FaultKind.SHORT, 120, "120"), (FaultKind.UNCOUNTED, 121, None)],
)
def test_a_result_can_be_spoiled(org: SandboxOrg, ask: Ask, kind: FaultKind, rows: int, count: str | None) -> None:
    path = f"jobs/query/{queried(ask)}/results"
    org.act(lambda world, _: replace(world, faults=(Fault(kind, "/results", after=300),)))
    answer = ask("GET", path)
    assert (len(rows_of(answer)), answer.headers.get("Sforce-NumberOfRecords")) == (rows, count)


def test_a_page_can_name_itself_as_the_next(org: SandboxOrg, ask: Ask) -> None:
    path = f"jobs/query/{queried(ask)}/results"
    first = ask("GET", path, params={"maxRecords": 50})
    org.act(lambda world, _: replace(world, faults=(Fault(FaultKind.REPEATED, "/results"),)))
    locator = first.headers["Sforce-Locator"]
    second = ask("GET", path, params={"maxRecords": 50, "locator": locator})
    assert second.headers["Sforce-Locator"] == locator
