"""Which plan people mean: by its id, by the end of it, or the last."""

from config.rulebook.files import RulebookFiles
from engine.changes.states import State
from engine.errors import MapError, RulebookError, UsageError
from engine.rulebook.rulebook import Operation
from sync.plan.versions import plan_version_of
from sync.store import changes, plans
from sync.store.database import Store, Transaction
from sync.store.plans import PlanRecord
from sync.store.runs import ENDING_MIN

# Of plans that one ending may mean, the last so many are named.
_NAMED_MAX = 10


def is_shadow(store: Store, files: RulebookFiles, plan: PlanRecord) -> bool:
    """Whether a plan was made to compare only: nothing of it may be decided or written."""
    try:
        rulebook, _ = files()
        if rulebook.digest == plan.rulebook:
            return rulebook.operation is Operation.SHADOW
    except (RulebookError, MapError):
        pass  # files that are being edited say nothing about a plan made before
    with store.read() as tx:
        return plan_version_of(tx, plan.plan_id).rulebook.operation is Operation.SHADOW


def plan_shown(store: Store, files: RulebookFiles, plan_id: str | None) -> PlanRecord:
    """The plan that readers mean: without an id in shadow the newest comparison, else as `plan_named` has it."""
    with store.read() as tx:
        last = plans.latest(tx) if plan_id is None else None
        named = plan_named(tx, plan_id)
    return last if last is not None and is_shadow(store, files, last) else named


def plan_named(tx: Transaction, plan_id: str | None) -> PlanRecord:
    """A plan by its id or the unique end of it; without one the last that waits for a person, else the last of all.

    UsageError PL-401 when there is none of that id, PL-408 when several end so or the end is too short, PL-413 before the
    first.
    """
    if plan_id is None:
        waiting = list(plans.waiting(tx))
        found = plans.record(tx, waiting[-1]) if waiting else plans.latest(tx)
    else:
        ids = [each for each in plans.ids(tx) if each.endswith(plan_id)]
        is_meant = len(ids) == 1 and len(plan_id) >= ENDING_MIN
        if plan_id and ids and not is_meant:
            latest = ", ".join(reversed(ids[-_NAMED_MAX:])) + (", …" if len(ids) > _NAMED_MAX else "")
            raise UsageError.of("PL-408", given=plan_id, found=latest, least=ENDING_MIN)  # {given!r} does not name…
        found = plans.record(tx, ids[0]) if is_meant else None
    if found is None:
        # there is no plan yet, so nothing has been decided / there is no plan {given!r}
        raise UsageError.of("PL-413") if plan_id is None else UsageError.of("PL-401", given=plan_id)
    return found


def held_of(store: Store) -> dict[State, int]:
    """What is over a limit, by this plan or an earlier one."""
    with store.read() as tx:
        return {State.HELD: changes.held(tx)}
