"""Guards: the state each change of a plan enters with, and the limits that make changes wait for a person.

A change is first weighed by itself (`entry`), then by what the whole plan does (`Weight`, `limits_passed`). A baseline
waits for a person as a whole, whatever it does; so does everything while a rulebook is in shadow.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from engine.assignment.directory import ACTIVE, INACTIVE, Directory
from engine.changes.change import RULE, Change, RuleRef
from engine.changes.states import State
from engine.messages import Message
from engine.rulebook.policy import Approver, Limits, Policy

_ALL = 100


@dataclass(frozen=True, slots=True)
class Entry:
    """The state a change enters with, and why if it is held."""

    state: State
    note: Message | None = None


@dataclass(slots=True)
class Weight:
    """What a plan does, with what earlier plans left open: counted as it is made, so that no limit is passed in drips.

    `changes` are new or held already; `loads` are the records in scope by owner, `leaving` those that are to move away
    from each owner, `arriving` those that each is to get, `by_rule` those that each rule changes.
    """

    changes: int = 0
    proposed: int = 0
    in_scope: int = 0
    loads: Counter[str] = field(default_factory=Counter)
    leaving: Counter[str] = field(default_factory=Counter)
    arriving: Counter[str] = field(default_factory=Counter)
    by_rule: Counter[RuleRef] = field(default_factory=Counter)

    def propose(self, change: Change) -> None:
        self.changes += 1
        self.proposed += 1
        self._add(change)

    def stand(self, change: Change, state: State) -> None:
        """An open change of an earlier plan that still holds."""
        self.changes += state is State.HELD
        self._add(change)

    def after(self, held: int, *, looked_at: int) -> "Weight":
        """What a plan begins with that looks at so many of the records, the others being as this one left them.

        Cautious: fewer in scope than there are, and no loads at all; whatever was ever to move, done since or not. Whoever
        passes no limit with it passes none with the whole org.
        """
        return Weight(
            changes=held,
            in_scope=max(0, self.in_scope - looked_at),
            leaving=self.leaving.copy(),
            arriving=self.arriving.copy(),
            by_rule=self.by_rule.copy(),
        )

    def _add(self, change: Change) -> None:
        if change.moves_owner:
            self.leaving[change.owner] += 1
            self.arriving[str(change.after["owner"])] += 1
        self.by_rule.update(rule for rule in change.rules if rule.kind == RULE)


@dataclass(frozen=True, slots=True)
class Passed:
    """The limits a plan passes: `whole` holds all of it, the others the changes of an owner, a new owner or a rule."""

    whole: Message | None = None
    owners: Mapping[str, Message] = field(default_factory=dict)
    new_owners: Mapping[str, Message] = field(default_factory=dict)
    rules: Mapping[RuleRef, Message] = field(default_factory=dict)

    def holds(self, change: Change) -> Message | None:
        """Why this change is held; None when no limit concerns it."""
        if self.whole is not None:
            return self.whole
        if change.moves_owner:
            found = self.owners.get(change.owner) or self.new_owners.get(str(change.after["owner"]))
            if found is not None:
                return found
        return next((self.rules[rule] for rule in change.rules if rule in self.rules), None)

    def concerns(self, proposed: Weight) -> bool:
        """Whether any of the changes that weigh so much is held."""
        return bool(
            (self.whole and proposed.proposed)
            or self.owners.keys() & proposed.leaving.keys()
            or self.new_owners.keys() & proposed.arriving.keys()
            or self.rules.keys() & proposed.by_rule.keys()
        )


def entry(change: Change, policy: Policy, *, moved: int, contests: bool, waits_for_all: bool) -> Entry:
    """What becomes of a change by itself.

    `moved`: how often leadsync moved this record's owner lately. `contests`: it goes against what somebody else put
    there. `waits_for_all`: the plan is a baseline or in shadow.
    """
    if waits_for_all:
        return Entry(State.PLANNED)
    limits = policy.limits
    if change.moves_owner and moved >= limits.flips_max:
        return Entry(State.HELD, Message.of("note.ping_pong", moves=moved, days=limits.flips_days))
    if contests:
        return Entry(State.PLANNED)
    needed = {policy.owners} if change.moves_owner else set()
    if set(change.after) - {"owner"} or not change.moves_owner:
        needed.add(policy.fields)
    return Entry(State.PLANNED if Approver.PERSON in needed else State.APPROVED)


def moved_lately(moves: tuple[datetime, ...], limits: Limits, at: datetime) -> int:
    """How many owner moves fall into the days that count for ping-pong."""
    since = at - timedelta(days=limits.flips_days)
    return sum(each > since for each in moves)


def limits_passed(weight: Weight, policy: Policy, directory: Directory) -> Passed:
    """Which limits a plan passes. Queues may be emptied at once: handing out is what they are for."""
    limits, share = policy.limits, policy.limits.rule_percent
    most = limits.changes(weight.in_scope)
    whole = None
    if weight.proposed and weight.changes > most:
        whole = Message.of("note.limit", changes=weight.changes, limit=most)
    owners = {
        owner: Message.of("note.limit.owner", owner=owner, changes=count, limit=bound)
        for owner, count in sorted(weight.leaving.items())
        if (bound := _may_leave(owner, weight.loads[owner], limits, directory)) is not None and count > bound
    }
    new_owners = {
        owner: Message.of("note.limit.new_owner", owner=owner, changes=count, limit=limits.new_owner_max)
        for owner, count in sorted(weight.arriving.items())
        if limits.new_owner_max is not None and owner not in directory.queues and count > limits.new_owner_max
    }
    by_rule = weight.in_scope * share // 100 if share is not None else None
    rules = {
        rule: Message.of("note.limit.rule", rule=str(rule), changes=count, limit=by_rule)
        for rule, count in sorted(weight.by_rule.items())
        if by_rule is not None and count > by_rule
    }
    return Passed(whole, owners, new_owners, rules)


def _may_leave(owner: str, load: int, limits: Limits, directory: Directory) -> int | None:
    """How many records may move away from an owner at once; None: all."""
    percents = {ACTIVE: limits.owner_percent, INACTIVE: limits.leaver_percent}
    percent = percents.get(directory.owner_kind(owner))
    if percent is None or percent == _ALL:
        return None
    return max(load * percent // 100, limits.owner_min)
