"""Opening the store and its transactions."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError

from engine.errors import LeadsyncError, StoreError
from sync.store import plans
from sync.store.database import Store
from sync.store.vocabulary import TextKind

Dice = Callable[[int], bytes]


def test_what_a_transaction_wrote_is_read_by_the_next(store: Store) -> None:
    with store.transaction() as tx:
        plans.keep_text(tx, TextKind.MAP, digest="d", text="部長")
    with store.read() as tx:
        assert plans.text_of(tx, "d") == "部長"


def test_a_failed_transaction_leaves_nothing(store: Store) -> None:
    def fail() -> None:
        with store.transaction() as tx:
            plans.keep_text(tx, TextKind.MAP, digest="d", text="x")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with store.read() as tx:
        assert plans.text_of(tx, "d") is None


def test_a_read_cannot_write(store: Store) -> None:
    with pytest.raises((LeadsyncError, DBAPIError)), store.read() as tx:
        plans.keep_text(tx, TextKind.MAP, digest="d", text="x")
    with store.transaction() as tx:
        plans.keep_text(tx, TextKind.MAP, digest="d", text="x")


def test_a_read_sees_one_instant(store: Store) -> None:
    with store.read() as before:
        assert plans.text_of(before, "d") is None
        with store.transaction() as tx:
            plans.keep_text(tx, TextKind.MAP, digest="d", text="x")
        assert plans.text_of(before, "d") is None


def test_a_broken_constraint_stays_what_it_is(store: Store) -> None:
    from sqlalchemy import insert

    from sync.store.tables import texts as table

    row = {"digest": "d", "kind": "map", "text": "x"}
    with pytest.raises(IntegrityError), store.transaction() as tx:
        tx.execute(insert(table), [row, row])


@pytest.mark.parametrize("url", ["", "sqlite://", "sqlite:///:memory:", "mysql://host/name"])
def test_another_kind_of_store_is_refused(url: str, dice: Dice) -> None:
    with pytest.raises(StoreError, match="SR-101"):
        Store.open(url, dice=dice)


def test_a_server_that_does_not_answer_is_named_without_its_password(dice: Dice) -> None:
    with pytest.raises(StoreError, match="SR-103") as raised:
        Store.open("postgresql://user:canary@127.0.0.1:1/name", dice=dice)
    assert "canary" not in str(raised.value)


def test_folder_and_file_are_for_their_owner_only(tmp_path: Path, dice: Dice) -> None:
    Store.open(f"sqlite:///{tmp_path}/a/b/store.sqlite", dice=dice).close()
    assert [oct(path.stat().st_mode & 0o777) for path in (tmp_path / "a", tmp_path / "a/b")] == ["0o700", "0o700"]
    assert oct((tmp_path / "a/b/store.sqlite").stat().st_mode & 0o777) == "0o600"


_COUNT_UP = """
import sys
from datetime import UTC, datetime
from sync.store import runs
from sync.store.database import Store
from sync.store.holders import this_process
from sync.store.vocabulary import RunVerb
store = Store.open(sys.argv[1], dice=bytes)
for _ in range(20):
    with store.transaction() as tx:
        runs.start(tx, verb=RunVerb.PLAN, at=datetime(2026, 11, 21, tzinfo=UTC), holder=this_process())
"""


@pytest.mark.long
def test_processes_that_open_a_new_store_at_once_and_write_lose_nothing(store_url: str, dice: Dice) -> None:
    from sync.audit.verify import verify_store
    from sync.store import runs

    command = [sys.executable, "-c", _COUNT_UP, store_url]
    processes = [subprocess.Popen(command, cwd=Path(__file__).parents[3]) for _ in range(4)]
    assert [process.wait() for process in processes] == [0, 0, 0, 0]
    store = Store.open(store_url, dice=dice)
    with store.read() as tx:
        assert [runs.sequence_of(tx, run.run_id) for run in runs.latest(tx, limit=100)] == list(range(80, 0, -1))
        assert verify_store(tx).count == 80
    store.close()
