"""The basis of a plan: all that concerns everybody. Where it is as it was, a plan of a part of the org will do.

Rules read whole days of the org, so the first plan of each is of everybody; what a part could miss is missed for less
than a day.
"""

from collections.abc import Collection, Iterator
from dataclasses import astuple, dataclass
from importlib.metadata import version as version_of

from engine.changes.memory import Memory
from engine.digests import digest
from engine.rulebook.rulebook import Operation
from engine.snapshots import Snapshot
from mapping.text.keys import KEYS_VERSION
from sync.plan.versions import PlanVersion, PlanVersions
from sync.store import audit, changes, describes, memory
from sync.store.checkpoints import Checkpoint
from sync.store.database import Transaction


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


@dataclass(frozen=True, slots=True)
class Before:
    """What the store knows of the org as a whole before a plan of it is made."""

    seen: int  # the audit's last entry
    memory: Memory
    owner_plans: Collection[str]
    described: str  # digest
    open: int
    held: int


def before_plan(tx: Transaction) -> Before:
    """To be asked before anything else is read: what happens meanwhile is for the next plan."""
    return Before(
        audit.head(tx).count,
        memory.recall_org(tx),
        changes.owner_plans(tx),
        describes.digest_of_all(tx),
        changes.open_count(tx),
        changes.held(tx),
    )


def basis_of(
    before: Before, snapshot: Snapshot, version: PlanVersion, versions: PlanVersions, *, with_owners: bool
) -> Basis:
    """`version` is what this plan is made by, `versions` what earlier ones were."""
    moves_owners = (
        with_owners
        or before.memory.is_established
        or any(versions.of(plan_id).rulebook.operation is Operation.LIVE for plan_id in before.owner_plans)
        or version.rulebook.operation is Operation.SHADOW
    )
    common = [
        *_as_text(version),
        before.described,
        before.memory.is_established,
        moves_owners,
        [astuple(user) for user in snapshot.users],
        [astuple(queue) for queue in snapshot.queues],
    ]
    return Basis(snapshot, before.memory, moves_owners, digest(common), before.seen, before.open, before.held)


def may_go_on(checkpoint: Checkpoint, basis: Basis, version: PlanVersion) -> bool:
    """Whether a plan of a part may go on from it; else everybody must be looked at.

    In shadow and in a baseline everybody is: both say what the rules make of the whole org.
    """
    if checkpoint.digest != basis.digest or checkpoint.at > version.moment.at:
        return False
    return basis.memory.is_established and version.rulebook.operation is not Operation.SHADOW


def _as_text(made_by: PlanVersion) -> Iterator[str]:
    rulebook, moment = made_by.rulebook, made_by.moment
    yield from (rulebook.digest, rulebook.operation.value, made_by.field_map.digest)
    yield from (moment.zone, moment.today.isoformat())
    yield from (KEYS_VERSION, version_of("leadsync"))
