"""Plans for tests of the store."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias

import pytest

from engine.changes.change import Change
from engine.changes.plan import Plan
from engine.changes.states import State
from sync.store.database import Store
from tests.sync.store import small_plans

Propose: TypeAlias = Callable[..., None]


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
