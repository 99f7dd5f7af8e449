"""Since when somebody has looked at the clock; and a service manager that listens as systemd does, on a real socket."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config.settings.settings import FILE, Supervisor, supervisor
from config.settings.syncs import Sync, Verb
from engine.errors import LeadsyncError
from sync.run import begin
from sync.schedule.serve import Server
from sync.schedule.watch import ALIVE, READY, STOPPING, Watch, notifier, tick_seconds
from sync.store.slots import Slot
from tests.stage import Stage

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
LEADS = Sync(verb=Verb.RUN, cron="*/15 * * * *")
NIGHTLY = Sync(verb=Verb.SWEEP, cron="30 2 * * *")


@pytest.mark.parametrize(
    ("later", "watched_seconds"),
    [(timedelta(), 0), (5 * SECOND, 5), (MINUTE, 60), (MINUTE + SECOND, 0), (-SECOND, 0)],
    ids=["at once", "a tick", "just in time", "the host slept", "the clock was put back"],
)
def test_whoever_looks_again_in_time_has_watched_without_a_break(later: timedelta, watched_seconds: float) -> None:
    watch = Watch.begun({"leads": LEADS}, now=NOON).looked(now=NOON + later)

    assert watch.seconds(now=NOON + later) == {"leads": watched_seconds}


def test_whoever_was_at_work_has_watched() -> None:
    watch = Watch.begun({"leads": LEADS}, now=NOON).stayed(now=NOON + 60 * MINUTE).looked(now=NOON + 61 * MINUTE)

    assert watch.seconds(now=NOON + 61 * MINUTE) == {"leads": 61 * 60}


@pytest.mark.parametrize(
    ("syncs", "watched_seconds"),
    [
        ({"leads": LEADS}, {"leads": 60}),
        ({"leads": LEADS, "sweep": NIGHTLY}, {"leads": 60, "sweep": 0}),
        ({"leads": NIGHTLY}, {"leads": 0}),
        ({}, {}),
    ],
    ids=["the same", "one more", "due at other times", "none left"],
)
def test_a_sync_is_watched_for_as_long_as_it_is_the_way_it_is(
    syncs: dict[str, Sync], watched_seconds: dict[str, float]
) -> None:
    watch = Watch.begun({"leads": LEADS}, now=NOON).looked(now=NOON + MINUTE).over(syncs, now=NOON + MINUTE)

    assert watch.seconds(now=NOON + MINUTE) == watched_seconds


@contextmanager
def manager(address: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as wire:
        wire.bind(address)
        wire.settimeout(10)
        yield wire


def heard(wire: socket.socket) -> list[str]:
    """All words so far."""
    wire.setblocking(False)
    words = []
    while True:
        try:
            words.append(wire.recv(100).decode())
        except BlockingIOError:
            return words


@pytest.mark.parametrize("name", ["{folder}/notify", "@leadsync-{pid}"])
def test_a_word_reaches_the_manager(tmp_path: Path, name: str) -> None:
    address = name.format(folder=tmp_path, pid=os.getpid())
    with manager(address.replace("@", "\0")) as wire:
        notifier(Supervisor(address))(READY)

        assert heard(wire) == [READY]


def test_a_manager_that_has_gone_stops_nothing(tmp_path: Path) -> None:
    notifier(Supervisor(str(tmp_path / "nobody")))(ALIVE)
    notifier(None)(ALIVE)


def test_served_it_is_told_when_ready_while_alive_and_when_it_ends(stage: Stage, tmp_path: Path) -> None:
    (stage.folder / FILE).write_text("org: sandbox\nsyncs: {leads: {cron: '* * * * *'}, sweep: off}\n")
    with manager(str(tmp_path / "notify")) as wire:
        notify = notifier(Supervisor(str(tmp_path / "notify")))
        server = Server(stage.worker, lambda: nullcontext(stage.worker), begin, lambda *_: None, notify=notify)

        def ended(_slot: Slot | None, _error: LeadsyncError | None) -> None:
            server.shutdown.ask()

        server.tell = ended
        server._tick()
        stage.advance(60)
        server.serve()

        words = heard(wire)
    assert (words[0], words[-1], words.count(READY), words.count(STOPPING)) == (ALIVE, STOPPING, 1, 1)


@pytest.mark.parametrize(
    ("variables", "found"),
    [({}, None), ({"NOTIFY_SOCKET": "/run/n"}, Supervisor("/run/n")),
     ({"NOTIFY_SOCKET": "/run/n", "WATCHDOG_USEC": "9000000"}, Supervisor("/run/n", 9.0)),
     ({"NOTIFY_SOCKET": "/run/n", "WATCHDOG_USEC": "9000000", "WATCHDOG_PID": "1"}, Supervisor("/run/n")),
     ({"WATCHDOG_USEC": "9000000"}, None)],
)  # fmt: skip
def test_who_wants_to_be_told_stands_in_the_environment(variables: dict[str, str], found: Supervisor | None) -> None:
    assert supervisor(variables) == found


def test_the_clock_is_looked_at_often_enough_for_the_manager() -> None:
    assert [
        tick_seconds(manager, at_most=5.0) for manager in (None, Supervisor("/n", 9.0), Supervisor("/n", 60.0))
    ] == [5.0, 3.0, 5.0]
