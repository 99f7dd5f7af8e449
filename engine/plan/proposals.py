"""What a plan proposes so far: each draft beside what is open for its record, with the counts and limits that grow with it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from engine.assignment.directory import Directory
from engine.assignment.pools import Candidate
from engine.changes.change import Change, Standing
from engine.changes.memory import Memory, Overridden
from engine.changes.plan import Notice, Outline, Withdrawal
from engine.messages import Message
from engine.moments import Moment
from engine.plan.drafts import Draft
from engine.plan.follow_ups import FollowUp, follow_ups
from engine.plan.guards import Entry, Passed, Weight, entry, limits_passed, moved_lately
from engine.plan.reconcile import Past, is_on_its_way, reconcile, requested
from engine.rulebook.rulebook import Operation, Rulebook

# So many of those who get nobody are named; the rest are counted.
NOTICES_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change and the state it enters with by itself; the limits of the whole plan come on top (`Planned.passed`)."""

    change: Change
    entry: Entry


@dataclass(frozen=True, slots=True)
class Premises:
    """What a plan rests on that is the same for every prospect. `is_part`: all others are as an earlier plan left them."""

    org_id: str
    rulebook: Rulebook
    directory: Directory
    moment: Moment
    moves_owners: bool
    is_baseline: bool
    is_part: bool

    @property
    def waits_for_all(self) -> bool:
        return self.is_baseline or self.rulebook.operation is Operation.SHADOW


@dataclass(slots=True)
class Proposals:
    """`weight` is that of the whole plan, `proposed` of what is new in it; the sets hold record ids."""

    premises: Premises
    weight: Weight
    proposed: Weight = field(default_factory=Weight)
    following: set[str] = field(default_factory=set)  # to be looked at by the next plan, whatever happens
    due: dict[str, datetime] = field(default_factory=dict)
    quiet: set[str] = field(default_factory=set)
    respected: set[str] = field(default_factory=set)
    undecided: set[str] = field(default_factory=set)
    overrides: dict[str, Mapping[str, Overridden]] = field(default_factory=dict)
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("evaluated", "kept", "unassigned", "settling"), 0)
    )
    _withdrawn: list[Withdrawal] = field(default_factory=list)
    _notices: list[Notice] = field(default_factory=list)

    def decide(self, draft: Draft, candidate: Candidate | None, past: Past) -> Iterator[Proposal]:
        """What becomes of a draft once it is known who gets the prospect; None: the owner is not asked about."""
        premises = self.premises
        if candidate is not None and candidate.notice is not None:
            self.counts["unassigned"] += 1
            self.following.add(draft.record_id)
            if len(self._notices) < NOTICES_MAX:
                self._notices.append(Notice(draft.record_id, candidate.notice))
        outcome = reconcile(requested(draft, candidate, org_id=premises.org_id, at=premises.moment.at), past)
        if outcome.is_quiet:
            self.quiet.add(draft.record_id)
        if outcome.is_kept and past.standing:
            self.counts["kept"] += 1
            # Of a part, what an earlier plan proposed is carried; what takes changes back is no plan's.
            if not premises.is_part or past.standing.change.reverses:
                self.weight.stand(past.standing.change, past.standing.state)
        if outcome.withdraws:
            self.withdraw(past.standing, outcome.withdraws)
        if outcome.change is not None:
            self.weight.propose(outcome.change)
            self.proposed.propose(outcome.change)
            yield Proposal(outcome.change, self._entry(outcome.change, draft, past))

    def leave(self, standings: Iterable[Standing], memory: Memory) -> None:
        """Withdraw open changes of records that are converted, deleted or out of scope by now."""
        for standing in standings:
            if is_on_its_way(standing, memory):
                self.following.add(standing.change.record_id)
            else:
                self.withdraw(standing, "withdrawn.left")

    def withdraw(self, standing: Standing | None, why: str) -> None:
        if standing:
            withdrawal = Withdrawal(standing.change.change_id, standing.change.record_id, Message.of(why))
            self._withdrawn.append(withdrawal)

    def passed(self) -> Passed:
        """The limits the plan passes as a whole; none while everything waits for a person anyway."""
        if self.premises.waits_for_all:
            return Passed()
        return limits_passed(self.weight, self.premises.rulebook.policy, self.premises.directory)

    def follow_ups(self) -> dict[str, FollowUp]:
        return follow_ups(
            following=self.following, due=self.due, quiet=self.quiet, respected=self.respected, undecided=self.undecided
        )

    def outline(self, snapshot: str) -> Outline:
        premises = self.premises
        return Outline(
            org_id=premises.org_id,
            at=premises.moment.at,
            zone=premises.moment.zone,
            rulebook=premises.rulebook.digest,
            snapshot=snapshot,
            is_baseline=premises.is_baseline,
            withdrawn=tuple(sorted(self._withdrawn, key=lambda withdrawal: withdrawal.record_id)),
            notices=tuple(sorted(self._notices, key=lambda notice: notice.record_id)),
            counts={
                **self.counts,
                "quiet": len(self.quiet),
                "respected": len(self.respected),
                "undecided": len(self.undecided),
                "in_scope": self.weight.in_scope,
            },
            overrides=self.overrides,
        )

    def _entry(self, change: Change, draft: Draft, past: Past) -> Entry:
        policy = self.premises.rulebook.policy
        return entry(
            change,
            policy,
            moved=moved_lately(past.moved, policy.limits, self.premises.moment.at),
            contests=any(name in change.after for name in draft.contested),
            waits_for_all=self.premises.waits_for_all,
        )
