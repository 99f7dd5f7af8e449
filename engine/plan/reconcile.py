"""Reconcile: one draft against what is open for its record and what was turned down before."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from engine.assignment.directory import Directory
from engine.assignment.pools import Candidate, is_still_eligible
from engine.changes.change import Change, Standing, Turn, change_id
from engine.changes.memory import Memory, Quiet
from engine.changes.states import State
from engine.plan.drafts import Draft
from engine.plan.reasons import owner_reason
from engine.values import Scalar


@dataclass(frozen=True, slots=True)
class Past:
    """What one record has behind it. `moved` are the times leadsync gave it another owner."""

    standing: Standing | None
    is_on_its_way: bool  # sent, or perhaps sent: left to be settled
    is_rewritten: bool
    quiet: tuple[Quiet, ...]
    moved: tuple[datetime, ...]

    @classmethod
    def of(cls, memory: Memory, record_id: str) -> "Past":
        standing = memory.open_changes.get(record_id)
        return cls(
            standing=standing,
            is_on_its_way=standing is not None and is_on_its_way(standing, memory),
            is_rewritten=standing is not None and standing.change.change_id in memory.rewritten,
            quiet=memory.quiet.get(record_id, ()),
            moved=memory.moved.get(record_id, ()),
        )

    def is_quiet(self, change: Change) -> bool:
        """Whether the same was turned down and means what it meant then."""
        return any(
            fact.target_digest == change.target_digest and fact.meaning_digest == change.meaning_digest
            for fact in self.quiet
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of a draft: a change is proposed, the open one is kept, or it is withdrawn, or nothing at all."""

    change: Change | None = None
    is_kept: bool = False
    is_quiet: bool = False
    withdraws: str | None = None  # why the open change, if there is one, is superseded


def reconcile(change: Change | None, past: Past) -> Outcome:
    """Serve one draft, assembled into the change it asks for: None when it asks for nothing."""
    standing = past.standing
    if standing and past.is_on_its_way:
        return Outcome(is_kept=True)
    if change is None:
        return Outcome(withdraws="withdrawn.settled")
    if standing and not past.is_rewritten and standing.change.target_digest == change.target_digest:
        # Within one second a change cannot be told from itself on another base; it is checked again before it is sent.
        is_itself = change.change_id == standing.change.change_id
        if is_itself or change.meaning_digest == standing.change.meaning_digest:
            return Outcome(is_kept=True)
        return Outcome(change, withdraws="withdrawn.meaning")
    if past.is_quiet(change):
        return Outcome(is_quiet=True, withdraws="withdrawn.target")
    return Outcome(change, withdraws="withdrawn.target")


def is_quiet_assignment(
    draft: Draft, past: Past, *, memory: Memory, directory: Directory, org_id: str, at: datetime
) -> bool:
    """Whether the same assignment was turned down: then the pool is not asked and no turn is spent."""
    candidates = _turned_down(draft, past, memory=memory, directory=directory)
    return any(past.is_quiet(assembled(draft, each, org_id=org_id, at=at)) for each in candidates)


def is_on_its_way(standing: Standing, memory: Memory) -> bool:
    """Whether an open change is being sent, or may have been written already though no answer said so.

    What takes another change back was asked for by a person, not by a rule: it is left alone too.
    """
    if standing.change.reverses:
        return True
    change_id = standing.change.change_id
    is_waiting_to_be_settled = change_id in memory.sent and change_id not in memory.rewritten
    return standing.state in {State.SENDING, State.UNKNOWN} or is_waiting_to_be_settled


def requested(draft: Draft, candidate: Candidate | None, *, org_id: str, at: datetime) -> Change | None:
    """The change a draft asks for once it is known who shall own it; without an owner its fields; None for nothing."""
    if draft.need is None:
        return None if draft.is_empty else assembled(draft, None, org_id=org_id, at=at)
    if candidate is None or candidate.owner is None:
        rest = without_owner(draft)
        return None if rest.is_empty else assembled(rest, None, org_id=org_id, at=at)
    return assembled(draft, candidate, org_id=org_id, at=at)


def assembled(draft: Draft, candidate: Candidate | None, *, org_id: str, at: datetime) -> Change:
    before: dict[str, Scalar] = dict(draft.before)
    after: dict[str, Scalar] = dict(draft.after)
    riders: dict[str, Scalar] = dict(draft.riders) if after or candidate else {}
    if candidate is not None and draft.need is not None:
        before["owner"], after["owner"] = draft.owner, candidate.owner
        riders["previous_owner"] = draft.owner
        riders["owner_reason"] = owner_reason(why=draft.need.why, pool=draft.need.pool, rule=draft.need.rule)
    effects = replace(draft.effects, turn=candidate.turn) if candidate and candidate.turn else draft.effects
    return Change(
        change_id=change_id(
            org_id=org_id, object_name=draft.object, record_id=draft.record_id, at=at, after=after, effects=effects
        ),
        object=draft.object,
        record_id=draft.record_id,
        owner=draft.owner,
        before=before,
        after=after,
        base=draft.base,
        inputs={name: value for values in draft.inputs.values() for name, value in values.items()},
        riders=riders,
        effects=effects,
        rules=draft.rules,
        because=draft.because,
        owner_why=draft.need.why if candidate and draft.need else None,
        owner_because=candidate.because if candidate and draft.need else (),
    )


def without_owner(draft: Draft) -> Draft:
    """The draft with its fields only. The rule that says who shall own it is behind it only if it does more."""
    inputs = {output: values for output, values in draft.inputs.items() if output != "owner"}
    rules = tuple(rule for rule in draft.rules if rule not in draft.owner_rules)
    return replace(draft, need=None, inputs=inputs, rules=rules, owner_rules=())


def _turned_down(draft: Draft, past: Past, *, memory: Memory, directory: Directory) -> Iterator[Candidate]:
    """Owners once proposed from this pool, turned down, and able to own it still; another owner is another target."""
    need = draft.need
    if need is None:
        return
    owners = [fact.owner for fact in past.quiet if fact.owner is not None and fact.pool == need.pool]
    for owner in dict.fromkeys(owners):
        if is_still_eligible(owner, need, memory=memory, directory=directory):
            yield Candidate(owner, Turn(need.pool, owner, 0) if need.pool else None)
