"""Stores for tests: each asks for `store` and runs twice, on a new SQLite file and in a new PostgreSQL schema."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, TypeAlias

import polars as pl
import pytest

from engine.changes.change import Base, Change, Effects, RuleRef, change_id
from engine.changes.plan import Plan
from engine.changes.states import State
from sync.mirror.mirror import Mirror
from sync.store import data_files, leases, runs
from sync.store.database import Store
from sync.store.holders import Holder, this_process
from sync.store.leases import Lease
from sync.store.vocabulary import LeaseName, RunVerb
from tests.soql_org import AT
from tests.stores import make
from tests.sync.store import small_plans

MakeChange: TypeAlias = Callable[..., Change]
Propose: TypeAlias = Callable[..., None]


@pytest.fixture
def dice() -> Callable[[int], bytes]:
    """Dice that fall the same in every test."""
    throws = count()
    return lambda size: hashlib.shake_256(str(next(throws)).encode()).digest(size)


@pytest.fixture
def store(store_url: str, dice: Callable[[int], bytes]) -> Iterator[Store]:
    make(store_url)
    opened = Store.open(store_url, dice=dice)
    yield opened
    opened.close()


@pytest.fixture
def at() -> datetime:
    """The org's time of everything in a test."""
    return datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


@pytest.fixture
def here() -> Holder:
    return this_process()


@pytest.fixture
def run(store: Store, at: datetime, here: Holder) -> str:
    """A run that has been started."""
    with store.transaction() as tx:
        return runs.start(tx, verb=RunVerb.RUN, at=at, holder=here)


@pytest.fixture
def lease(store: Store, at: datetime, here: Holder) -> Lease:
    """The write lease, held by this process."""
    with store.transaction() as tx:
        return leases.take(tx, LeaseName.WRITE, holder=here, clock=lambda: at, lease_seconds=60)


@pytest.fixture
def change(at: datetime) -> MakeChange:
    """Make the change of record number n: `change(1, grade="A")`, or with other `inputs` or `effects`."""

    def make(
        number: int,
        /,
        *,
        inputs: dict[str, str] | None = None,
        effects: Effects | None = None,
        **after: str | int | None,
    ) -> Change:
        record_id = f"00Q{number:012d}AAA"
        effects = effects or Effects()
        return Change(
            change_id=change_id(
                org_id="00D", object_name="Lead", record_id=record_id, at=at, after=after, effects=effects
            ),
            object="Lead",
            record_id=record_id,
            owner="00G000000000001AAA",
            before=dict.fromkeys(after),
            after=after,
            base=Base(at, at, at),
            inputs=inputs or {"title": "部長"},
            effects=effects,
            rules=(RuleRef("rule", "a"),),
        )

    return make


@pytest.fixture
def propose(store: Store, run: str, at: datetime) -> Propose:
    """Save a plan of the run with these changes, all in one state: `propose(State.APPROVED, change(1, grade="A"))`."""

    def save(state: State, *changes: Change) -> None:
        plan = Plan(
            org_id="00D",
            at=at,
            zone="Asia/Tokyo",
            rulebook="0" * 64,
            snapshot=run,
            is_baseline=False,
            changes=changes,
            counts={"evaluated": len(changes)},
        )
        states = dict.fromkeys((change.change_id for change in changes), state)
        with store.transaction() as tx:
            small_plans.propose(tx, plan, run=run, field_map="1" * 64, states=states, policy="policy@000000000001")

    return save


@pytest.fixture
def mirror(store: Store, tmp_path: Path) -> Mirror:
    return Mirror(tmp_path / "mirror", store)


@pytest.fixture
def lay(mirror: Mirror, here: Holder) -> Callable[..., None]:
    """Put records into the mirror."""

    def pull(name: str, *rows: dict[str, Any]) -> None:
        frame = pl.DataFrame([{"IsDeleted": False, "SystemModstamp": AT, "ParentRoleId": None, **row} for row in rows])
        with mirror.store.transaction() as tx:
            run = runs.start(tx, verb=RunVerb.PLAN, at=AT, holder=here)
            written = [mirror.write(name, frame, run=run, pull=runs.sequence_of(tx, run), read_at=AT)]
            data_files.add_pull(tx, run=run, at=AT, data_files=[each for each in written if each], watermarks=[])

    return pull
