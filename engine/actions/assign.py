"""`assign`: find an owner for a prospect that needs one. Who needs one, and whose turn it is, says `engine/assignment`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import narwhals as nw

from engine.actions.action_kind import ActionKind, Given
from engine.conditions.expressions import whole
from engine.rulebook.rulebook import Action, AutomationRule, Reference

OWNER = "owner"


@dataclass(frozen=True, slots=True)
class Assign(Action):
    """Exactly one of pool (its id), user or queue.

    `reassign` also moves prospects whose owner was given by leadsync or is nobody's; a person's choice stays.
    """

    pool: str | None = None
    user: Reference | None = None
    queue: Reference | None = None
    reassign: bool = False


class _Assign(ActionKind[Assign]):
    name = "assign"
    action = Assign

    def target(self, action: Assign) -> str:
        return OWNER

    def decides(self, action: Assign) -> str | None:
        """Nothing that rules can read: an owner is found when all of them have run."""
        return None

    def outputs(self, given: Sequence[Given[Assign]]) -> Mapping[str, tuple[int, ...]]:
        """The owner, even where no rule names one: there may be a default pool."""
        return {OWNER: tuple(one.index for one in given)}

    def users(self, action: Assign) -> tuple[Reference, ...]:
        return (action.user,) if action.user else ()

    def queues(self, action: Assign) -> tuple[Reference, ...]:
        return (action.queue,) if action.queue else ()

    def columns(self, given: Sequence[Given[Assign]]) -> dict[str, nw.Expr]:
        """The rule that says who shall own the prospect: of those that hold the last listed; null when none does."""
        owner_rules = [nw.when(nw.col(one.mask)).then(whole(one.index)) for one in given]
        return {f"by__{OWNER}": nw.max_horizontal(*owner_rules) if owner_rules else whole(None)}


ASSIGN = _Assign()


def assign_of(rule: AutomationRule) -> Assign | None:
    """Whom a rule names as the owner; None when it names nobody."""
    return next((action for action in rule.then if isinstance(action, Assign)), None)
