"""Who gets a prospect that needs an owner: pools whose members take turns, least recent first."""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.assignment.directory import Directory
from engine.assignment.needs import Need
from engine.changes.change import Turn
from engine.changes.memory import Memory
from engine.messages import Message


@dataclass(frozen=True, slots=True)
class Candidate:
    """An owner found, the turn it costs, and why; or none, and the notice that says so."""

    owner: str | None
    turn: Turn | None = None
    because: tuple[Message, ...] = ()
    notice: Message | None = None


class Turns:
    """The turns of every pool while one plan is made: those applied, those open, and those given out since."""

    def __init__(self, memory: Memory) -> None:
        self._last: dict[str, dict[str, int]] = {pool: dict(members) for pool, members in memory.turns.items()}
        for standing in memory.open_changes.values():
            self.take(standing.change.effects.turn)

    def take(self, turn: Turn | None) -> None:
        if turn is not None:
            members = self._last.setdefault(turn.pool, {})
            members[turn.member] = max(turn.sequence, members.get(turn.member, 0))

    def next(self, pool: str, members: Sequence[str]) -> Turn | None:
        """The member whose last turn is oldest; members who never had one first, in listed order."""
        if not members:
            return None
        last = self._last.setdefault(pool, {})
        member = min(members, key=lambda user: last.get(user, 0))  # the first of equals
        turn = Turn(pool=pool, member=member, sequence=max(last.values(), default=0) + 1)
        self.take(turn)
        return turn


def settled_owner(need: Need, *, memory: Memory, directory: Directory) -> Candidate | None:
    """The owner of a prospect that takes no turn; None when the pool must be asked.

    An open assignment that still fits keeps its candidate and its turn.
    """
    if need.owner is not None:
        if not directory.may_receive(need.owner, need.object):
            return Candidate(None, notice=Message.of("notice.not_allowed", rule=need.rule))
        return Candidate(need.owner, because=(_why(need), Message.of("reason.owner.named", rule=need.rule)))
    if need.pool is None:
        return Candidate(None, notice=Message.of("notice.no_pool"))
    eligible = eligible_members(need, memory=memory, directory=directory)
    kept = _kept(need, memory, eligible)
    if kept is not None:
        return Candidate(kept.member, kept, because=(_why(need), Message.of("reason.owner.kept", pool=need.pool)))
    return None


def by_turn(need: Need, turn: Turn | None, *, passed: int) -> Candidate:
    """The owner whose turn it is, so many members having been passed over; or nobody."""
    if turn is None:
        return Candidate(None, notice=Message.of("notice.nobody_free", pool=need.pool))
    told = Message.of("reason.owner.turn", pool=need.pool, passed=passed)
    return Candidate(turn.member, turn, because=(_why(need), told))


def eligible_members(need: Need, *, memory: Memory, directory: Directory) -> tuple[str, ...]:
    """Members who may own it now; never the present owner, nor the last one we gave it to unless only one is left."""
    able = [
        member
        for member in directory.pools.get(need.pool or "", ())
        if directory.may_receive(member, need.object) and member != need.held_by
    ]
    last = memory.applied.get(need.record_id, {}).get("owner")
    others = [member for member in able if member != last]
    return tuple(others or able)


def is_still_eligible(owner: str, need: Need, *, memory: Memory, directory: Directory) -> bool:
    """Whether a candidate found earlier may still be given the prospect."""
    if need.pool is None:
        return owner == need.owner and directory.may_receive(owner, need.object)
    return owner in eligible_members(need, memory=memory, directory=directory)


def _why(need: Need) -> Message:
    return Message.of(f"reason.owner.{need.why.value}", rule=need.rule)


def _kept(need: Need, memory: Memory, eligible: tuple[str, ...]) -> Turn | None:
    standing = memory.open_changes.get(need.record_id)
    turn = standing.change.effects.turn if standing else None
    if turn is not None and turn.pool == need.pool and turn.member in eligible:
        return turn
    return None


@dataclass(frozen=True, slots=True)
class Considered:
    """A member of the pool, in listed order. `turn` is the number of their last turn, None when they never had one."""

    member: str
    turn: int | None
    passed: Message | None = None  # why not; None: may be asked, least recent turn first


def considered(need: Need, *, memory: Memory, directory: Directory) -> tuple[Considered, ...]:
    """Everybody in the pool that is asked; nobody when a rule names one owner."""
    if need.pool is None:
        return ()
    eligible = eligible_members(need, memory=memory, directory=directory)
    turns = memory.turns.get(need.pool, {})
    return tuple(
        Considered(member, turns.get(member), None if member in eligible else _why_passed(member, need, directory))
        for member in directory.pools.get(need.pool, ())
    )


def _why_passed(member: str, need: Need, directory: Directory) -> Message:
    user = directory.users.get(member)
    if user is None or not user.is_active:
        return Message.of("passed.inactive")
    if not directory.may_receive(member, need.object):
        return Message.of("passed.not_allowed")
    if member == need.held_by:
        return Message.of("passed.present")
    return Message.of("passed.last")
