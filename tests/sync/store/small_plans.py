"""Small plans, saved as the worker saves large ones: for tests of what a store makes of them."""

from collections.abc import Mapping
from contextlib import nullcontext
from datetime import datetime

from sqlalchemy import insert

from engine.changes.plan import Plan
from engine.changes.states import State
from engine.messages import Message
from engine.plan.guards import Entry, Passed
from sync.store import orgs, plans, proposals
from sync.store.database import Transaction
from sync.store.proposals import Seal
from sync.store.tables import orgs as org_rows
from sync.store.vocabulary import TextKind


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
    _know(tx, plan, field_map)
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


def _know(tx: Transaction, plan: Plan, field_map: str) -> None:
    """What a run that plans has entered before: its org, its rulebook and its map."""
    if orgs.pinned(tx) is None:
        tx.execute(insert(org_rows).values(org_id=plan.org_id, is_sandbox=True, pinned_at=plan.at))
    plans.keep_text(tx, TextKind.RULEBOOK, digest=plan.rulebook, text="")
    plans.keep_text(tx, TextKind.MAP, digest=field_map, text="")
