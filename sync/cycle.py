"""The whole of leadsync in two functions: `propose` (pull to plan) and `settle` (apply whatever is approved).

Review lies between them and holds no worker.
"""

from dataclasses import replace

from engine.directory import Directory, dangling
from engine.errors import PlanStaleError, RulebookError
from engine.memory import Memory
from engine.planning import plan
from engine.plans import Plan
from engine.snapshots import Snapshot
from engine.states import State
from sync.apply import Settlement, apply
from sync.laws import Laws
from sync.pull import pull
from sync.reading import snapshot_of
from sync.review import by_policy, over_limit
from sync.run import Run
from sync.store import claims, memory, plans, texts
from sync.store.database import Transaction
from sync.store.leases import Lease, LeaseName, check
from sync.store.texts import TextKind

# How often a plan is made anew because changes moved while it was made.
TRIES_MAX = 3


def propose(run: Run, *, with_owners: bool = False) -> Plan:
    """Pull, evaluate, and save the difference as a plan; what policy lets through is approved by policy at once.

    `with_owners` asks for owner moves in a baseline; every later plan has them anyway.
    """
    with run.worker.hold(LeaseName.PULL) as lease:
        for _ in range(TRIES_MAX - 1):
            try:
                return _proposed(run, lease, with_owners=with_owners)
            except PlanStaleError:
                continue  # somebody applied or reviewed meanwhile: look again
        return _proposed(run, lease, with_owners=with_owners)


def _proposed(run: Run, lease: Lease, *, with_owners: bool) -> Plan:
    worker = run.worker
    # Memory before the pull: a change that is applied in between is then seen as open and gone, never as not there.
    with worker.store.read() as tx:
        remembered = memory.recall(tx)
    pull(run, lease)
    remembered = replace(remembered, rewritten=Laws(run).rewritten(remembered.open_changes.values()))
    snapshot = snapshot_of(run)
    refuse_dangling(run, snapshot)
    is_asked = with_owners or remembered.is_established
    proposed = plan(snapshot, worker.rulebook, remembered, moment=run.moment, with_owners=is_asked)
    with worker.store.transaction() as tx:
        check(tx, lease)
        _save(tx, run, proposed, held=_held(remembered, proposed))
    run.figures.update(proposed=len(proposed.changes), **proposed.counts)
    return proposed


def settle(run: Run) -> Settlement:
    """Send whatever is approved, settle what is unknown, and count what became of it."""
    with run.worker.hold(LeaseName.WRITE) as lease:
        settlement = apply(run, lease)
    run.figures["states"] = {state.value: number for state, number in settlement.states.items()}
    return settlement


def refuse_dangling(run: Run, snapshot: Snapshot) -> None:
    """RulebookError for users and queues the rulebook names and the org does not have."""
    directory = Directory.of(snapshot.users, snapshot.queues, run.worker.rulebook)
    if problems := dangling(run.worker.rulebook, directory):
        raise RulebookError(*problems)


def _held(remembered: Memory, proposed: Plan) -> int:
    """How many changes are held already and stay so."""
    gone = {withdrawal.change_id for withdrawal in proposed.withdrawn}
    standings = remembered.open_changes.values()
    return sum(standing.state is State.HELD and standing.change.change_id not in gone for standing in standings)


def _save(tx: Transaction, run: Run, proposed: Plan, *, held: int) -> None:
    """The plan, the texts it was made by, and the state each change enters with, in one transaction."""
    worker, policy = run.worker, run.worker.rulebook.policy
    texts.keep(tx, TextKind.RULEBOOK, digest=worker.rulebook.digest, text=worker.rulebook_text)
    texts.keep(tx, TextKind.MAP, digest=worker.field_map.digest, text=worker.field_map.text)
    plans.propose(
        tx,
        proposed,
        run=run.run_id,
        field_map=worker.field_map.digest,
        states=by_policy(proposed, policy, held=held),
        policy=f"policy@{worker.rulebook.digest[:12]}",
        held_because=over_limit(proposed, policy, held=held),
    )
    claims.note(tx, proposed.claims)
