"""Explain one record of the store (`engine/automation/explain.py` explains one row): what the rules make of it, who may own it, all
that was ever proposed, and what has moved since.

Without a run it is told as of the last plan, by the rules as they are now. `as_of` a plan it is told as that plan saw
it, by its own rules and by what had been written and remembered by then, as far as the store can tell
(`sync/store/memory.py`); then what has moved between that plan and the last one, and what moved it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import narwhals as nw
import polars as pl

from engine.assignment.directory import Directory
from engine.assignment.pools import Considered, considered
from engine.automation.explain import Explanation, explain
from engine.changes.change import Standing
from engine.changes.memory import Memory
from engine.errors import StoreError, UsageError
from engine.moments import Moment
from engine.plan.drafts import Draft, drafts_of, prepare, scalar
from engine.rulebook.policy import FieldStance
from engine.snapshots import Range
from engine.values import Scalar
from engine.verdicts.registry import TARGETS
from mapping.field_map.labels import labels_of
from mapping.frames.prospects import absent_columns
from mapping.frames.record_cards import Card, card_of
from mapping.ids import id18, is_id
from sync.mirror.mirror import Mirror
from sync.mirror.records import activities_of, people, prospects_of
from sync.plan.lookup import plan_named
from sync.plan.versions import PlanVersion, plan_version_of
from sync.run import Worker
from sync.store import approvals, changes, describes, memory, plans
from sync.store.approvals import Approval
from sync.store.memory import recall_before
from sync.store.plans import PlanRecord


@dataclass(frozen=True, slots=True)
class Moved:
    """Something that is not as it was. `by` are the causes found: data, rules, time (none: only together)."""

    name: str
    then: Scalar
    now: Scalar
    by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Since:
    """What has moved since a plan: `inputs` that the rules read, and `verdicts` they came to."""

    inputs: tuple[Moved, ...]
    verdicts: tuple[Moved, ...]
    activities: tuple[int, int]  # known then, known now
    has_other_rules: bool
    has_other_map: bool


@dataclass(frozen=True, slots=True)
class Taken:
    """A value of ours that is somebody else's now, when that was first seen, and what the rulebook says of it."""

    name: str
    value: Scalar  # of the owner their name
    since: datetime
    stance: FieldStance


@dataclass(frozen=True, slots=True)
class Explained:
    """`explanation` is of the plan's moment and records; `history` holds every change of the record, oldest first.

    `needs_owner` says why it needs another owner, None when it may stay; `owner_rule` is the id of the rule that says who
    shall own it, `named_owner` the one it names; `considered` are the members of the pool.
    `since` is there for what is told as of an earlier plan; then `given` is the owner that plan chose. `role` and
    `manager` are the present owner's, by name.
    """

    explanation: Explanation
    history: tuple[Standing, ...]
    approvals: Mapping[str, Approval]  # by change id
    name: str
    owner: str
    plan_id: str
    needs_owner: str | None = None
    owner_rule: str | None = None
    named_owner: str | None = None  # name
    pool: str | None = None
    considered: tuple[Considered, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)  # of the people in it, by id; managers by username too
    since: Since | None = None
    given: str | None = None  # name
    taken: tuple[Taken, ...] = ()
    zone: str = "UTC"
    role: str | None = None
    manager: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)  # the org's own words for mapped fields

    @property
    def proposed(self) -> Standing | None:
        """What the plan itself proposed for the record."""
        return next((each for each in self.history if each.plan_id == self.plan_id), None)


def explain_record(worker: Worker, record_id: str, *, as_of: str | None = None) -> Explained:
    """UsageError PL-411 for what is no id, PL-412 for a record that was not pulled, PL-413 before the first plan.

    UsageError PL-401 for a run that made no plan; StoreError SR-112 for one older than what is kept.
    """
    if not is_id(record_id):
        raise UsageError.of("PL-411", given=record_id)  # {given!r} is not a record id
    wanted = id18(record_id)
    if damaged := worker.mirror.glance():
        raise StoreError(*damaged)
    with worker.store.read() as tx:
        last = plans.latest(tx)
        if last is None:
            raise UsageError.of("PL-413")  # there is no plan yet, so nothing has been decided
        header = plan_named(tx, as_of) if as_of is not None else last
        version = (
            plan_version_of(tx, header.plan_id)
            if as_of
            else PlanVersion(worker.rulebook, worker.field_map, _moment(last))
        )
        remembered = replace(memory.recall_of(tx, [wanted]), turns=memory.recall_org(tx).turns)
        known = recall_before(tx, wanted, header.plan_id, at=header.at) if as_of else remembered
        history = changes.of_record(tx, wanted)
        approved = approvals.approvals_of(tx, [each.change.change_id for each in history])
        labels = labels_of(version.field_map, describes.every(tx))
    seen = _seen(worker.mirror, wanted, header, version, known)
    if seen is None:
        raise UsageError.of("PL-412", wanted)  # this record has not been pulled, or it is deleted
    since = None
    if as_of:
        today = PlanVersion(worker.rulebook, worker.field_map, _moment(last))
        now = _seen(worker.mirror, wanted, last, today, remembered)
        since = _since(seen, now) if now else None
    told = _explained(seen, header.plan_id, since)
    names = {**told.names, **_people_in(history, seen.directory), **_people_moved(since, seen.directory)}
    told = replace(told, history=history, approvals=approved, names=names, labels=labels)
    chosen = told.proposed.change.after.get("owner") if as_of and told.proposed else None
    return replace(told, given=_name_of(str(chosen), seen.directory)) if chosen else told


@dataclass(frozen=True, slots=True)
class _Seen:
    """One record as one plan saw it, under one plan version."""

    part: Range
    version: PlanVersion
    memory: Memory
    directory: Directory
    card: Card

    def verdict(self, version: PlanVersion, moment: Moment) -> dict[str, Any]:
        """What other rules, or another moment, make of the same data."""
        prepared = prepare(self.part.prospects, self.memory, self.directory)
        return dict(explain(prepared, self.part.activities, version.rulebook, moment=moment).verdict)

    @property
    def draft(self) -> Draft | None:
        _, drafts = drafts_of(
            self.part, self.version.rulebook, self.memory, self.directory, moment=self.version.moment, everything=True
        )
        return next(iter(drafts), None)

    @property
    def row(self) -> dict[str, Any]:
        return dict(prepare(self.part.prospects, self.memory, self.directory).rows(named=True)[0])


def _seen(mirror: Mirror, wanted: str, header: PlanRecord, version: PlanVersion, remembered: Memory) -> _Seen | None:
    as_of = header.snapshot
    users, queues = people(mirror, as_of=as_of)
    directory = Directory.of(users, queues, version.rulebook)
    for object_map in version.field_map.objects:
        raw = mirror.of(object_map.api_name, [wanted], as_of=as_of).filter(~pl.col("IsDeleted"))
        if raw.is_empty():
            continue
        frame = prospects_of(mirror, raw, object_map, version.field_map, as_of=as_of)
        happened = activities_of(mirror, version.field_map, frame, object_map, as_of=as_of)
        part = Range(
            nw.from_native(frame, eager_only=True),
            nw.from_native(happened, eager_only=True),
            absent=absent_columns(version.field_map, object_map),
        )
        return _Seen(part, version, remembered, directory, card_of(raw.row(0, named=True), object_map))
    return None


def _explained(seen: _Seen, plan_id: str, since: Since | None) -> Explained:
    prepared = prepare(seen.part.prospects, seen.memory, seen.directory)
    explanation = explain(prepared, seen.part.activities, seen.version.rulebook, moment=seen.version.moment)
    draft = seen.draft
    need = draft.need if draft else None
    pool = considered(need, memory=seen.memory, directory=seen.directory) if need else ()
    owner = str(seen.row["owner_id"])
    user = seen.directory.users.get(owner)
    named = {owner, *(one.member for one in pool)}
    names = {one: _name_of(one, seen.directory) for one in named}
    return Explained(
        explanation=explanation,
        history=(),
        approvals={},
        name=seen.card.company or seen.card.name or explanation.record_id,
        owner=names[owner],
        plan_id=plan_id,
        needs_owner=need.why if need else None,
        owner_rule=need.rule if need else None,
        named_owner=_name_of(need.owner, seen.directory) if need and need.owner else None,
        pool=need.pool if need else None,
        considered=pool,
        names=names,
        since=since,
        taken=_taken(draft, seen) if draft else (),
        zone=seen.version.moment.zone,
        role=user.role if user else None,
        manager=_name_of(user.manager_id, seen.directory) if user and user.manager_id else None,
    )


def _taken(draft: Draft, seen: _Seen) -> tuple[Taken, ...]:
    policy = seen.version.rulebook.policy.people_win
    return tuple(
        Taken(
            name,
            _name_of(str(overridden.value), seen.directory) if name == "owner" else overridden.value,
            overridden.since,
            policy.of(name),
        )
        for name, overridden in sorted(draft.overrides.items())
    )


def _since(then: _Seen, now: _Seen) -> Since:
    today = now.version
    before, after = then.verdict(then.version, then.version.moment), now.verdict(today, today.moment)
    has_other_map = then.version.field_map.digest != today.field_map.digest
    tried = {"time": then.verdict(then.version, today.moment)}
    if not has_other_map:
        # By another map neither side's rules can read the other's data.
        tried |= {
            "data": now.verdict(then.version, then.version.moment),
            "rules": then.verdict(today, then.version.moment),
        }
    return Since(
        inputs=_moved_inputs(then.row, now.row),
        verdicts=tuple(
            Moved(name, scalar(before.get(name)), scalar(after.get(name)), _causes(name, before, tried))
            for name in TARGETS
            if before.get(name) != after.get(name)
        ),
        activities=(len(then.part.activities), len(now.part.activities)),
        has_other_rules=then.version.rulebook.digest != today.rulebook.digest,
        has_other_map=has_other_map,
    )


def _causes(name: str, before: Mapping[str, Any], tried: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(cause for cause in ("data", "rules", "time") if tried.get(cause, before).get(name) != before.get(name))


# What moves with every pull, or says in another way what another column says.
_BESIDES = frozenset({"modified_at", "stamp", "read_at", "marks", "firings", "owner_kind__key"})


def _moved_inputs(then: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[Moved, ...]:
    names = [name for name in now if name not in _BESIDES and not name.startswith("org__") and "__" not in name]
    return tuple(
        Moved(name, scalar(then.get(name)), scalar(now[name])) for name in names if then.get(name) != now[name]
    )


def _people_in(history: Sequence[Standing], directory: Directory) -> dict[str, str]:
    """Users and queues of whom reasons and notes tell, by id."""
    messages = [message for each in history for message in (*each.change.reasons, each.note) if message]
    told = {str(value) for message in messages for value in message.params.values()}
    return {one: _name_of(one, directory) for one in told if one in directory.users or one in directory.queues}


def _people_moved(since: Since | None, directory: Directory) -> dict[str, str]:
    """Owners by id and managers by username, as they stand in what has moved."""
    told = {str(value) for moved in (since.inputs if since else ()) for value in (moved.then, moved.now)}
    owners = {one: _name_of(one, directory) for one in told if one in directory.users or one in directory.queues}
    return owners | {user.username: user.name for user in directory.users.values() if user.username in told}


def _moment(header: PlanRecord) -> Moment:
    return Moment(header.at, header.zone)


def _name_of(owner: str, directory: Directory) -> str:
    if owner in directory.users:
        return directory.users[owner].name
    return directory.queues[owner].name if owner in directory.queues else owner
