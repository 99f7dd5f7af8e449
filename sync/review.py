"""Review: what policy lets through, and what a person approves or rejects. It lies between the runs and holds no worker."""

from collections.abc import Mapping, Sequence

from engine.changes import Change, Standing
from engine.errors import PlanStaleError, Problem, UsageError
from engine.messages import Message
from engine.plans import Plan
from engine.policies import Approver, Policy
from engine.states import State
from mapping.ids import id18, is_id
from sync.run import Worker
from sync.store import approvals, changes, effects, plans
from sync.store.changes import Move
from sync.store.database import Transaction
from sync.store.plans import Header

# So short an ending, or none at all, names a plan by accident.
ENDING_MIN = 4

_WAITING = frozenset({State.PLANNED, State.HELD})


def by_policy(plan: Plan, policy: Policy, *, held: int = 0) -> Mapping[str, State]:
    """The state each change enters with. Over the change limit the whole plan is held; a baseline waits for a person.

    `held`: open changes of earlier plans that were held and are kept; they count, so that no limit is passed in drips.
    """
    if plan.is_baseline:
        return {change.change_id: State.PLANNED for change in plan.changes}
    if over_limit(plan, policy, held=held):
        return {change.change_id: State.HELD for change in plan.changes}
    return {change.change_id: _state(change, policy) for change in plan.changes}


def over_limit(plan: Plan, policy: Policy, *, held: int = 0) -> Message | None:
    """Why a whole plan is held; None for a baseline, which is approved as a whole anyway."""
    limit, wanted = policy.limits.changes(plan.counts["in_scope"]), len(plan.changes) + held
    if plan.is_baseline or not plan.changes or wanted <= limit:
        return None
    return Message.of("note.limit", changes=wanted, limit=limit)


def approve(worker: Worker, plan_id: str | None, *, change_ids: Sequence[str] | None, approver: str) -> int:
    """Approve waiting changes of a plan, all or those named by change or record id; how many.

    A baseline is approved as a whole. UsageError PL-401 (no such plan), PL-402 (a part of a baseline); PlanStaleError
    PL-403 (not a waiting change of that plan).
    """
    with worker.store.transaction() as tx:
        waiting = _named(tx, plan_id, change_ids)
        pairs = list(changes.digests(tx, [standing.change.change_id for standing in waiting]).items())
        approvals.approve(tx, pairs, approver=approver, at=worker.clock.now())
    return len(pairs)


def reject(worker: Worker, plan_id: str | None, *, change_ids: Sequence[str] | None, approver: str, reason: str) -> int:
    """Reject waiting changes; they stay quiet while target and meaning base are the same."""
    note = Message.of("note.rejected", by=approver, reason=reason)
    with worker.store.transaction() as tx:
        waiting = _named(tx, plan_id, change_ids)
        moves = [Move(standing.change.change_id, State.REJECTED, note) for standing in waiting]
        changes.move(tx, moves, run=None, at=worker.clock.now())
    return len(moves)


def lift(worker: Worker, *, record_ids: Sequence[str] | None, actor: str) -> int:
    """Forget that changes of these records (None: of all) were rejected or refused; how many there were.

    UsageError PL-411 for what is no record id.
    """
    if strange := [given for given in record_ids or () if not is_id(given)]:
        raise UsageError(*(Problem("PL-411", "", {"given": given}) for given in strange))
    with worker.store.transaction() as tx:
        wanted = effects.hushed(tx) if record_ids is None else [id18(given) for given in record_ids]
        return effects.lift(tx, wanted, actor=actor, at=worker.clock.now())


def plan_named(tx: Transaction, plan_id: str | None) -> Header:
    """A plan by its id or the unique end of it; without one the last that waits for a person, else the last of all.

    UsageError PL-401 when there is none.
    """
    if plan_id is None:
        waiting = list(plans.waiting(tx))
        found = plans.header(tx, waiting[-1]) if waiting else plans.latest(tx)
    else:
        is_long_enough = len(plan_id) >= ENDING_MIN
        ids = [each for each in plans.ids(tx) if each == plan_id or (is_long_enough and each.endswith(plan_id))]
        found = plans.header(tx, ids[0]) if len(ids) == 1 else None
    if found is None:
        raise UsageError.of("PL-401", given=plan_id or "")
    return found


def _named(tx: Transaction, plan_id: str | None, change_ids: Sequence[str] | None) -> list[Standing]:
    header = plan_named(tx, plan_id)
    waiting = {each.change.change_id: each for each in changes.in_state(tx, _WAITING, plan_id=header.plan_id)}
    if change_ids is None:
        return list(waiting.values())
    if header.is_baseline:
        raise UsageError.of("PL-402", plan=header.plan_id)
    by_record = {each.change.record_id: each for each in waiting.values()}
    unknown = [given for given in change_ids if given not in waiting and given not in by_record]
    if unknown:
        raise PlanStaleError(*(Problem("PL-403", given, {"plan": header.plan_id}) for given in unknown))
    return [waiting.get(given) or by_record[given] for given in dict.fromkeys(change_ids)]


def _state(change: Change, policy: Policy) -> State:
    needed = {policy.owners} if change.moves_owner else set()
    if set(change.after) - {"owner"} or not change.moves_owner:
        needed.add(policy.fields)
    return State.PLANNED if Approver.PERSON in needed else State.APPROVED
