"""Leases: one holder at a time, a dead one replaced at once, a stale one fenced off."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event as Signal
from typing import Any

import psycopg
import pytest

from config.words.catalogue import Language, Words
from engine.errors import LeaseError
from sync.store import audit, leases
from sync.store.database import Store
from sync.store.events import Event
from sync.store.holders import Holder
from sync.store.vocabulary import LeaseName

PULL, WRITE = LeaseName.PULL, LeaseName.WRITE
_NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def _clock() -> datetime:
    return _NOW


@pytest.fixture
def elsewhere(here: Holder) -> Holder:
    """A process on another machine."""
    return replace(here, host="elsewhere", pid=1)


def test_the_first_holder_has_epoch_one_and_the_next_two(store: Store, here: Holder) -> None:
    with leases.hold(store, PULL, holder=here, clock=_clock, lease_seconds=60, renew_seconds=15) as first:
        assert first.epoch == 1
    with leases.hold(store, PULL, holder=here, clock=_clock, lease_seconds=60, renew_seconds=15) as second:
        assert second.epoch == 2


def test_the_two_leases_are_independent(store: Store, here: Holder) -> None:
    with (
        leases.hold(store, PULL, holder=here, clock=_clock, lease_seconds=60, renew_seconds=15),
        leases.hold(store, WRITE, holder=here, clock=_clock, lease_seconds=60, renew_seconds=15) as write,
    ):
        assert write.epoch == 1


def test_giving_one_back_leaves_the_other_with_its_holder(store: Store, here: Holder) -> None:
    with store.transaction() as tx:
        pull = leases.take(tx, PULL, holder=here, clock=_clock, lease_seconds=60)
        write = leases.take(tx, WRITE, holder=here, clock=_clock, lease_seconds=60)
        leases.release(tx, pull)
    assert pull.epoch == write.epoch
    with store.read() as tx, pytest.raises(LeaseError):
        leases.check(tx, pull)
    with store.read() as tx:
        leases.check(tx, write)


def test_a_lease_that_is_held_is_refused_and_says_until_when(store: Store, here: Holder, elsewhere: Holder) -> None:
    with store.transaction() as tx:
        leases.take(tx, PULL, holder=elsewhere, clock=_clock, lease_seconds=60)
    with pytest.raises(LeaseError, match="LS-101") as raised, store.transaction() as tx:
        leases.take(tx, PULL, holder=here, clock=_clock, lease_seconds=60)
    english, japanese = (Words(language).error(raised.value) for language in Language)
    assert "another run holds the pull lease until 20" in english
    assert "elsewhere のプロセス 1" in japanese


def test_a_holder_elsewhere_is_replaced_only_when_its_lease_has_run_out(
    store: Store, here: Holder, elsewhere: Holder
) -> None:
    with store.transaction() as tx:
        leases.take(tx, PULL, holder=elsewhere, clock=_clock, lease_seconds=-1)
    with store.transaction() as tx:
        assert leases.take(tx, PULL, holder=here, clock=_clock, lease_seconds=60).epoch == 2


def test_a_stale_holder_is_fenced_off(store: Store, here: Holder, elsewhere: Holder) -> None:
    with store.transaction() as tx:
        stale = leases.take(tx, WRITE, holder=elsewhere, clock=_clock, lease_seconds=-1)
        leases.check(tx, stale)
    with store.transaction() as tx:
        leases.take(tx, WRITE, holder=here, clock=_clock, lease_seconds=60)
    for use in (leases.check, lambda tx, lease: leases.renew(tx, lease, clock=_clock, lease_seconds=60)):
        with pytest.raises(LeaseError, match="LS-102"), store.transaction() as tx:
            use(tx, stale)


def test_a_stale_holder_cannot_release_the_new_ones_lease(store: Store, here: Holder, elsewhere: Holder) -> None:
    with store.transaction() as tx:
        stale = leases.take(tx, WRITE, holder=elsewhere, clock=_clock, lease_seconds=-1)
    with store.transaction() as tx:
        fresh = leases.take(tx, WRITE, holder=here, clock=_clock, lease_seconds=60)
        leases.release(tx, stale)
        leases.check(tx, fresh)


def test_a_released_lease_no_longer_passes_the_check(store: Store, here: Holder) -> None:
    with leases.hold(store, WRITE, holder=here, clock=_clock, lease_seconds=60, renew_seconds=15) as lease:
        pass
    with pytest.raises(LeaseError, match="LS-102"), store.transaction() as tx:
        leases.check(tx, lease)


def test_renewing_moves_the_end(store: Store, here: Holder, elsewhere: Holder) -> None:
    with store.transaction() as tx:
        lease = leases.take(tx, PULL, holder=elsewhere, clock=_clock, lease_seconds=-1)
        leases.renew(tx, lease, clock=lambda: _NOW + timedelta(seconds=1), lease_seconds=60)
    with pytest.raises(LeaseError, match="LS-101"), store.transaction() as tx:
        leases.take(tx, PULL, holder=here, clock=_clock, lease_seconds=60)


def test_a_lease_is_given_back_when_the_work_fails(store: Store, here: Holder) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        leases.hold(store, PULL, holder=here, clock=_clock, lease_seconds=60, renew_seconds=15),
    ):
        _ = 1 / 0
    with store.transaction() as tx:
        assert leases.take(tx, PULL, holder=here, clock=_clock, lease_seconds=60).epoch == 2


def test_a_thread_renews_while_the_work_goes_on(tmp_path: Path, here: Holder) -> None:
    """On SQLite, where the clock is ours: on PostgreSQL the time is the database's."""
    store = Store.open(f"sqlite:///{tmp_path / 'store' / 'store.sqlite'}", dice=bytes)

    renewed = Signal()
    asked = iter(range(1000))

    def clock() -> datetime:
        if next(asked) >= 3:
            renewed.set()
        return _NOW

    with leases.hold(store, PULL, holder=here, clock=clock, lease_seconds=60, renew_seconds=0.01):
        assert renewed.wait(30)
    store.close()


@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
def test_a_renewal_whose_connection_is_lost_is_made_again(store: Store, here: Holder, store_url: str) -> None:
    """PostgreSQL is restarted, or fails over, while the lease is being renewed."""
    with (
        leases.hold(store, PULL, holder=here, clock=_clock, lease_seconds=60, renew_seconds=0.01),
        psycopg.connect(store_url.replace("postgresql+psycopg", "postgresql"), autocommit=True) as admin,
    ):
        for _ in range(2):
            with store.transaction():  # the renewal waits for this to end
                lost = eventually(admin, "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE {ours} AND NOT granted")
            assert lost
        before = until_of(admin)

        assert eventually(admin, f"SELECT 1 FROM leases WHERE until > '{before}'")


def test_who_holds_a_lease_that_is_good_is_at_work(store: Store, here: Holder, elsewhere: Holder) -> None:
    with store.transaction() as tx:
        leases.take(tx, PULL, holder=elsewhere, clock=_clock, lease_seconds=-1)
        leases.take(tx, WRITE, holder=here, clock=_clock, lease_seconds=60)
        assert leases.living(tx, clock=_clock) == {here}


def eventually(admin: "psycopg.Connection[Any]", query: str) -> list[Any]:
    """What a query finds once it finds something."""
    ours = "locktype = 'advisory' AND objid = hashtext(current_schema())::bigint & x'ffffffff'::bigint"
    for _ in range(6_000):
        if found := admin.execute(query.replace("{ours}", ours).encode()).fetchall():
            return found
        Signal().wait(0.01)
    return []


def until_of(admin: "psycopg.Connection[Any]") -> str:
    return str(admin.execute("SELECT until FROM leases").fetchall()[0][0])


_HOLD = """
import sys
from datetime import UTC, datetime
from sync.store import leases
from sync.store.database import Store
from sync.store.holders import this_process
store = Store.open(sys.argv[1], dice=bytes)
clock = lambda: datetime.now(UTC)
with leases.hold(
    store, leases.LeaseName.WRITE, holder=this_process(), clock=clock, lease_seconds=60, renew_seconds=15
):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other_worker(store_url: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A real process that holds the write lease."""
    command = [sys.executable, "-c", _HOLD, store_url]
    root = Path(__file__).parents[3]
    with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


def _real_clock() -> datetime:
    return datetime.now(UTC)


@pytest.mark.long
def test_a_living_holder_on_this_host_keeps_its_lease(
    store: Store, here: Holder, other_worker: "subprocess.Popen[bytes]"
) -> None:
    with pytest.raises(LeaseError, match="LS-101") as raised, store.transaction() as tx:
        leases.take(tx, WRITE, holder=here, clock=_real_clock, lease_seconds=60)
    assert raised.value.problems[0].params["pid"] == other_worker.pid


@pytest.mark.long
@pytest.mark.parametrize("is_reaped", [True, False], ids=["reaped", "zombie"])
def test_a_killed_holder_on_this_host_is_replaced_at_once(
    store: Store,
    here: Holder,
    other_worker: "subprocess.Popen[bytes]",
    is_reaped: bool,  # noqa: FBT001
) -> None:
    other_worker.send_signal(signal.SIGKILL)
    if is_reaped:
        other_worker.wait()
    else:
        os.waitid(os.P_PID, other_worker.pid, os.WEXITED | os.WNOWAIT)  # it is gone, and nobody has waited for it
    with store.transaction() as tx:
        taken = leases.take(tx, WRITE, holder=here, clock=_real_clock, lease_seconds=60)
    with store.read() as tx:
        told = [link.body for link in audit.links(tx) if Event.LEASE_TAKEN_OVER.encode() in link.body]
    assert taken.epoch == 2
    assert b'"holder_died":true' in told[-1]


def test_a_lease_elsewhere_is_taken_over_from_the_moment_it_has_run_out(
    tmp_path: Path, here: Holder, elsewhere: Holder
) -> None:
    """Of a host that cannot be asked whether its process lives; on SQLite, where the clock is the host's."""
    store = Store.open(f"sqlite:///{tmp_path}/store.sqlite", dice=bytes)
    ends = _NOW + timedelta(seconds=60)
    with store.transaction() as tx:
        leases.take(tx, PULL, holder=elsewhere, clock=_clock, lease_seconds=60)
    with store.read() as tx, pytest.raises(LeaseError):
        leases.refuse_busy(tx, holder=here, clock=lambda: ends - timedelta(microseconds=1))
    with store.read() as tx:
        leases.refuse_busy(tx, holder=here, clock=lambda: ends)
    with store.transaction() as tx:
        leases.take(tx, PULL, holder=here, clock=lambda: ends, lease_seconds=60)
    with store.read() as tx:
        told = [link.body for link in audit.links(tx) if Event.LEASE_TAKEN_OVER.encode() in link.body]
    store.close()
    assert [b'"epoch":2' in told[-1], b'"holder_died":false' in told[-1]] == [True, True]


def test_a_pid_that_was_given_to_another_process_does_not_count_as_the_holder(store: Store, here: Holder) -> None:
    with store.transaction() as tx:
        leases.take(tx, PULL, holder=replace(here, started="1"), clock=_clock, lease_seconds=60)
    with store.transaction() as tx:
        assert leases.take(tx, PULL, holder=here, clock=_clock, lease_seconds=60).epoch == 2


def test_a_process_of_another_container_or_boot_is_not_thought_dead(store: Store, here: Holder) -> None:
    with store.transaction() as tx:
        leases.take(tx, PULL, holder=replace(here, boot="another", started="1"), clock=_clock, lease_seconds=60)
    with pytest.raises(LeaseError, match="LS-101"), store.transaction() as tx:
        leases.take(tx, PULL, holder=here, clock=_clock, lease_seconds=60)
