"""Plans as they were proposed. A plan's id is the id of the run that proposed it; its changes are in `changes.py`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, insert, select
from sqlalchemy.engine import Row

from engine.errors import PlanStaleError, Problem, TransientError
from engine.messages import Message
from engine.plans import Notice, Plan, Withdrawal
from engine.states import State, allows
from sync.audit.entries import Entry, Event
from sync.store import approvals, audit, changes
from sync.store import tables as t
from sync.store.bodies import message_body, message_from
from sync.store.changes import Move
from sync.store.database import Transaction

_WAITING = (State.PLANNED, State.HELD, State.APPROVED)


@dataclass(frozen=True, slots=True)
class Header:
    """A plan without its changes. `proposed` is how many were first proposed by it."""

    plan_id: str
    org_id: str
    at: datetime
    zone: str
    rulebook: str
    field_map: str
    snapshot: str
    is_baseline: bool
    digest: str
    proposed: int
    expires_at: datetime | None
    counts: Mapping[str, int]
    withdrawn: tuple[Withdrawal, ...]
    notices: tuple[Notice, ...]


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
    """Save a plan: header, withdrawals (superseded), changes, approvals by policy and audit, in the caller's transaction.

    `run` becomes the plan's id; `field_map` is the map's digest; `states` says for each change_id whether it enters
    planned, held (and why) or approved, the latter by `policy` (`policy@version`). PlanStaleError (PL-305) when open changes
    moved since the memory was recalled so that the plan cannot stand: plan again.
    """
    _refuse_stale(tx, plan)
    tx.execute(
        insert(t.plans).values(
            plan_id=run,
            org_id=plan.org_id,
            at=plan.at,
            zone=plan.zone,
            rulebook=plan.rulebook,
            field_map=field_map,
            snapshot=plan.snapshot,
            is_baseline=plan.is_baseline,
            digest=plan.digest,
            proposed=len(plan.changes),
            expires_at=expires_at,
            header=_header(plan),
        )
    )
    facts = {
        "plan": run,
        "digest": plan.digest,
        "rulebook": plan.rulebook,
        "map": field_map,
        "snapshot": plan.snapshot,
        "baseline": plan.is_baseline,
        "proposed": len(plan.changes),
    }
    audit.append(tx, [Entry(Event.PLAN_PROPOSED, plan.at, run, facts)])
    superseded = [Move(each.change_id, State.SUPERSEDED, each.because) for each in plan.withdrawn]
    changes.move(tx, superseded, run=run, at=plan.at)
    changes.add(
        tx,
        run,
        [(change, states[change.change_id]) for change in plan.changes],
        held_because=held_because,
        run=run,
        at=plan.at,
    )
    by_policy = [change.change_id for change in plan.changes if states[change.change_id] is State.APPROVED]
    approvals.record(tx, by_policy, approver=policy, at=plan.at, run=run)


def header(tx: Transaction, plan_id: str) -> Header | None:
    row = tx.execute(select(t.plans).where(t.plans.c.plan_id == plan_id)).one_or_none()
    return None if row is None else _from_row(row)


def latest(tx: Transaction) -> Header | None:
    """The last plan of all."""
    row = tx.execute(select(t.plans).order_by(t.plans.c.at.desc(), t.plans.c.plan_id.desc()).limit(1)).one_or_none()
    return None if row is None else _from_row(row)


def ids(tx: Transaction) -> tuple[str, ...]:
    """The ids of all plans, oldest first."""
    return tuple(tx.execute(select(t.plans.c.plan_id).order_by(t.plans.c.at, t.plans.c.plan_id)).scalars())


def waiting(tx: Transaction) -> dict[str, int]:
    """Plans with changes that wait for a person, oldest first, and how many each."""
    query = (
        select(t.changes.c.plan_id, func.count().label("number"))
        .where(t.changes.c.state.in_([State.PLANNED.value, State.HELD.value]))
        .group_by(t.changes.c.plan_id)
        .order_by(t.changes.c.plan_id)
    )
    return {row.plan_id: row.number for row in tx.execute(query)}


def due(tx: Transaction, *, at: datetime) -> tuple[str, ...]:
    """Ids of the changes that still wait though their plan has expired."""
    query = (
        select(t.changes.c.change_id)
        .join(t.plans)
        .where(t.plans.c.expires_at <= at, t.changes.c.state.in_([state.value for state in _WAITING]))
        .order_by(t.changes.c.plan_id, t.changes.c.position)
    )
    return tuple(tx.execute(query).scalars())


def is_established(tx: Transaction) -> bool:
    """Whether the baseline has been approved, none of it waiting any more, or there was nothing one could approve."""
    of_plan = t.changes.c.plan_id == t.plans.c.plan_id
    approved = select(t.approvals.c.change_id).join(t.changes, t.changes.c.change_id == t.approvals.c.change_id)
    waits = select(t.changes.c.change_id).where(of_plan, t.changes.c.state == State.PLANNED.value)
    baselines = select(t.plans.c.header).where(t.plans.c.is_baseline)
    if tx.execute(baselines.where(exists(waits)).limit(1)).first() is not None:
        return False
    if tx.execute(baselines.where(exists(approved.where(of_plan))).limit(1)).first() is not None:
        return True
    empty = tx.execute(baselines.where(t.plans.c.proposed == 0)).scalars()
    return any(not header["counts"].get("kept") and not header["counts"].get("quiet") for header in empty)


def _refuse_stale(tx: Transaction, plan: Plan) -> None:
    withdrawn = changes.find(tx, [each.change_id for each in plan.withdrawn])
    free = {standing.change.record_id for standing in withdrawn.values() if allows(standing.state, State.SUPERSEDED)}
    stuck = [each.change_id for each in plan.withdrawn if withdrawn[each.change_id].change.record_id not in free]
    taken = {record_id: standing for record_id, standing in changes.open_standings(tx).items() if record_id not in free}
    stuck += [change.change_id for change in plan.changes if change.record_id in taken]
    if again := changes.find(tx, [change.change_id for change in plan.changes]):
        # The same target for the same record within one second: its identity is taken.
        raise TransientError(*(Problem("PL-306", change_id) for change_id in sorted(again)))
    if stuck:
        raise PlanStaleError(*(Problem("PL-305", change_id) for change_id in stuck))


def _header(plan: Plan) -> dict[str, Any]:
    return {
        "counts": dict(plan.counts),
        "withdrawn": [[each.change_id, each.record_id, message_body(each.because)] for each in plan.withdrawn],
        "notices": [[each.record_id, message_body(each.message)] for each in plan.notices],
    }


def _from_row(row: "Row[tuple[object, ...]]") -> Header:
    return Header(
        row.plan_id,
        row.org_id,
        row.at,
        row.zone,
        row.rulebook,
        row.field_map,
        row.snapshot,
        row.is_baseline,
        row.digest,
        row.proposed,
        row.expires_at,
        row.header["counts"],
        tuple(
            Withdrawal(change_id, record_id, message_from(because))
            for change_id, record_id, because in row.header["withdrawn"]
        ),
        tuple(Notice(record_id, message_from(message)) for record_id, message in row.header["notices"]),
    )
