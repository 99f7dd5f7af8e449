"""A saved world survives whatever happens to the process that serves it."""

import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from engine.errors import StoreError
from sync.sandbox.clock import OrgClock
from sync.sandbox.generate import CONSUMER_KEY, CONSUMER_SECRET, generate
from sync.sandbox.jobs import Job, RowVerdict
from sync.sandbox.opening import opened
from sync.sandbox.org import SandboxOrg
from sync.sandbox.people import add, connector_weekend, edit, hard_delete, late
from sync.sandbox.saved_org import SavedWorld
from sync.sandbox.worlds import World

NOW = datetime(2026, 11, 21, 9, 0, 0, tzinfo=UTC)


def kept(world: World) -> World:
    """What a saved world promises to keep."""
    return replace(world, sessions={}, cursors={}, faults=())


def work(folder: Path, world: World, lead_id: str) -> SandboxOrg:
    org = SandboxOrg(world, OrgClock.held_at(NOW), SavedWorld(folder).save(world))
    org.act(lambda world, now: edit(world, now, "suzuki", lead_id, {"Rating": "Warm", "Title": None}))
    org.advance(3600)
    org.act(lambda world, now: add(world, now, "tanaka", "Task", {"WhoId": lead_id, "Status": "Completed"}))
    return org


def test_a_world_comes_back_as_it_was(tmp_path: Path, world: World, lead_id: str) -> None:
    org = work(tmp_path, world, lead_id)
    loaded, _ = SavedWorld(tmp_path).load()
    again, _ = SavedWorld(tmp_path).load()
    assert kept(org.world) == loaded == again


def test_a_line_torn_by_a_crash_is_dropped(tmp_path: Path, world: World, lead_id: str) -> None:
    org = work(tmp_path, world, lead_id)
    with (tmp_path / "journal.jsonl").open("a", encoding="utf-8") as journal:
        journal.write('{"records": [{"Id": "00Q5')
    assert SavedWorld(tmp_path).load()[0] == kept(org.world)
    assert SavedWorld(tmp_path).load()[0] == kept(org.world)


def test_of_work_on_many_records_all_is_kept_or_nothing(tmp_path: Path) -> None:
    world = generate(leads=1500, seed=1, now=NOW, activities_per_lead=0)
    org = SandboxOrg(world, OrgClock.held_at(NOW), SavedWorld(tmp_path).save(world))
    org.act(lambda world, now: connector_weekend(world, now, 1.0))
    journal = tmp_path / "journal.jsonl"
    whole = journal.read_bytes()
    assert len(whole.splitlines()) == 3
    assert SavedWorld(tmp_path).load()[0] == kept(org.world)
    journal.write_bytes(b"".join(whole.splitlines(keepends=True)[:2]))
    assert SavedWorld(tmp_path).load()[0] == kept(world)


def test_a_journal_of_another_checkpoint_is_not_read(tmp_path: Path, world: World, lead_id: str) -> None:
    org = work(tmp_path, world, lead_id)
    old = (tmp_path / "journal.jsonl").read_bytes()
    SavedWorld(tmp_path).save(org.world)
    (tmp_path / "journal.jsonl").write_bytes(old)
    assert SavedWorld(tmp_path).load()[0] == kept(org.world)


def test_what_is_gone_for_good_stays_gone(tmp_path: Path, world: World, lead_id: str) -> None:
    org = work(tmp_path, world, lead_id)
    org.act(lambda world, now: hard_delete(world, now, "takahashi", lead_id))
    assert lead_id not in SavedWorld(tmp_path).load()[0].tables["Lead"]


def test_jobs_are_kept_with_their_rows_and_verdicts(tmp_path: Path, world: World, lead_id: str) -> None:
    given = {
        "kind": "ingest",
        "object": "Lead",
        "user_id": "005",
        "version": "v66.0",
        "created_at": NOW,
        "changed_at": NOW,
    }
    opened_job = Job(id="7505j0000000001AAA", operation="update", content=f"Id,Title\n{lead_id},部長\n", **given)  # type: ignore[arg-type]
    asked = replace(opened_job, id="7505j0000000002AAA", kind="query", operation="query", content=None,
                    soql="SELECT Id FROM Lead LIMIT 3", rows=tuple(list(world.tables["Lead"].values())[:3]))  # fmt: skip
    org = SandboxOrg(world, OrgClock.held_at(NOW), SavedWorld(tmp_path).save(world))
    org.act(lambda world, _: replace(world, jobs={job.id: job for job in (opened_job, asked)}))
    batch = (RowVerdict(lead_id),)
    done = replace(opened_job, verdicts=(batch,), position=5, closed_at=NOW)
    org.act(lambda world, _: replace(world, jobs={**world.jobs, done.id: done}))
    loaded, _ = SavedWorld(tmp_path).load()
    again, _ = SavedWorld(tmp_path).load()
    assert loaded.jobs == again.jobs == {done.id: done, asked.id: asked}


def test_an_open_transaction_commits_after_the_org_was_killed(tmp_path: Path, world: World, lead_id: str) -> None:
    org = SandboxOrg(world, OrgClock.held_at(NOW), SavedWorld(tmp_path).save(world))
    org.act(lambda w, now: late(w, now, 60, lambda w, now: edit(w, now, "suzuki", lead_id, {"Title": "later"})))
    loaded, journal = SavedWorld(tmp_path).load()
    assert loaded.tables["Lead"][lead_id].get("Title") != "later"
    revived = SandboxOrg(loaded, OrgClock.held_at(NOW + timedelta(seconds=60)), journal)
    revived.act(lambda world, _: world)
    assert (revived.world.tables["Lead"][lead_id]["Title"], len(revived.world.writes)) == ("later", 1)


def test_a_damaged_world_is_named(tmp_path: Path, world: World) -> None:
    SavedWorld(tmp_path).save(world)
    (tmp_path / "world.json.gz").write_bytes(b"nonsense")
    with pytest.raises(StoreError, match="SB-101"):
        SavedWorld(tmp_path).load()


def test_reading_leaves_the_journal_alone(tmp_path: Path, world: World) -> None:
    org = SandboxOrg(world, OrgClock.held_at(NOW), SavedWorld(tmp_path).save(world))
    before = (tmp_path / "journal.jsonl").read_bytes()
    org.act(lambda world, _: replace(world, api_calls=world.api_calls + 1))
    assert (tmp_path / "journal.jsonl").read_bytes() == before


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
from sync.sandbox.jobs import Job, RowVerdict
from sync.sandbox.opening import opened

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
    loaded, _ = SavedWorld(tmp_path).load()
    assert (answer.status_code, loaded.tables["Lead"][lead_id]["Title"], len(loaded.writes)) == (204, "会長", 1)
