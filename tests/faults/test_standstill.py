"""A real process that stands still past its lease, in mid-call, on both stores: it can write nothing more (row S4)."""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest

from config.settings.settings import FILE
from engine.errors import TransientError
from sync.app import open_worker
from sync.host.host import host_clock
from sync.sandbox.faults import Fault, FaultKind
from sync.sandbox.server import Opened, opened
from sync.store.vocabulary import SlotState
from tests.command import start
from tests.faults.test_schedule import SETTINGS, broken, ended, events, owe, owed
from tests.sandbox_org import firings
from tests.stage import RULEBOOK, staged

pytestmark = pytest.mark.long

# It is stopped while the org is silent: with its first question, or with a write that the org has taken or not.
STOPS = {
    "asking": Fault(FaultKind.HANG, path="/composite"),
    "writing, not taken": Fault(FaultKind.HANG, path="/composite", holds="Leadsync_Run__c"),
    "writing, taken": Fault(FaultKind.HANG, path="/composite", holds="Leadsync_Run__c", applied=True),
}


@pytest.fixture
def folder(tmp_path: Path, store_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with 40 leads whose fields wait to be written, and one slot that is owed, in a store of either kind."""
    monkeypatch.setenv("LEADSYNC_STORE", store_url)
    folder = tmp_path / "folder"
    with staged(folder, leads=40, seed=4, rulebook=RULEBOOK) as stage:
        stage.plan()
        stage.approve()
        stage.advance(600)
    (folder / FILE).write_text(SETTINGS + "read timeout seconds: 5\n", encoding="utf-8")
    owe(folder)
    return folder


@pytest.mark.parametrize("fault", STOPS.values(), ids=STOPS.keys())
def test_s4_one_that_stood_still_past_its_lease_writes_nothing_and_loses_its_slot(folder: Path, fault: Fault) -> None:
    with opened(folder / "data" / "sandbox", host_clock().now) as org:
        assert org.server is not None
        org.server.act(lambda world, _: broken(world, fault))
        paused = start(folder, "serve")
        until(lambda: not org.server or not org.server.world.faults)
        stand_still(paused, folder, org)
        follower = start(folder, "serve")
        assert events(follower, until="slot finished")["state"] == "done"
        written = len(org.server.world.writes)
        os.kill(paused.pid, signal.SIGCONT)
        assert events(paused, until="slot finished")["state"] == "lost"
        for process in (paused, follower):
            process.send_signal(signal.SIGTERM)

        assert [ended(paused), ended(follower)] == [0, 0]
        assert (owed(folder, org).state, owed(folder, org).attempts) == (SlotState.DONE, 2)
        assert len(org.server.world.writes) == written
        assert set(firings(org.server.world).values()) == {1}


def stand_still(process: "subprocess.Popen[str]", folder: Path, org: Opened) -> None:
    """Stop it where it does not hold the store: it renews its lease now and then, and then nobody could go on."""
    while True:
        os.kill(process.pid, signal.SIGSTOP)
        try:
            with open_worker(folder, sandbox=org) as worker, worker.store.transaction():
                return
        except TransientError:
            os.kill(process.pid, signal.SIGCONT)


def until(is_so: Callable[[], bool]) -> None:
    for _ in range(2_400):
        if is_so():
            return
        Event().wait(0.05)
    raise AssertionError
