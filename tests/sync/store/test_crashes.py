"""A process that dies between any two statements leaves a store that is consistent and goes on from there."""

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from engine.changes.states import State
from sync.audit.verify import verify_store
from sync.store import approvals, batches, changes, leases, memory, runs
from sync.store.database import Store
from sync.store.holders import Holder
from sync.store.tables import changes as rows
from sync.store.vocabulary import LeaseName, RunVerb

# Half of the changes are approved and applied, one is rejected; the process ends at its n-th statement.
_LIFE = """
import os, sys
from datetime import UTC, datetime
from itertools import count
from sqlalchemy import Engine, event
from engine.changes.change import Base, Change, Effects, Turn, change_id
from engine.changes.plan import Plan
from engine.changes.states import State
from sync.store import approvals, batches, changes, leases, runs
from sync.store.changes import Move
from sync.store.database import Store
from sync.store.figures import Figures
from sync.store.holders import this_process
from sync.store.vocabulary import RunVerb
from tests.sync.store import small_plans

url, last = sys.argv[1], int(sys.argv[2])
at = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
store = Store.open(url, dice=os.urandom)
statements = count(1)

@event.listens_for(Engine, "before_cursor_execute")
def end_at_the_last(*_):
    if next(statements) == last:
        os._exit(9)

def change(number):
    record_id, after = f"00Q{number:012d}AAA", {"grade": "A", "owner": "005"}
    effects = Effects((("vip", "rule/a"),), (), ("rule/b",), Turn("pool/k", "005000000000002AAA", number))
    name = change_id(org_id="00D", object_name="Lead", record_id=record_id, at=at, after=after, effects=effects)
    return Change(name, "Lead", record_id, "00G", {"grade": None, "owner": "00G"}, after, Base(at, at, at), effects=effects)

all_of_them = tuple(change(number) for number in range(6))
with store.transaction() as tx:
    lease = leases.take(tx, leases.LeaseName.WRITE, holder=this_process(), clock=lambda: at, lease_seconds=60)
    run = runs.start(tx, verb=RunVerb.RUN, at=at, holder=this_process())
with store.transaction() as tx:
    plan = Plan("00D", at, "Asia/Tokyo", "0" * 64, run, is_baseline=True, changes=all_of_them)
    states = {each.change_id: State.PLANNED for each in all_of_them}
    small_plans.propose(tx, plan, run=run, field_map="1" * 64, states=states, policy="policy@000000000001")
with store.transaction() as tx:
    approvals.approve(tx, [(each.change_id, each.digest) for each in all_of_them[:4]], approver="os:a@h", at=at)
with store.transaction() as tx:
    changes.move(tx, [Move(all_of_them[5].change_id, State.REJECTED)], run=None, at=at)
for part in (all_of_them[:2], all_of_them[2:4]):
    with store.transaction() as tx:
        batch = batches.intend(tx, lease, [Move(each.change_id, State.SENDING) for each in part], run=run, mode="guarded", at=at)
    with store.transaction() as tx:
        batches.answer(tx, batch, [Move(each.change_id, State.APPLIED) for each in part], run=run, at=at)
with store.transaction() as tx:
    leases.release(tx, lease)
    runs.finish(tx, run, outcome="done", figures=Figures(), at=at)
print(next(statements) - 1)
"""
_ROOT = Path(__file__).parents[3]
_NEVER = 1_000_000


def _live(url: str, last: int) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", _LIFE, url, str(last)]
    return subprocess.run(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True, check=False)


def _assert_consistent(store: Store) -> None:
    """The chain verifies and agrees with the states; approvals, batches and memory are those the states ask for."""
    with store.read() as tx:
        verify_store(tx)
        found = {row.change_id: row for row in tx.execute(select(rows))}
        standings = changes.find(tx, found)
        approved = approvals.approvals_of(tx, found)
        sent = batches.last_of(tx, found)
        remembered = memory.recall(tx)
    assert len(found) in {0, 6}
    beyond = {State.APPROVED, State.SENDING, State.APPLIED}
    assert {change_id for change_id, each in standings.items() if each.state in beyond} == set(approved)
    assert {change_id for change_id, each in standings.items() if each.state in beyond - {State.APPROVED}} == set(sent)
    applied = {each.change.record_id for each in standings.values() if each.state is State.APPLIED}
    rejected = {each.change.record_id for each in standings.values() if each.state is State.REJECTED}
    assert set(remembered.applied) == set(remembered.tags) == set(remembered.firings) == applied
    assert set(remembered.quiet) == rejected
    assert len(remembered.turns) == (1 if applied else 0)


def _assert_goes_on(store: Store, here: Holder) -> None:
    """The next run takes over at once and finds what was on its way unknown."""
    now = datetime(2026, 11, 21, 9, 31, tzinfo=UTC)
    with store.transaction() as tx:
        taken = leases.take(tx, LeaseName.WRITE, holder=here, clock=lambda: now, lease_seconds=60)
        runs.close_interrupted(tx, here=here, at=now, clock=lambda: now, lease_seconds=60)
        run = runs.start(tx, verb=RunVerb.RUN, at=now, holder=here)
        batches.recover(tx, taken, run=run, at=now)
    with store.read() as tx:
        assert changes.in_state(tx, {State.SENDING}) == ()
        verify_store(tx)


@pytest.mark.long
def test_an_undisturbed_life_is_consistent(store: Store, store_url: str) -> None:
    assert _live(store_url, _NEVER).returncode == 0
    _assert_consistent(store)
    with store.read() as tx:
        assert sorted(each.state for each in changes.find(tx, [row for row, _ in changes.states(tx)]).values()) == [
            *[State.APPLIED] * 4,
            State.PLANNED,
            State.REJECTED,
        ]


@pytest.mark.long
@pytest.mark.parametrize("last", [25, 58])
def test_a_crash_at_some_statements_is_survived(last: int, store: Store, store_url: str, here: Holder) -> None:
    assert _live(store_url, last).returncode == 9
    _assert_consistent(store)
    _assert_goes_on(store, here)


@pytest.mark.long
def test_a_crash_at_any_statement_is_survived(tmp_path: Path, dice: Callable[[int], bytes], here: Holder) -> None:
    statements = int(_live(f"sqlite:///{tmp_path}/whole.sqlite", _NEVER).stdout)
    for last in range(1, statements + 1):
        url = f"sqlite:///{tmp_path}/{last}.sqlite"
        assert _live(url, last).returncode == 9
        store = Store.open(url, dice=dice)
        _assert_consistent(store)
        _assert_goes_on(store, here)
        store.close()
