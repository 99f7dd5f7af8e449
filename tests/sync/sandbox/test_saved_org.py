"""A saved world survives whatever happens to the process that serves it."""

import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from engine.errors import StoreError, UsageError
from sync.sandbox.clock import OrgClock
from sync.sandbox.generate import CONSUMER_KEY, CONSUMER_SECRET, generate
from sync.sandbox.saved_org import SavedWorld
from sync.sandbox.server import SandboxOrg, opened
from sync.sandbox.worlds import JobState, World
from tests.people import add, connector_weekend, edit, hard_delete, late
from tests.sandbox_org import contents

NOW = datetime(2026, 11, 21, 9, 0, 0, tzinfo=UTC)


@pytest.fixture
def org(tmp_path: Path, world: World) -> SandboxOrg:
    """Saved: all that is asked of it is kept."""
    return SandboxOrg(SavedWorld(tmp_path).save(world), OrgClock(lambda: NOW))


def work(org: SandboxOrg, lead_id: str) -> None:
    org.act(lambda world, now: edit(world, now, "suzuki", lead_id, {"Rating": "Warm", "Title": None}))
    org.advance(3600)
    org.act(lambda world, now: add(world, now, "tanaka", "Task", {"WhoId": lead_id, "Status": "Completed"}))


def test_a_world_comes_back_as_it_was(tmp_path: Path, org: SandboxOrg, lead_id: str) -> None:
    work(org, lead_id)
    loaded = contents(SavedWorld(tmp_path).load())
    assert contents(org.world) == loaded == contents(SavedWorld(tmp_path).load())


def test_what_a_crash_tore_off_has_not_been(tmp_path: Path, org: SandboxOrg, lead_id: str) -> None:
    work(org, lead_id)
    before = contents(org.world)
    org.act(lambda world, now: edit(world, now, "suzuki", lead_id, {"Title": "torn"}))
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("world.sqlite", "world.sqlite-wal"):
        (copy / name).write_bytes((tmp_path / name).read_bytes())
    log = copy / "world.sqlite-wal"
    log.write_bytes(log.read_bytes()[:-100])
    assert contents(SavedWorld(copy).load()) == before


def test_of_work_that_breaks_off_nothing_is_kept(tmp_path: Path) -> None:
    world = generate(leads=300, seed=1, now=NOW, activities_per_lead=0)
    org = SandboxOrg(SavedWorld(tmp_path).save(world), OrgClock(lambda: NOW))

    def broken(world: World, now: datetime) -> World:
        connector_weekend(world, now, 1.0)
        raise InterruptedError

    with pytest.raises(InterruptedError):
        org.act(broken)
    assert contents(SavedWorld(tmp_path).load()) == contents(org.world) == contents(world)


def test_a_world_that_is_saved_again_is_the_new_one(tmp_path: Path, org: SandboxOrg, lead_id: str) -> None:
    work(org, lead_id)
    other = generate(leads=10, seed=2, now=NOW)
    SavedWorld(tmp_path).save(other)
    assert contents(SavedWorld(tmp_path).load()) == contents(other)


def test_what_is_gone_for_good_stays_gone(tmp_path: Path, org: SandboxOrg, lead_id: str) -> None:
    work(org, lead_id)
    org.act(lambda world, now: hard_delete(world, now, "takahashi", lead_id))
    assert lead_id not in SavedWorld(tmp_path).load().tables["Lead"]


def test_a_job_goes_on_after_a_restart(
    tmp_path: Path, org: SandboxOrg, ask: Callable[..., requests.Response], lead_id: str
) -> None:
    asked = {"object": "Lead", "operation": "update", "contentType": "CSV"}
    job_id = ask("POST", "jobs/ingest", json=asked).json()["id"]
    content, csv = f"Id,Title\n{lead_id},部長\n".encode(), {"content-type": "text/csv"}
    ask("PUT", f"jobs/ingest/{job_id}/batches", data=content, headers=csv).raise_for_status()
    ask("PATCH", f"jobs/ingest/{job_id}", json={"state": "UploadComplete"}).raise_for_status()
    query = {"operation": "query", "query": "SELECT Id FROM Lead LIMIT 3"}
    query_id = ask("POST", "jobs/query", json=query).json()["id"]
    ask("GET", f"jobs/ingest/{job_id}")
    loaded = SavedWorld(tmp_path).load()
    org.world = replace(loaded, sessions=org.world.sessions)
    states = [ask("GET", path).json()["state"] for path in (f"jobs/ingest/{job_id}", f"jobs/query/{query_id}") * 2]
    assert set(states[2:]) == {JobState.COMPLETE}
    assert len(ask("GET", f"jobs/query/{query_id}/results").text.splitlines()) == 4
    assert lead_id in ask("GET", f"jobs/ingest/{job_id}/successfulResults").text
    assert [write.record_id for write in loaded.writes] == [lead_id]


def test_an_open_transaction_commits_after_the_org_was_killed(tmp_path: Path, org: SandboxOrg, lead_id: str) -> None:
    org.act(lambda w, now: late(w, now, 60, lambda w, now: edit(w, now, "suzuki", lead_id, {"Title": "later"})))
    loaded = SavedWorld(tmp_path).load()
    assert loaded.tables["Lead"][lead_id].get("Title") != "later"
    revived = SandboxOrg(loaded, OrgClock(lambda: NOW + timedelta(seconds=60)))
    revived.act(lambda world, _: world)
    assert (revived.world.tables["Lead"][lead_id]["Title"], len(revived.world.writes)) == ("later", 1)


def test_a_damaged_world_is_named(tmp_path: Path) -> None:
    (tmp_path / "world.sqlite").write_bytes(b"nonsense")
    with pytest.raises(StoreError, match="SB-101"):
        SavedWorld(tmp_path).load()


def test_reading_writes_nothing(tmp_path: Path, org: SandboxOrg) -> None:
    before = (tmp_path / "world.sqlite-wal").read_bytes()
    org.act(lambda world, _: replace(world, api_calls=world.api_calls + 1))
    assert (tmp_path / "world.sqlite-wal").read_bytes() == before


def test_a_second_process_joins_the_first(tmp_path: Path, world: World) -> None:
    SavedWorld(tmp_path).save(world)
    with opened(tmp_path, lambda: NOW) as first, opened(tmp_path, lambda: NOW) as second:
        assert (second.url, second.server) == (first.url, None)
        assert requests.get(f"{second.url}/services/data", timeout=5).status_code == 200
    with opened(tmp_path, lambda: NOW) as third:
        assert third.server is not None


_SERVE = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from sync.sandbox.server import opened

with opened(Path(sys.argv[1]), lambda: datetime(2026, 11, 21, 9, tzinfo=UTC)) as org:
    print(org.url, flush=True)
    sys.stdin.read()
"""


def test_a_killed_server_has_kept_every_answered_write(tmp_path: Path, world: World, lead_id: str) -> None:
    SavedWorld(tmp_path).save(world)
    with subprocess.Popen(
        [sys.executable, "-c", _SERVE, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        cwd=Path(__file__).parents[3],
    ) as server:  # fmt: skip
        url = server.stdout.readline().strip() if server.stdout else ""
        form = {"grant_type": "client_credentials", "client_id": CONSUMER_KEY, "client_secret": CONSUMER_SECRET}
        token = requests.post(f"{url}/services/oauth2/token", form, timeout=10).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}", "Sforce-Auto-Assign": "FALSE"}
        answer = requests.patch(f"{url}/services/data/v66.0/sobjects/Lead/{lead_id}", json={"Title": "会長"},
                                headers=headers, timeout=10)  # fmt: skip
        server.send_signal(signal.SIGKILL)
    loaded = SavedWorld(tmp_path).load()
    assert (answer.status_code, loaded.tables["Lead"][lead_id]["Title"], len(loaded.writes)) == (204, "会長", 1)


def test_an_org_that_another_version_saved_is_refused_as_such(tmp_path: Path) -> None:
    (tmp_path / "world.json.gz").write_bytes(b"of long ago")
    with pytest.raises(UsageError, match="SB-105"), opened(tmp_path, lambda: NOW):
        pass
