"""Whether a prospect needs another owner, and who shall be asked. People win: a person's choice stays."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.actions.assign import Assign, assign_of
from engine.assignment.directory import ACTIVE, INACTIVE, QUEUE, Directory
from engine.changes.change import OwnerWhy
from engine.changes.memory import Memory
from engine.rulebook.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Need:
    """Why a prospect needs another owner, and who shall be asked: a pool (id), or one user or queue (id).

    `held_by` is the owner it has now.
    """

    record_id: str
    object: str
    held_by: str
    why: OwnerWhy
    pool: str | None = None
    owner: str | None = None
    rule: str | None = None  # id of the owner rule; None: the default pool


def need_of(
    row: Mapping[str, Any], rulebook: Rulebook, memory: Memory, directory: Directory, *, is_overridden: bool = False
) -> Need | None:
    """The need of one prospect, from its row of facts and verdicts; None when it may stay where it is.

    `is_overridden`: a person moved it on from the owner we gave it, and that counts. One we never gave an owner is theirs.
    """
    kind, owner = row["owner_kind"], row["owner_id"]
    owner_rule = _owner_rule(row, rulebook)
    is_ours = "owner" in memory.applied.get(row["id"], {}) and not is_overridden
    if kind == INACTIVE:
        why = OwnerWhy.INACTIVE
    elif owner in directory.intake:
        why = OwnerWhy.QUEUE
    elif owner_rule and owner_rule[1].reassign and (kind == QUEUE or (kind == ACTIVE and is_ours)):
        why = OwnerWhy.REASSIGN
    else:
        return None
    need = _asked(row, owner_rule, why, rulebook, directory)
    if need.owner == owner or (why is OwnerWhy.REASSIGN and owner in directory.pools.get(need.pool or "", ())):
        return None
    return need


def _owner_rule(row: Mapping[str, Any], rulebook: Rulebook) -> tuple[str, Assign] | None:
    """The rule that says who shall own the prospect, and what it says."""
    if row["by__owner"] is None:
        return None
    rule = rulebook.rules[row["by__owner"]]
    assign = assign_of(rule)
    return (rule.id, assign) if assign else None


def _asked(
    row: Mapping[str, Any],
    owner_rule: tuple[str, Assign] | None,
    why: OwnerWhy,
    rulebook: Rulebook,
    directory: Directory,
) -> Need:
    record = (row["id"], row["object"], row["owner_id"])
    if owner_rule is None:
        return Need(*record, why, pool=rulebook.assignment.default_pool)
    rule_id, assign = owner_rule
    owner = None
    if assign.user:
        owner = directory.user_id(assign.user)
    if assign.queue:
        owner = directory.queue_id(assign.queue)
    return Need(*record, why, pool=assign.pool, owner=owner, rule=rule_id)
