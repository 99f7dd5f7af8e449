"""The plan: the difference between what the rules want and what the org shows, made from values alone.

Same rulebook, snapshot, memory and moment: same plan, byte for byte, however the snapshot is cut into ranges. `plan` is for
snapshots whose changes fit into memory; whoever has more drives a `Planner` range by range and puts its proposals away.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import narwhals as nw

from engine.assignment.directory import Directory
from engine.assignment.pools import Candidate, Turns, by_turn, eligible_members, settled_owner
from engine.changes.change import Change, Standing, Turn
from engine.changes.memory import Memory, Overridden
from engine.changes.plan import Notice, Outline, Plan, Withdrawal
from engine.messages import Message
from engine.moments import Moment
from engine.plan.drafts import Draft, drafts_of
from engine.plan.due_dates import due_dates
from engine.plan.follow_ups import FollowUp, follow_ups
from engine.plan.guards import Entry, Passed, Weight, entry, limits_passed, moved_lately
from engine.plan.reconcile import Past, is_on_its_way, is_quiet_assignment, reconcile, requested, without_owner
from engine.rulebook.rulebook import Operation, Rulebook
from engine.snapshots import Range, Snapshot

# Drafts of prospects that wait for their turn are held up to so many; those of more are made again once turns are given.
DRAFTS_HELD_MAX = 20_000
# So many of those who get nobody are named; the rest are counted.
NOTICES_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change and the state it enters with by itself; the limits of the whole plan come on top (`Planner.passed`)."""

    change: Change
    entry: Entry


class _Waiting(NamedTuple):
    """Somebody who needs an owner, in the order they are served: oldest first, then by id."""

    created_at: datetime
    record_id: str
    pool: str
    eligible: tuple[str, ...]


def plan(snapshot: Snapshot, rulebook: Rulebook, memory: Memory, *, moment: Moment, with_owners: bool = True) -> Plan:
    """What this run proposes. The first plans of an org are a baseline: fields only, unless `with_owners`."""
    directory = Directory.of(snapshot.users, snapshot.queues, rulebook)
    moves_owners = with_owners or any(standing.change.moves_owner for standing in memory.open_changes.values())
    planner = Planner(snapshot.org_id, rulebook, directory, memory, moment=moment, moves_owners=moves_owners)
    proposals: list[Proposal] = []
    for part in snapshot.ranges:
        proposals += planner.read(part, memory)
    proposals += planner.assign()
    for part in snapshot.ranges if planner.dropped else ():
        proposals += planner.read_again(part, memory)
    planner.leave((memory.open_changes[each] for each in memory.open_changes.keys() - planner.seen), memory)
    outline = planner.outline(snapshot.run)
    return Plan(
        outline.org_id,
        outline.at,
        outline.zone,
        outline.rulebook,
        outline.snapshot,
        outline.is_baseline,
        changes=tuple(sorted((each.change for each in proposals), key=lambda change: change.record_id)),
        withdrawn=outline.withdrawn,
        notices=outline.notices,
        counts=outline.counts,
        overrides=outline.overrides,
    )


class Planner:
    """Makes one plan, range by range: `read` each, then `assign`, `read_again` each if any are `dropped`, then `leave`.

    `memory` is what concerns the org as a whole: turns, open ones included, and whether a baseline was approved. What
    concerns records is handed in with each range.

    A plan of a part of the org gets `carried`, the weight of all others (`Weight.after`): what is open there was counted
    when it was proposed. It stands only while it `may_pass` no limit; what limits hold is decided by plans of everybody.
    """

    def __init__(
        self,
        org_id: str,
        rulebook: Rulebook,
        directory: Directory,
        memory: Memory,
        *,
        moment: Moment,
        moves_owners: bool,
        drafts_max: int = DRAFTS_HELD_MAX,
        carried: Weight | None = None,
    ) -> None:
        self.org_id = org_id
        self.rulebook = rulebook
        self.directory = directory
        self.moment = moment
        self.moves_owners = moves_owners
        self.is_baseline = not memory.is_established
        self.weight = carried or Weight()
        self.seen: set[str] = set()  # records with an open change that were in some range
        self.dropped: frozenset[str] = frozenset()  # those who took a turn and whose drafts must be made again
        self._is_part = carried is not None
        self._proposed = Weight()
        self._edges: dict[str, datetime] = {}
        self._again: set[str] = set()
        self._quiet: set[str] = set()
        self._respected: set[str] = set()
        self._undecided: set[str] = set()
        self._turns = Turns(memory)
        self._drafts_max = drafts_max
        self._waiting: list[_Waiting] = []
        self._held: dict[str, tuple[Draft, Past]] = {}
        self._given: dict[str, tuple[Turn | None, int]] = {}
        self._overrides: dict[str, Mapping[str, Overridden]] = {}
        self._withdrawn: list[Withdrawal] = []
        self._notices: list[Notice] = []
        self._tuples: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._counts = dict.fromkeys(("evaluated", "kept", "unassigned", "settling"), 0)

    def read(self, part: Range, memory: Memory) -> Iterator[Proposal]:
        """What is proposed for one range, but for those who wait until everybody who needs an owner is known."""
        counts, drafts = drafts_of(part, self.rulebook, memory, self.directory, moment=self.moment)
        self._counts["evaluated"] += counts.evaluated
        self._counts["settling"] += len(counts.settling)
        self._again |= counts.settling
        self._edges |= due_dates(part, self.moment)
        self.weight.in_scope += counts.in_scope
        self.weight.loads.update(counts.loads)
        here = memory.open_changes.keys() & set(part.prospects["id"].to_list())
        self.seen |= here
        self.leave((memory.open_changes[each] for each in here - counts.record_ids), memory)
        for found in drafts:
            if found.overrides != memory.overrides.get(found.record_id, {}):
                self._overrides[found.record_id] = found.overrides
            if found.respected:
                self._respected.add(found.record_id)
            if found.undecided:
                self._undecided.add(found.record_id)
            draft = found if self.moves_owners else without_owner(found)
            yield from self._drafted(draft, memory)

    def assign(self) -> Iterator[Proposal]:
        """After the last range: give everybody who waits a turn, and propose for those whose drafts are held."""
        for each in sorted(self._waiting):
            passed = len(self.directory.pools.get(each.pool, ())) - len(each.eligible)
            self._given[each.record_id] = (self._turns.next(each.pool, each.eligible), passed)
        self.dropped = frozenset(self._given.keys() - self._held.keys())
        self._again |= self.dropped
        self._waiting.clear()
        for record_id in sorted(self._held):
            yield from self._served(*self._held.pop(record_id))

    def read_again(self, part: Range, memory: Memory) -> Iterator[Proposal]:
        """Propose for those of a range whose drafts were not held; what moved under our hands is left for the next run."""
        chosen = [each for each in part.prospects["id"].to_list() if each in self.dropped]
        if not chosen:
            return
        prospects = part.prospects.filter(nw.col("id").is_in(chosen))
        activities = part.activities.filter(nw.col("prospect_id").is_in(chosen))
        again = Range(prospects, activities, absent=part.absent)
        _, drafts = drafts_of(again, self.rulebook, memory, self.directory, moment=self.moment)
        for draft in drafts:
            past = Past.of(memory, draft.record_id)
            turn, _ = self._given[draft.record_id]
            if draft.need is not None and (turn is None or turn.pool == draft.need.pool) and not past.is_on_its_way:
                yield from self._served(draft, past)

    def leave(self, standings: Iterable[Standing], memory: Memory) -> None:
        """Withdraw open changes of records that are converted, deleted or out of scope by now."""
        for standing in standings:
            if is_on_its_way(standing, memory):
                self._again.add(standing.change.record_id)
            else:
                self._withdraw(standing, "withdrawn.left")

    def passed(self) -> Passed:
        """The limits the plan passes as a whole; none while everything waits for a person anyway."""
        if self._waits_for_all:
            return Passed()
        return limits_passed(self.weight, self.rulebook.policy, self.directory)

    @property
    def follow_ups(self) -> dict[str, FollowUp]:
        """What the next plan must know of single prospects, should it not look at them."""
        return follow_ups(
            following=self._again,
            due=self._edges,
            quiet=self._quiet,
            respected=self._respected,
            undecided=self._undecided,
        )

    @property
    def may_pass(self) -> bool:
        """Whether a limit would hold anything that is proposed, as far as it can be told from a part of the org."""
        return self.passed().concerns(self._proposed)

    def outline(self, snapshot: str) -> Outline:
        """The plan but for its changes. `snapshot` names the pull it was made from."""
        return Outline(
            org_id=self.org_id,
            at=self.moment.at,
            zone=self.moment.zone,
            rulebook=self.rulebook.digest,
            snapshot=snapshot,
            is_baseline=self.is_baseline,
            withdrawn=tuple(sorted(self._withdrawn, key=lambda withdrawal: withdrawal.record_id)),
            notices=tuple(sorted(self._notices, key=lambda notice: notice.record_id)),
            counts={
                **self._counts,
                "quiet": len(self._quiet),
                "respected": len(self._respected),
                "undecided": len(self._undecided),
                "in_scope": self.weight.in_scope,
            },
            overrides=self._overrides,
        )

    @property
    def _waits_for_all(self) -> bool:
        return self.is_baseline or self.rulebook.operation is Operation.SHADOW

    def _drafted(self, draft: Draft, memory: Memory) -> Iterator[Proposal]:
        past = Past.of(memory, draft.record_id)
        if draft.need is None or past.is_on_its_way:
            yield from self._decided(draft, None, past)
            return
        if is_quiet_assignment(
            draft, past, memory=memory, directory=self.directory, org_id=self.org_id, at=self.moment.at
        ):
            self._quiet.add(draft.record_id)
            self._withdraw(past.standing, "withdrawn.target")
            return
        candidate = settled_owner(draft.need, memory=memory, directory=self.directory)
        if candidate is not None:
            yield from self._decided(draft, candidate, past)
            return
        eligible = eligible_members(draft.need, memory=memory, directory=self.directory)
        eligible = self._tuples.setdefault(eligible, eligible)
        self._waiting.append(_Waiting(draft.created_at, draft.record_id, draft.need.pool or "", eligible))
        if len(self._held) < self._drafts_max:
            self._held[draft.record_id] = (draft, past)

    def _served(self, draft: Draft, past: Past) -> Iterator[Proposal]:
        if draft.need is not None:
            turn, passed = self._given[draft.record_id]
            served = list(self._decided(draft, by_turn(draft.need, turn, passed=passed), past))
            if served and turn:
                self._again.discard(draft.record_id)
            else:  # whoever takes a turn for nothing takes one in the next plan too
                self._again.add(draft.record_id)
            yield from served

    def _decided(self, draft: Draft, candidate: Candidate | None, past: Past) -> Iterator[Proposal]:
        if candidate is not None and candidate.notice is not None:
            self._counts["unassigned"] += 1
            self._again.add(draft.record_id)
            if len(self._notices) < NOTICES_MAX:
                self._notices.append(Notice(draft.record_id, candidate.notice))
        change = requested(draft, candidate, org_id=self.org_id, at=self.moment.at)
        outcome = reconcile(change, past)
        if outcome.is_quiet:
            self._quiet.add(draft.record_id)
        if outcome.is_kept and past.standing:
            self._counts["kept"] += 1
            # Of a part, what an earlier plan proposed is carried; what takes changes back is no plan's.
            if not self._is_part or past.standing.change.reverses:
                self.weight.stand(past.standing.change, past.standing.state)
        if outcome.withdraws:
            self._withdraw(past.standing, outcome.withdraws)
        if outcome.change is not None:
            self.weight.propose(outcome.change)
            self._proposed.propose(outcome.change)
            yield Proposal(outcome.change, self._entry(outcome.change, draft, past))

    def _entry(self, change: Change, draft: Draft, past: Past) -> Entry:
        policy = self.rulebook.policy
        return entry(
            change,
            policy,
            moved=moved_lately(past.moved, policy.limits, self.moment.at),
            contests=any(name in change.after for name in draft.contested),
            waits_for_all=self._waits_for_all,
        )

    def _withdraw(self, standing: Standing | None, why: str) -> None:
        if standing:
            withdrawal = Withdrawal(standing.change.change_id, standing.change.record_id, Message.of(why))
            self._withdrawn.append(withdrawal)
