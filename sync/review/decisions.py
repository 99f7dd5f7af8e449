"""Review: what a person approves, rejects or gives back, and what nobody decided in time. It lies between the runs and holds no worker."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from engine.assignment.directory import ACTIVE, Directory
from engine.changes.states import State
from engine.errors import PlanStaleError, Problem, UsageError
from engine.messages import Message
from engine.plan.drafts import written_fields
from engine.plan.recheck import held_value
from engine.values import Scalar, Values
from mapping.field_map.field_map import FieldMap
from mapping.ids import id18, is_id
from sync.mirror.mirror import Mirror
from sync.mirror.records import people, prospects_of
from sync.plan.lookup import is_shadow, plan_named
from sync.run import Worker
from sync.store import approvals, changes, memory, overrides, plans, remembered
from sync.store.changes import Move, Waiting
from sync.store.database import Store, Transaction
from sync.store.paging import PAGE_ROWS, chunks, pages_of
from sync.store.plans import PlanRecord

EXPIRED = "PL-406"  # plan {plan} expired at {at}: what it rests on may have moved


def approve(
    worker: Worker, plan_id: str | None, *, change_ids: Sequence[str] | None, approver: str, reason: str = ""
) -> int:
    """Approve waiting changes of a plan, all or those named by change or record id; how many.

    A baseline is approved as a whole; of many changes some thousands at a time. UsageError PL-401 (no such plan), PL-402
    (a part of a baseline), PL-404 (made in shadow); PlanStaleError PL-403 (not a waiting change of that plan), PL-406 (it
    has expired).
    """
    with worker.store.read() as tx:
        plan = plan_named(tx, plan_id)
    if problem := refusal(worker, plan, approves=True):
        raise (PlanStaleError if problem.code == EXPIRED else UsageError)(problem)
    count = 0
    for page in _pages(worker.store, plan, change_ids):
        with worker.store.transaction() as tx:
            let_through(tx, page, approver=approver, at=worker.clock.now(), reason=reason)
        count += len(page)
    return count


def reject(worker: Worker, plan_id: str | None, *, change_ids: Sequence[str] | None, approver: str, reason: str) -> int:
    """Reject waiting changes; they stay quiet while target and meaning base are the same.

    UsageError PL-401, PL-402, PL-404; PlanStaleError PL-403.
    """
    with worker.store.read() as tx:
        plan = plan_named(tx, plan_id)
    if problem := refusal(worker, plan, approves=False):
        raise UsageError(problem)
    count = 0
    for page in _pages(worker.store, plan, change_ids):
        with worker.store.transaction() as tx:
            turn_down(tx, page, approver=approver, at=worker.clock.now(), reason=reason)
        count += len(page)
    return count


def turn_down(tx: Transaction, page: Sequence[Waiting], *, approver: str, at: datetime, reason: str) -> None:
    """Reject these, all or none."""
    note = Message.of("note.rejected", by=approver, reason=reason)
    changes.move(tx, [Move(each.change_id, State.REJECTED, note) for each in page], run=None, at=at)


def let_through(tx: Transaction, page: Sequence[Waiting], *, approver: str, at: datetime, reason: str) -> None:
    """Approve these, all or none."""
    pairs = [(each.change_id, each.digest) for each in page]
    approvals.approve(tx, pairs, approver=approver, at=at, reason=reason)


def refusal(worker: Worker, plan: PlanRecord, *, approves: bool, where: str = "") -> Problem | None:
    """Why nothing of a plan may be decided so: PL-404 (made in shadow), PL-406 (it has expired; it may still be rejected)."""
    if is_shadow(worker.store, worker.read_rulebook, plan):
        return Problem("PL-404", where, {"plan": plan.plan_id})  # plan {plan} was made in shadow: it compares, and…
    if approves and plan.expires_at is not None and plan.expires_at <= worker.clock.now():
        return Problem(EXPIRED, where, {"plan": plan.plan_id, "at": f"{plan.expires_at:%Y-%m-%d %H:%M} UTC"})
    return None


def expire(store: Store, *, run_id: str, at: datetime) -> int:
    """End what waited for a person until its plan expired: it is proposed anew. How many there were."""
    count = 0
    while True:
        with store.read() as tx:
            is_due = bool(plans.due(tx, at=at, most=1))
        if not is_due:
            return count
        with store.transaction() as tx:
            due = plans.due(tx, at=at, most=PAGE_ROWS)
            moves = [Move(change_id, State.EXPIRED, Message.of("note.expired")) for change_id in due]
            changes.move(tx, moves, run=run_id, at=at)
        count += len(due)


def lift(store: Store, *, record_ids: Sequence[str] | None, actor: str, at: datetime) -> int:
    """Forget that changes of these records (None: of all) were rejected or refused; how many there were.

    UsageError PL-411 for what is no record id.
    """
    if strange := [given for given in record_ids or () if not is_id(given)]:
        raise UsageError(*(Problem("PL-411", "", {"given": given}) for given in strange))  # {given!r} is not a record…
    with store.transaction() as tx:
        wanted = remembered.hushed(tx) if record_ids is None else [id18(given) for given in record_ids]
        return remembered.lift(tx, wanted, actor=actor, at=at)


def _pages(store: Store, plan: PlanRecord, change_ids: Sequence[str] | None) -> Iterator[Sequence[Waiting]]:
    if change_ids is not None:
        with store.read() as tx:
            named = _named(tx, plan, change_ids)
        return chunks(named, PAGE_ROWS)

    def behind(tx: Transaction, after: str, most: int) -> list[Waiting]:
        return changes.waiting(tx, plan.plan_id, after=after, most=most)

    return pages_of(store, behind, lambda each: each.record_id, after="")


def _named(tx: Transaction, plan: PlanRecord, change_ids: Sequence[str]) -> list[Waiting]:
    """All of them wait and may be decided, or none is decided."""
    change_ids = [id18(given) if is_id(given) else given for given in change_ids]
    found = changes.waiting_among(tx, plan.plan_id, change_ids)
    if plan.is_baseline and change_ids:
        raise UsageError.of("PL-402", plan=plan.plan_id)  # plan {plan} is a baseline: the first plan of this org is…
    by_id = {each.change_id: each for each in found} | {each.record_id: each for each in found}
    if unknown := [given for given in change_ids if given not in by_id]:
        # this is not a waiting change of plan {plan}
        raise PlanStaleError(*(Problem("PL-403", given, {"plan": plan.plan_id}) for given in unknown))
    return list({by_id[given].change_id: by_id[given] for given in change_ids}.values())


def give_back(worker: Worker, record_ids: Sequence[str], *, fields: Sequence[str] | None, actor: str) -> int:
    """Take what these records hold, as of the last pull, for ours: the next plan decides it. How many values were given.

    Of all fields only those that somebody else has changed are given; an owner whom leadsync never set is given when
    `fields` names `owner`. UsageError PL-411 (no id), PL-412 (not pulled), PL-414 (a field leadsync does not write).
    """
    if strange := [given for given in record_ids if not is_id(given)]:
        raise UsageError(*(Problem("PL-411", "", {"given": given}) for given in strange))  # {given!r} is not a record…
    known = {"owner", *written_fields(worker.rulebook)}
    if unknown := [name for name in fields or () if name not in known]:
        shown = ", ".join(sorted(known))
        # {given!r} is no field that leadsync writes
        raise UsageError(*(Problem("PL-414", "", {"given": name, "known": shown}) for name in unknown))
    ids = list(dict.fromkeys(id18(given) for given in record_ids))
    rows = dict(_rows(worker.mirror, worker.field_map, ids))
    if missing := [each for each in ids if each not in rows]:
        raise UsageError(*(Problem("PL-412", each, {}) for each in missing))  # this record has not been pulled, or it…
    users, queues = people(worker.mirror)
    directory = Directory.of(users, queues, worker.rulebook)
    with worker.store.transaction() as tx:
        remembered = memory.recall_of(tx, ids)
        given = [
            (each, _theirs(rows[each], remembered.applied.get(each, {}), fields, directory, known=known))
            for each in ids
        ]
        given = [(each, values) for each, values in given if values]
        overrides.give_back(tx, given, actor=actor, at=worker.clock.now())
    return sum(len(values) for _, values in given)


def _theirs(
    row: Mapping[str, Any], applied: Values, fields: Sequence[str] | None, directory: Directory, *, known: set[str]
) -> dict[str, Scalar]:
    """What is somebody else's on one record, of the named fields or of all."""
    found: dict[str, Scalar] = {}
    for name in sorted(known if fields is None else set(fields)):
        held = held_value(row, name)
        is_set_by_others = name in applied and applied[name] != held
        is_first_owner = fields is not None and name == "owner" and name not in applied
        if is_set_by_others or (is_first_owner and directory.owner_kind(str(held)) == ACTIVE):
            found[name] = held
    return found


def _rows(mirror: Mirror, field_map: FieldMap, ids: Sequence[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The rows of these prospects as last pulled, by id; deleted ones are not there."""
    for object_map in field_map.objects:
        raw = mirror.of(object_map.api_name, ids)
        if raw.height:
            frame = prospects_of(mirror, raw, object_map, field_map)
            yield from ((str(row["id"]), row) for row in frame.iter_rows(named=True))
