"""Crash anywhere: the next run takes over at once and ends where an undisturbed one ends, no trigger fired twice."""

import shutil
import signal
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import pytest

from engine.changes.states import OPEN, State
from sync.app import open_worker
from sync.sandbox.faults import Fault, FaultKind
from sync.sandbox.saved_org import SavedWorld
from sync.sandbox.server import Opened, opened
from sync.sandbox.worlds import World
from sync.store import changes, memory
from tests.command import leadsync, start
from tests.sandbox_org import firings
from tests.scenes import closed
from tests.stage import staged

pytestmark = pytest.mark.long

# What differs between two runs though nothing differs: when it was, and which run it was.
_PASSING = {"LastModifiedDate", "LastModifiedById", "SystemModstamp", "Leadsync_Run__c", "Assigned_At__c"}


@dataclass(frozen=True)
class Outcome:
    """Where a folder and its org have got to."""

    leads: Mapping[str, Mapping[str, object]]
    firings: Mapping[str, int]
    tags: object
    turns: object
    states: Mapping[str, State]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a whole baseline approved: 60 leads, fields and owners, tags and turns, nothing sent yet."""
    folder = tmp_path_factory.mktemp("crash") / "folder"
    with staged(folder, leads=60, seed=4) as stage:
        stage.plan()
        stage.approve()
        stage.advance(600)
    return folder


@pytest.fixture
def folder(prepared: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(closed(prepared), tmp_path / "folder"))


@pytest.fixture(scope="module")
def undisturbed(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    folder = Path(shutil.copytree(closed(prepared), tmp_path_factory.mktemp("calm") / "folder"))
    assert leadsync(folder, "run").returncode == 0
    return outcome_of(folder)


def outcome_of(folder: Path, org: Opened | None = None) -> Outcome:
    world = world_of(org) if org else SavedWorld(folder / "data" / "sandbox").load()
    with open_worker(folder, sandbox=org) as worker, worker.store.read() as tx:
        remembered = memory.recall(tx)
        states = {each.change.record_id: each.state for each in changes.in_state(tx, frozenset(State))}
    return Outcome(
        leads={
            record_id: {name: value for name, value in lead.items() if name not in _PASSING}
            for record_id, lead in world.tables["Lead"].items()
        },
        firings=firings(world),
        tags=remembered.tags,
        turns=remembered.turns,
        states=states,
    )


@pytest.mark.parametrize("batch", [1, 2, 3])
@pytest.mark.parametrize("point", ["intent committed", "answer received", "answer committed"])
def test_a_worker_that_dies_is_followed_by_one_that_ends_the_same(
    folder: Path, undisturbed: Outcome, point: str, batch: int
) -> None:
    crashed = leadsync(folder, "run", crash_at=f"{point}:{batch}")
    assert crashed.returncode == 137
    followed = leadsync(folder, "run")
    assert (followed.returncode, followed.stderr.count("LS-101")) == (0, 0)
    assert outcome_of(folder) == undisturbed


@pytest.mark.parametrize("point", ["data files written", "pull committed"])
def test_a_pull_that_dies_is_followed_by_a_whole_one(folder: Path, undisturbed: Outcome, point: str) -> None:
    assert leadsync(folder, "run", crash_at=f"{point}:1").returncode == 137
    assert leadsync(folder, "run").returncode == 0
    assert outcome_of(folder) == undisturbed


def test_dying_again_while_taking_over_changes_nothing(folder: Path, undisturbed: Outcome) -> None:
    for point in ("answer received:1", "intent committed:1", "answer received:2"):
        assert leadsync(folder, "run", crash_at=point).returncode == 137
    assert leadsync(folder, "run").returncode == 0
    assert outcome_of(folder) == undisturbed


@pytest.fixture
def org(folder: Path) -> Iterator[Opened]:
    """The org in this process, so that it lives on when the worker dies."""
    with opened(folder / "data" / "sandbox", lambda: datetime.now(UTC)) as org:
        yield org


def break_with(org: Opened, fault: Fault) -> None:
    assert org.server is not None
    org.server.act(lambda world, _: replace(world, faults=(fault,)))


def world_of(org: Opened) -> World:
    assert org.server is not None
    return org.server.world


def wait_for_a_call(org: Opened, path: str) -> None:
    """Until the hanging call has arrived: the fault that waits for it is used up."""
    until = time.monotonic() + 60
    while world_of(org).faults and time.monotonic() < until:
        Event().wait(0.05)
    assert not world_of(org).faults, f"nobody called {path}"


@pytest.mark.parametrize("was_applied", [True, False], ids=["taken by the org", "lost on the way"])
@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGINT], ids=["kill -9", "Ctrl-C"])
def test_a_worker_stopped_while_it_waits_for_an_answer(
    folder: Path, org: Opened, undisturbed: Outcome, blow: signal.Signals, *, was_applied: bool
) -> None:
    break_with(org, Fault(FaultKind.HANG, path="/composite", holds="PATCH", applied=was_applied))
    worker = start(folder, "run")
    wait_for_a_call(org, "/composite")
    worker.send_signal(blow)
    worker.communicate(timeout=60)
    assert worker.returncode == (-9 if blow is signal.SIGKILL else 130)
    followed = leadsync(folder, "run")
    assert followed.returncode == 0, followed.stderr
    ended = outcome_of(folder, org)
    assert ended == undisturbed
    assert OPEN.isdisjoint(ended.states.values())


def test_a_second_worker_is_turned_away_while_the_first_is_at_work(folder: Path, org: Opened) -> None:
    break_with(org, Fault(FaultKind.HANG, path="/composite", holds="PATCH"))
    first = start(folder, "apply")
    wait_for_a_call(org, "/composite")
    second = leadsync(folder, "apply", language="ja")
    first.kill()
    first.communicate(timeout=60)
    assert (second.returncode, "[LS-101]" in second.stderr) == (8, True)
