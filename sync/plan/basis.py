"""The basis of a plan: all that concerns everybody. Where it is as it was, a plan of a part of the org will do.

Rules read whole days of the org, so the first plan of each is of everybody; what a part could miss is missed for less
than a day.
"""

from collections.abc import Iterator
from dataclasses import astuple, dataclass
from importlib.metadata import version

from engine.changes.memory import Memory
from engine.digests import digest
from engine.rulebook.rulebook import Operation
from engine.snapshots import Snapshot
from mapping.text.keys import KEYS_VERSION
from sync.plan.snapshots import snapshot_of
from sync.plan.versions import PlanVersions
from sync.run import Run
from sync.store import audit, changes, checkpoints, describes, memory
from sync.store.checkpoints import Checkpoint


@dataclass(frozen=True, slots=True)
class Basis:
    """`memory` is what concerns the org as a whole. `seen` is the audit's last entry before anything else was read."""

    snapshot: Snapshot
    memory: Memory
    moves_owners: bool
    digest: str
    seen: int
    open: int
    held: int


def basis_of(run: Run, versions: PlanVersions, *, with_owners: bool) -> Basis:
    """Before ranges are read: what happens meanwhile is for the next plan."""
    rulebook = run.worker.rulebook
    with run.worker.store.read() as tx:
        seen = audit.head(tx).count
        of_org, owner_plans = memory.recall_org(tx), changes.owner_plans(tx)
        told = describes.digest_of_all(tx)
        is_open, held = changes.open_count(tx), changes.held(tx)
    snapshot = snapshot_of(run)
    moves_owners = (
        with_owners
        or of_org.is_established
        or any(versions.of(plan_id).rulebook.operation is Operation.LIVE for plan_id in owner_plans)
        or rulebook.operation is Operation.SHADOW
    )
    common = [
        *_as_text(run),
        told,
        of_org.is_established,
        moves_owners,
        [astuple(user) for user in snapshot.users],
        [astuple(queue) for queue in snapshot.queues],
    ]
    return Basis(snapshot, of_org, moves_owners, digest(common), seen, is_open, held)


def checkpoint_of(run: Run, basis: Basis) -> Checkpoint | None:
    """What a plan of a part may go on from; None when everybody must be looked at.

    In shadow and in a baseline everybody is: both say what the rules make of the whole org.
    """
    with run.worker.store.read() as tx:
        checkpoint = checkpoints.latest(tx)
    if checkpoint is None or checkpoint.digest != basis.digest or checkpoint.at > run.at:
        return None
    if not basis.memory.is_established or run.worker.rulebook.operation is Operation.SHADOW:
        return None
    return checkpoint


def _as_text(run: Run) -> Iterator[str]:
    rulebook, moment = run.worker.rulebook, run.moment
    yield from (rulebook.digest, rulebook.operation.value, run.worker.field_map.digest)
    yield from (moment.zone, moment.today.isoformat())
    yield from (KEYS_VERSION, version("leadsync"))
