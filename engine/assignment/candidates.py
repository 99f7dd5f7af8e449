"""Who was considered as an owner, and why each was passed over: for explaining, by the rules that assignment follows."""

from dataclasses import dataclass

from engine.assignment.directory import Directory
from engine.assignment.needs import Need
from engine.assignment.pools import eligible_members
from engine.changes.memory import Memory
from engine.messages import Message
from engine.plan.drafts import Draft


@dataclass(frozen=True, slots=True)
class Considered:
    """A member of the pool, in listed order. `turn` is the number of their last turn, None when they never had one."""

    member: str
    turn: int | None
    passed: Message | None = None  # why not; None: may be asked, least recent turn first


def considered(draft: Draft, need: Need, *, memory: Memory, directory: Directory) -> tuple[Considered, ...]:
    """Everybody in the pool that is asked; nobody when a rule names one owner."""
    if need.pool is None:
        return ()
    eligible = eligible_members(draft, need, memory=memory, directory=directory)
    turns = memory.turns.get(need.pool, {})
    return tuple(
        Considered(member, turns.get(member), None if member in eligible else _why(member, draft, directory))
        for member in directory.pools.get(need.pool, ())
    )


def _why(member: str, draft: Draft, directory: Directory) -> Message:
    user = directory.users.get(member)
    if user is None or not user.is_active:
        return Message.of("passed.inactive")
    if not directory.may_receive(member, draft.object):
        return Message.of("passed.not_allowed")
    if member == draft.owner:
        return Message.of("passed.present")
    return Message.of("passed.last")
