"""The schedule with real processes: several at once, killed, and told to end (rows S1 to S7)."""

import json
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import select

from config.settings.settings import FILE
from sync.app import open_worker
from sync.host.host import host_clock
from sync.run import Worker
from sync.sandbox.faults import Fault, FaultKind
from sync.sandbox.server import Opened, opened
from sync.sandbox.worlds import World
from sync.store import runs, slots
from sync.store.slots import Slot
from sync.store.tables import slots as rows
from sync.store.vocabulary import SlotState
from tests.command import leadsync, start
from tests.scenes import closed
from tests.stage import RULEBOOK, START, staged

pytestmark = pytest.mark.long

# Due once a year, and last year's is done: exactly one slot is owed, whenever the tests are run.
SETTINGS = """org: sandbox
language: en
lease seconds: 10
lease renew seconds: 2
syncs: {leads: {cron: '0 0 1 1 *', time zone: UTC}, sweep: off}
"""
DONE = datetime(START.year - 1, 1, 1, tzinfo=UTC)
OWED = datetime(START.year, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with 40 leads whose fields wait to be written, and one slot that is owed."""
    folder = tmp_path_factory.mktemp("schedule") / "folder"
    with staged(folder, leads=40, seed=4, rulebook=RULEBOOK) as stage:
        stage.plan()
        stage.approve()
        stage.advance(600)
    (folder / FILE).write_text(SETTINGS, encoding="utf-8")
    owe(folder)
    return folder


@pytest.fixture
def folder(prepared: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(closed(prepared), tmp_path / "folder"))


def owe(folder: Path) -> None:
    """Last year's slot went well."""
    with open_worker(folder) as worker, worker.store.transaction() as tx:
        slot = slots.take(tx, "leads", DONE, holder=worker.holder, at=DONE)
        assert slot
        slots.finish(tx, slot, SlotState.DONE, at=DONE)


@contextmanager
def looking(folder: Path, org: Opened | None = None) -> Iterator[Worker]:
    with open_worker(folder, sandbox=org) as worker:
        yield worker


def owed(folder: Path, org: Opened | None = None) -> Slot:
    """How the slot that was owed stands now."""
    with looking(folder, org) as worker, worker.store.read() as tx:
        found = slots.last(tx, "leads")
    assert found is not None
    assert found.due_at == OWED
    return found


def runs_of(folder: Path, org: Opened | None = None) -> list[str | None]:
    """Outcomes of the runs of the schedule, the newest first."""
    with looking(folder, org) as worker, worker.store.read() as tx:
        return [run.outcome for run in runs.latest(tx) if run.verb == "run"]


def events(process: "subprocess.Popen[str]", *, until: str) -> dict[str, object]:
    """Read the log of a process up to this event."""
    assert process.stderr is not None
    for line in process.stderr:
        told: dict[str, object] = json.loads(line)
        if told["event"] == until:
            return told
    raise AssertionError(f"it ended without {until!r}")


def ended(process: "subprocess.Popen[str]") -> int:
    process.communicate(timeout=300)
    return process.returncode


def test_s1_of_many_processes_at_once_one_runs_the_slot(
    folder: Path, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADSYNC_STORE", store_url)
    owe(folder)
    with opened(folder / "data" / "sandbox", host_clock().now) as org:
        servers = [start(folder, "serve") for _ in range(2)]
        others = [start(folder, "run", "--once") for _ in range(2)]
        codes = {ended(process) for process in others}
        events(servers[0], until="sync scheduled")
        wait_for(folder, org, SlotState.DONE)
        for process in servers:
            process.send_signal(signal.SIGTERM)

        # 8: somebody else was at work on it.
        assert (codes - {0, 8}, [ended(process) for process in servers]) == (set(), [0, 0])
        assert (owed(folder, org).state, owed(folder, org).attempts) == (SlotState.DONE, 1)
        assert runs_of(folder, org) == ["done"]


def test_s1_a_run_once_says_that_it_is_still_at_work(folder: Path) -> None:
    """Or its slot would be lost after a lease's time, and be run by another worker as well."""
    with opened(folder / "data" / "sandbox", host_clock().now) as org:
        assert org.server is not None
        org.server.act(
            lambda world, _: broken(world, Fault(FaultKind.HANG, path="/composite", holds="PATCH", times=99))
        )
        process = start(folder, "run", "--once")
        wait_for(folder, org, SlotState.RUNNING)
        is_seen = wait_until_seen(folder, org)
        process.kill()
        ended(process)

    assert is_seen


def wait_until_seen(folder: Path, org: Opened) -> bool:
    """Whether the holder of the slot that is owed says anything more than that it has taken it."""
    with looking(folder, org) as worker:
        for _ in range(600):
            with worker.store.read() as tx:
                row = tx.execute(select(rows.c.taken_at, rows.c.seen_at).where(rows.c.due_at == OWED)).one()
            if row.seen_at > row.taken_at:
                return True
            Event().wait(0.05)
    return False


@pytest.mark.parametrize("point", ["slot taken", "intent committed", "answer received", "slot worked"])
def test_s4_a_slot_whose_worker_was_killed_is_taken_over_at_once(folder: Path, point: str) -> None:
    killed = leadsync(folder, "run", "--once", crash_at=f"{point}:1")
    followed = leadsync(folder, "run", "--once")

    assert (killed.returncode, followed.returncode) == (137, 0), followed.stderr
    assert (owed(folder).state, owed(folder).attempts) == (SlotState.DONE, 2)
    assert leadsync(folder, "audit", "verify").returncode == 0


def test_s7_told_to_end_when_idle_it_ends_with_zero(folder: Path) -> None:
    process = start(folder, "serve")
    assert events(process, until="slot finished")["state"] == "done"
    process.send_signal(signal.SIGTERM)

    assert (ended(process), owed(folder).state) == (0, SlotState.DONE)


def test_s7_told_to_end_at_work_it_ends_at_a_safe_point_and_the_next_goes_on(folder: Path) -> None:
    process = start(folder, "serve")
    events(process, until="sync scheduled")
    process.send_signal(signal.SIGTERM)

    assert ended(process) == 0
    assert leadsync(folder, "run", "--once").returncode == 0
    assert owed(folder).state is SlotState.DONE
    assert leadsync(folder, "audit", "verify").returncode == 0


def test_s7_told_twice_it_ends_at_once_and_the_next_goes_on(folder: Path) -> None:
    with opened(folder / "data" / "sandbox", host_clock().now) as org:
        assert org.server is not None
        org.server.act(lambda world, _: broken(world, Fault(FaultKind.HANG, path="/composite", times=99)))
        process = start(folder, "serve")
        wait_for(folder, org, SlotState.RUNNING)
        process.send_signal(signal.SIGTERM)
        events(process, until="told to end")
        process.send_signal(signal.SIGTERM)

        assert ended(process) == 143
        org.server.act(lambda world, _: broken(world))
        assert leadsync(folder, "run", "--once").returncode == 0
        assert owed(folder, org).state is SlotState.DONE


def wait_for(folder: Path, org: Opened, state: SlotState) -> None:
    """Until somebody has brought the slot that is owed into this state."""
    with looking(folder, org) as worker:
        for _ in range(6_000):
            with worker.store.read() as tx:
                found = slots.last(tx, "leads")
            if found is not None and (found.due_at, found.state) == (OWED, state):
                return
            Event().wait(0.05)
    raise AssertionError(state)


def broken(world: World, *faults: Fault) -> World:
    return replace(world, faults=faults)
