"""The plan: the difference between what the rules want and what the org shows, made from values alone.

Same rulebook, snapshot, memory and moment: same plan, byte for byte, however the snapshot is cut into ranges. `plan` is for
snapshots whose changes fit into memory; whoever has more drives a `Planner` range by range and puts its proposals away.

A plan has three phases, each a type that only the one before gives: a `Planner` reads every range; `Assigned`, when everybody
who needs an owner is known, serves them; `Planned` is what came of it.
"""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import narwhals as nw

from engine.assignment.directory import Directory
from engine.assignment.pools import Turns, by_turn, eligible_members, settled_owner
from engine.changes.change import Standing, Turn
from engine.changes.memory import Memory
from engine.changes.plan import Outline, Plan
from engine.moments import Moment
from engine.plan.drafts import Draft, drafts_of
from engine.plan.follow_ups import FollowUp, due_dates
from engine.plan.guards import Passed, Weight
from engine.plan.proposals import Premises, Proposal, Proposals
from engine.plan.reconcile import Past, is_quiet_assignment, without_owner
from engine.rulebook.rulebook import Rulebook
from engine.snapshots import Range, Snapshot

# Drafts of prospects that wait for their turn are held up to so many; those of more are made again once turns are given.
DRAFTS_HELD_MAX = 20_000


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
    assigned = planner.assigned()
    proposals += assigned.serve()
    for part in snapshot.ranges if assigned.dropped else ():
        proposals += assigned.read_again(part, memory)
    assigned.leave((memory.open_changes[each] for each in memory.open_changes.keys() - assigned.seen), memory)
    outline = assigned.planned(snapshot.run).outline
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
    """The first phase of one plan: `read` each range, then go on with `assigned`.

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
        self._premises = Premises(
            org_id, rulebook, directory, moment, moves_owners, not memory.is_established, carried is not None
        )
        self._proposals = Proposals(self._premises, carried or Weight())
        self._turns = Turns(memory)
        self._drafts_max = drafts_max
        self._seen: set[str] = set()
        self._waiting: list[_Waiting] = []
        self._held: dict[str, tuple[Draft, Past]] = {}
        self._tuples: dict[tuple[str, ...], tuple[str, ...]] = {}

    def read(self, part: Range, memory: Memory) -> Iterator[Proposal]:
        """What is proposed for one range, but for those who wait until everybody who needs an owner is known."""
        premises, so_far = self._premises, self._proposals
        counts, drafts = drafts_of(part, premises.rulebook, memory, premises.directory, moment=premises.moment)
        so_far.counts["evaluated"] += counts.evaluated
        so_far.counts["settling"] += len(counts.settling)
        so_far.following |= counts.settling
        so_far.due |= due_dates(part, premises.moment)
        so_far.weight.in_scope += counts.in_scope
        so_far.weight.loads.update(counts.loads)
        here = memory.open_changes.keys() & set(part.prospects["id"].to_list())
        self._seen |= here
        so_far.leave((memory.open_changes[each] for each in here - counts.record_ids), memory)
        for found in drafts:
            if found.overrides != memory.overrides.get(found.record_id, {}):
                so_far.overrides[found.record_id] = found.overrides
            if found.respected:
                so_far.respected.add(found.record_id)
            if found.undecided:
                so_far.undecided.add(found.record_id)
            yield from self._drafted(found if premises.moves_owners else without_owner(found), memory)

    def assigned(self) -> "Assigned":
        """After the last range: everybody who waits gets a turn."""
        given: dict[str, tuple[Turn | None, int]] = {}
        pools = self._premises.directory.pools
        for each in sorted(self._waiting):
            passed = len(pools.get(each.pool, ())) - len(each.eligible)
            given[each.record_id] = (self._turns.next(each.pool, each.eligible), passed)
        self._waiting.clear()
        return Assigned(self._proposals, given, self._held, self._seen)

    def _drafted(self, draft: Draft, memory: Memory) -> Iterator[Proposal]:
        premises, past = self._premises, Past.of(memory, draft.record_id)
        if draft.need is None or past.is_on_its_way:
            yield from self._proposals.decide(draft, None, past)
            return
        directory, at = premises.directory, premises.moment.at
        if is_quiet_assignment(draft, past, memory=memory, directory=directory, org_id=premises.org_id, at=at):
            self._proposals.quiet.add(draft.record_id)
            self._proposals.withdraw(past.standing, "withdrawn.target")
            return
        candidate = settled_owner(draft.need, memory=memory, directory=directory)
        if candidate is not None:
            yield from self._proposals.decide(draft, candidate, past)
            return
        eligible = eligible_members(draft.need, memory=memory, directory=directory)
        eligible = self._tuples.setdefault(eligible, eligible)
        self._waiting.append(_Waiting(draft.created_at, draft.record_id, draft.need.pool or "", eligible))
        if len(self._held) < self._drafts_max:
            self._held[draft.record_id] = (draft, past)


class Assigned:
    """The second phase: `serve` those whose drafts are held, `read_again` each range if any are `dropped`, let `leave` what
    is in no range any more.
    """

    def __init__(
        self,
        proposals: Proposals,
        given: Mapping[str, tuple[Turn | None, int]],
        held: dict[str, tuple[Draft, Past]],
        seen: AbstractSet[str],
    ) -> None:
        self.seen = seen  # records with an open change that were in some range
        self.dropped = frozenset(given.keys() - held.keys())  # who took a turn and whose drafts must be made again
        self._proposals = proposals
        self._given = given
        self._held = held
        proposals.following |= self.dropped

    def serve(self) -> Iterator[Proposal]:
        """What is proposed for those whose drafts are held."""
        for record_id in sorted(self._held):
            yield from self._served(*self._held.pop(record_id))

    def read_again(self, part: Range, memory: Memory) -> Iterator[Proposal]:
        """Propose for those of a range whose drafts were not held; what moved under our hands is left for the next run."""
        chosen = [each for each in part.prospects["id"].to_list() if each in self.dropped]
        if not chosen:
            return
        prospects = part.prospects.filter(nw.col("id").is_in(chosen))
        activities = part.activities.filter(nw.col("prospect_id").is_in(chosen))
        again, premises = Range(prospects, activities, absent=part.absent), self._proposals.premises
        _, drafts = drafts_of(again, premises.rulebook, memory, premises.directory, moment=premises.moment)
        for draft in drafts:
            past = Past.of(memory, draft.record_id)
            turn, _ = self._given[draft.record_id]
            if draft.need is not None and (turn is None or turn.pool == draft.need.pool) and not past.is_on_its_way:
                yield from self._served(draft, past)

    def leave(self, standings: Iterable[Standing], memory: Memory) -> None:
        """Withdraw open changes of records that are in no range any more."""
        self._proposals.leave(standings, memory)

    def planned(self, snapshot: str) -> "Planned":
        """Once all is proposed. `snapshot` names the pull the plan was made from."""
        so_far = self._proposals
        return Planned(
            so_far.outline(snapshot), so_far.passed(), so_far.follow_ups(), self.seen, so_far.weight, so_far.proposed
        )

    def _served(self, draft: Draft, past: Past) -> Iterator[Proposal]:
        if draft.need is not None:
            turn, passed = self._given[draft.record_id]
            served = list(self._proposals.decide(draft, by_turn(draft.need, turn, passed=passed), past))
            if served and turn:
                self._proposals.following.discard(draft.record_id)
            else:  # whoever takes a turn for nothing takes one in the next plan too
                self._proposals.following.add(draft.record_id)
            yield from served


@dataclass(frozen=True, slots=True)
class Planned:
    """The last phase: the plan but for its changes.

    `passed` are the limits it passes as a whole; `follow_ups` what the next plan must know of single prospects, should it
    not look at them; `seen` the records with an open change that were in some range; `proposed` the weight of what is new.
    """

    outline: Outline
    passed: Passed
    follow_ups: Mapping[str, FollowUp]
    seen: AbstractSet[str]
    weight: Weight
    proposed: Weight

    @property
    def may_pass(self) -> bool:
        """Whether a limit would hold anything that is proposed, as far as it can be told from a part of the org."""
        return self.passed.concerns(self.proposed)
