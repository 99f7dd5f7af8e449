"""The plan: the difference between what the rules want and what the org shows, made from values alone.

Same rulebook, snapshot, memory and moment: same plan, byte for byte.
"""

from dataclasses import dataclass, replace

from engine.assignment import Candidate, Turns, by_urgency, find_owner, is_still_eligible, quiet_owners
from engine.changes import Change, Scalar, Standing, Turn, change_id
from engine.directory import Directory
from engine.drafts import Draft, drafts_of
from engine.memory import Memory
from engine.messages import Message
from engine.moments import Moment
from engine.plans import Notice, Plan, Withdrawal
from engine.reasons import owner_reason
from engine.rulebooks import Rulebook
from engine.snapshots import Snapshot
from engine.states import State


def plan(snapshot: Snapshot, rulebook: Rulebook, memory: Memory, *, moment: Moment, with_owners: bool = True) -> Plan:
    """What this run proposes. The first plans of an org are a baseline: fields only, unless `with_owners`."""
    is_baseline = not memory.is_established
    moves_owners = with_owners or any(standing.change.moves_owner for standing in memory.open_changes.values())
    directory = Directory.of(snapshot.users, snapshot.queues, rulebook)
    planner = _Planner(snapshot.org_id, memory, directory, moment)

    drafts: list[Draft] = []
    evaluated = in_scope = 0
    scope: set[str] = set()
    for part in snapshot.ranges:
        tally, found = drafts_of(part, rulebook, memory, directory, moment=moment)
        evaluated, in_scope = evaluated + tally.evaluated, in_scope + tally.in_scope
        scope |= tally.record_ids & memory.open_changes.keys()
        drafts += [draft if moves_owners else without_owner(draft) for draft in found]

    for draft in by_urgency(drafts):
        planner.propose(draft)
    planner.withdraw_what_left(scope)
    drafted = planner.outcome()
    return Plan(
        org_id=snapshot.org_id,
        at=moment.at,
        zone=moment.zone,
        rulebook=rulebook.digest,
        snapshot=snapshot.run,
        is_baseline=is_baseline,
        changes=drafted.changes,
        kept=drafted.kept,
        withdrawn=drafted.withdrawn,
        notices=drafted.notices,
        counts={
            "evaluated": evaluated,
            "in_scope": in_scope,
            "kept": len(drafted.kept),
            "quiet": drafted.quiet,
            "respected": sum(1 for draft in drafts if draft.respected),
            "undecided": sum(1 for draft in drafts if draft.undecided),
            "unassigned": len(drafted.notices),
        },
    )


@dataclass(frozen=True, slots=True)
class _Outcome:
    changes: tuple[Change, ...]
    kept: tuple[str, ...]
    withdrawn: tuple[Withdrawal, ...]
    notices: tuple[Notice, ...]
    quiet: int


class _Planner:
    """Turns drafts into changes, each against what is open and what was turned down."""

    def __init__(self, org_id: str, memory: Memory, directory: Directory, moment: Moment) -> None:
        self.org_id = org_id
        self.memory = memory
        self.directory = directory
        self.moment = moment
        self.turns = Turns(memory)
        self.changes: list[Change] = []
        self.kept: list[str] = []
        self.withdrawn: list[Withdrawal] = []
        self.notices: list[Notice] = []
        self.quiet = 0

    def propose(self, draft: Draft) -> None:
        """Serve one draft: keep what is open, leave quiet what was turned down, or propose a change."""
        standing = self.memory.open_changes.get(draft.record_id)
        if standing and self._is_on_its_way(standing):
            self.kept.append(standing.change.change_id)
            return
        if self._is_quiet_assignment(draft):
            self.quiet += 1
            self._withdraw(draft.record_id, "withdrawn.target")
            return
        change = self._change(draft)
        if change is None:
            self._withdraw(draft.record_id, "withdrawn.settled")
        elif standing and self._asks_the_same(standing, change):
            # Within one second a change cannot be told from itself on another base; it is judged again when sent.
            is_itself = change.change_id == standing.change.change_id
            if is_itself or change.meaning_digest == standing.change.meaning_digest:
                self.kept.append(standing.change.change_id)
            else:
                self._withdraw(draft.record_id, "withdrawn.meaning")
                self.changes.append(change)
        elif self._is_quiet(change):
            self.quiet += 1
            self._withdraw(draft.record_id, "withdrawn.target")
        else:
            self._withdraw(draft.record_id, "withdrawn.target")
            self.changes.append(change)

    def withdraw_what_left(self, in_scope: set[str]) -> None:
        """Open changes of records that are converted, deleted or out of scope by now."""
        for record_id, standing in self.memory.open_changes.items():
            if record_id not in in_scope and not self._is_on_its_way(standing):
                self.withdrawn.append(Withdrawal(standing.change.change_id, record_id, Message.of("withdrawn.left")))

    def outcome(self) -> _Outcome:
        return _Outcome(
            changes=tuple(sorted(self.changes, key=lambda change: change.record_id)),
            kept=tuple(sorted(self.kept)),
            withdrawn=tuple(sorted(self.withdrawn, key=lambda withdrawal: withdrawal.record_id)),
            notices=tuple(sorted(self.notices, key=lambda notice: notice.record_id)),
            quiet=self.quiet,
        )

    def _is_on_its_way(self, standing: Standing) -> bool:
        change_id = standing.change.change_id
        is_waiting_to_be_settled = change_id in self.memory.sent and change_id not in self.memory.rewritten
        return standing.state in {State.SENDING, State.UNKNOWN} or is_waiting_to_be_settled

    def _asks_the_same(self, standing: Standing, change: Change) -> bool:
        is_rewritten = standing.change.change_id in self.memory.rewritten
        return not is_rewritten and change.target_digest == standing.change.target_digest

    def _withdraw(self, record_id: str, why: str) -> None:
        standing = self.memory.open_changes.get(record_id)
        if standing:
            self.withdrawn.append(Withdrawal(standing.change.change_id, record_id, Message.of(why)))

    def _is_quiet(self, change: Change) -> bool:
        return any(
            fact.target_digest == change.target_digest and fact.meaning_digest == change.meaning_digest
            for fact in self.memory.quiet.get(change.record_id, ())
        )

    def _is_quiet_assignment(self, draft: Draft) -> bool:
        """Whether the same assignment was turned down: then the pool is not asked and no turn is spent."""
        if draft.need is None:
            return False
        for owner in quiet_owners(draft.record_id, draft.need.pool, self.memory).values():
            if not is_still_eligible(owner, draft, draft.need, memory=self.memory, directory=self.directory):
                continue  # another owner is another target
            turn = Turn(draft.need.pool, owner, 0) if draft.need.pool else None
            change = self._assembled(draft, Candidate(owner, turn))
            if self._is_quiet(change):
                return True
        return False

    def _change(self, draft: Draft) -> Change | None:
        if draft.need is None:
            return None if draft.is_empty else self._assembled(draft, None)
        candidate = find_owner(draft, draft.need, memory=self.memory, directory=self.directory, turns=self.turns)
        if candidate.owner is None:
            if candidate.notice:
                self.notices.append(Notice(draft.record_id, candidate.notice))
            rest = without_owner(draft)
            return None if rest.is_empty else self._assembled(rest, None)
        return self._assembled(draft, candidate)

    def _assembled(self, draft: Draft, candidate: Candidate | None) -> Change:
        before: dict[str, Scalar] = dict(draft.before)
        after: dict[str, Scalar] = dict(draft.after)
        riders: dict[str, Scalar] = {"grade_reason": draft.grade_reason} if after or candidate else {}
        because = list(draft.because)
        if candidate is not None and draft.need is not None:
            before["owner"], after["owner"] = draft.owner, candidate.owner
            riders["previous_owner"] = draft.owner
            riders["owner_reason"] = owner_reason(why=draft.need.why, pool=draft.need.pool, rule=draft.need.rule)
            because += candidate.because
        effects = replace(draft.effects, turn=candidate.turn if candidate else None)
        return Change(
            change_id=change_id(
                org_id=self.org_id,
                object_name=draft.object,
                record_id=draft.record_id,
                at=self.moment.at,
                after=after,
                effects=effects,
            ),
            object=draft.object,
            record_id=draft.record_id,
            owner=draft.owner,
            before=before,
            after=after,
            base=draft.base,
            inputs=merged_inputs(draft),
            riders=riders,
            effects=effects,
            rules=draft.rules,
            because=tuple(because),
        )


def merged_inputs(draft: Draft) -> dict[str, Scalar]:
    """The values all outputs of a draft read, as one mapping."""
    return {name: value for values in draft.inputs.values() for name, value in values.items()}


def without_owner(draft: Draft) -> Draft:
    """The draft with its fields only."""
    inputs = {output: values for output, values in draft.inputs.items() if output != "owner"}
    rules = tuple(rule for rule in draft.rules if not rule.startswith("pool/"))
    return replace(draft, need=None, inputs=inputs, rules=rules)
