"""Small plans, saved as the worker saves large ones: for tests of what a store makes of them."""

from collections.abc import Mapping
from contextlib import nullcontext
from datetime import datetime

from engine.changes.plan import Plan
from engine.changes.states import State
from engine.messages import Message
from engine.plan.guards import Entry, Passed
from sync.store import plans, proposals
from sync.store.database import Transaction
from sync.store.proposals import Seal


def propose(
    tx: Transaction,
    plan: Plan,
    *,
    run: str,
    field_map: str,
    states: Mapping[str, State],
    policy: str,
    held_because: Message | None = None,
    expires_at: datetime | None = None,
) -> None:
    """Save a plan in the caller's transaction: withdrawals, changes, approvals by policy and audit.

    `states` says for each change_id whether it enters planned, held (and why) or approved, the latter by `policy`.
    """
    entries = {
        change_id: Entry(state, held_because if state is State.HELD else None) for change_id, state in states.items()
    }
    proposals.stage(tx, run, [(change, entries[change.change_id]) for change in plan.changes])
    proposals.seal_all(
        lambda: nullcontext(tx),
        Seal(run, Passed(), policy, plan.at),
        lambda tx, rolled: plans.show(
            tx,
            plan.outline,
            run=run,
            field_map=field_map,
            rolled=rolled,
            withdrawn=plan.withdrawn,
            expires_at=expires_at,
        ),
    )
