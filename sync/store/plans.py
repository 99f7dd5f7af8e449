"""Plans as they were proposed. A plan's id is the id of the run that proposed it; its changes are in `changes.py`."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, insert, select, update
from sqlalchemy.engine import Row

from engine.changes.plan import ChangesDigest, Notice, Outline, Withdrawal
from engine.changes.states import OPEN, WAITING, State, allows
from engine.errors import PlanStaleError, Problem
from sync.store import audit
from sync.store.audit import Entry as AuditEntry
from sync.store.change_values import message_body, message_from
from sync.store.changes import Move, find, move, sent_by
from sync.store.database import Transaction
from sync.store.events import Event
from sync.store.paging import among
from sync.store.tables import approvals, changes, plans, runs, texts
from sync.store.vocabulary import TextKind

# What waits for a person. What is approved stays so: it may be written slowly, and is rechecked before it is.
# Of many that are in the way so many are named.
_NAMED_MAX = 100
_MADE_BY = runs.c.run_id == plans.c.plan_id


@dataclass(frozen=True, slots=True)
class PlanRecord:
    """A plan without its changes. `proposed` is how many were first proposed by it."""

    plan_id: str
    org_id: str
    at: datetime
    zone: str
    rulebook: str
    field_map: str
    snapshot: str
    is_baseline: bool
    digest: str
    proposed: int
    expires_at: datetime | None
    counts: Mapping[str, int]
    notices: tuple[Notice, ...]
    # The last plan that looked at everybody: this one, or the one that a plan of a part has some of its counts from.
    whole_id: str


def show(
    tx: Transaction,
    outline: Outline,
    *,
    run: str,
    field_map: str,
    rolled: ChangesDigest,
    withdrawn: Sequence[Withdrawal],
    expires_at: datetime | None = None,
    whole_id: str | None = None,
) -> PlanRecord:
    """Make a plan seen whose changes are put away and sealed. `withdrawn` is what it still has to supersede.

    `whole_id` is the plan that looked at everybody, if this one did not. PlanStaleError (PL-305) when it cannot stand any
    more.
    """
    supersede(tx, withdrawn, run=run, at=outline.at)
    _refuse_taken(tx, run)
    staged = (changes.c.plan_id == run) & changes.c.state.is_(None)
    number = tx.execute(update(changes).where(staged).values(state=changes.c.entering)).rowcount
    digest = outline.digest(rolled)
    shown = PlanRecord(
        plan_id=run,
        org_id=outline.org_id,
        at=outline.at,
        zone=outline.zone,
        rulebook=outline.rulebook,
        field_map=field_map,
        snapshot=outline.snapshot,
        is_baseline=outline.is_baseline,
        digest=digest,
        proposed=number,
        expires_at=expires_at,
        counts=dict(outline.counts),
        notices=outline.notices,
        whole_id=whole_id or run,
    )
    values = {name: getattr(shown, name) for name in PlanRecord.__dataclass_fields__ if name in plans.columns}
    tx.execute(insert(plans).values(**values, record=_record_of(outline, shown.whole_id)))
    facts = {
        "plan": run,
        "digest": digest,
        "rulebook": outline.rulebook,
        "map": field_map,
        "snapshot": outline.snapshot,
        "baseline": outline.is_baseline,
        "proposed": number,
    }
    audit.append(tx, [AuditEntry(Event.PLAN_PROPOSED, outline.at, run, facts)])
    return shown


def supersede(tx: Transaction, withdrawn: Sequence[Withdrawal], *, run: str, at: datetime) -> None:
    """What a plan withdraws, or a part of it: it would be withdrawn whatever became of the plan itself."""
    standings = find(tx, [each.change_id for each in withdrawn])
    stuck = [
        each.change_id
        for each in withdrawn
        if each.change_id not in standings or not allows(standings[each.change_id].state, State.SUPERSEDED)
    ]
    if stuck:
        raise PlanStaleError(*(Problem("PL-305", change_id) for change_id in stuck))  # the change moved on while the…
    moves = [Move(each.change_id, State.SUPERSEDED, each.because) for each in withdrawn]
    move(tx, moves, run=run, at=at)


def record(tx: Transaction, plan_id: str) -> PlanRecord | None:
    row = tx.execute(select(plans).where(plans.c.plan_id == plan_id)).one_or_none()
    return None if row is None else _from_row(row)


def latest(tx: Transaction) -> PlanRecord | None:
    """The plan of the last run that made one: a clock may go back, the sequence of runs does not."""
    row = tx.execute(select(plans).join(runs, _MADE_BY).order_by(runs.c.sequence.desc()).limit(1)).one_or_none()
    return None if row is None else _from_row(row)


def ids(tx: Transaction) -> tuple[str, ...]:
    """The ids of all plans, oldest first."""
    return tuple(tx.execute(select(plans.c.plan_id).join(runs, _MADE_BY).order_by(runs.c.sequence)).scalars())


def last_zone(tx: Transaction) -> str | None:
    """The time zone of the last plan; None before the first."""
    last = latest(tx)
    return last.zone if last else None


def waiting(tx: Transaction) -> dict[str, int]:
    """Plans with changes that wait for a person, oldest first, and how many each."""
    counts: Counter[str] = Counter()
    for state in WAITING:
        # One state at a time: the index then gives them by plan, and a hundred thousand are counted in some milliseconds.
        query = select(changes.c.plan_id, func.count().label("number")).where(changes.c.state == state.value)
        for row in tx.execute(query.group_by(changes.c.plan_id)):
            counts[row.plan_id] += row.number
    made = tx.execute(select(runs.c.run_id).where(runs.c.run_id.in_(counts)).order_by(runs.c.sequence)).scalars()
    return {plan_id: counts[plan_id] for plan_id in made}


def of_run(tx: Transaction, run_id: str) -> tuple[str, ...]:
    """The plans a run has something to tell of: its own if it proposed anything, and those it sent changes of."""
    own = select(plans.c.plan_id).where(plans.c.plan_id == run_id, plans.c.proposed > 0)
    sent = select(changes.c.plan_id).where(sent_by(run_id))
    query = select(runs.c.run_id).where(runs.c.run_id.in_(own.union(sent))).order_by(runs.c.sequence)
    return tuple(tx.execute(query).scalars())


def rulebooks(tx: Transaction, plan_ids: Iterable[str]) -> dict[str, str]:
    """The digest of the rulebook each of these plans was made by."""
    rows = among(tx, select(plans.c.plan_id, plans.c.rulebook), plans.c.plan_id, plan_ids)
    return {row.plan_id: row.rulebook for row in rows}


def due(tx: Transaction, *, at: datetime, most: int) -> tuple[str, ...]:
    """Ids of changes that still wait for a person though their plan has expired, at most so many."""
    query = (
        select(changes.c.change_id)
        .join(plans, plans.c.plan_id == changes.c.plan_id)
        .where(plans.c.expires_at <= at, changes.c.state.in_([state.value for state in WAITING]))
        .order_by(changes.c.plan_id, changes.c.record_id)
        .limit(most)
    )
    return tuple(tx.execute(query).scalars())


def is_established(tx: Transaction) -> bool:
    """Whether the baseline has been approved, none of it waiting any more, or there was nothing one could approve."""
    of_plan = changes.c.plan_id == plans.c.plan_id
    approved = select(approvals.c.change_id).join(changes, changes.c.change_id == approvals.c.change_id)
    waits = select(changes.c.change_id).where(of_plan, changes.c.state == State.PLANNED.value)
    baselines = select(plans.c.record).where(plans.c.is_baseline)
    if tx.execute(baselines.where(exists(waits)).limit(1)).first() is not None:
        return False
    if tx.execute(baselines.where(exists(approved.where(of_plan))).limit(1)).first() is not None:
        return True
    empty = tx.execute(baselines.where(plans.c.proposed == 0)).scalars()
    return any(not record["counts"].get("kept") and not record["counts"].get("quiet") for record in empty)


def _refuse_taken(tx: Transaction, run: str) -> None:
    """The records of a plan may have no other open change: somebody proposed one meanwhile, or it is being sent."""
    new, other = changes.alias("new"), changes.alias("other")
    query = (
        select(new.c.change_id)
        .join(other, (other.c.record_id == new.c.record_id) & other.c.state.in_([state.value for state in OPEN]))
        .where(new.c.plan_id == run, new.c.state.is_(None))
        .order_by(new.c.record_id)
        .limit(_NAMED_MAX)
    )
    if stuck := tx.execute(query).scalars().all():
        raise PlanStaleError(*(Problem("PL-305", change_id) for change_id in stuck))  # the change moved on while the…


def _record_of(outline: Outline, whole_id: str) -> dict[str, Any]:
    return {
        "whole": whole_id,
        "counts": dict(outline.counts),
        "notices": [[each.record_id, message_body(each.message)] for each in outline.notices],
    }


def _from_row(row: "Row[tuple[object, ...]]") -> PlanRecord:
    return PlanRecord(
        row.plan_id,
        row.org_id,
        row.at,
        row.zone,
        row.rulebook,
        row.field_map,
        row.snapshot,
        row.is_baseline,
        row.digest,
        row.proposed,
        row.expires_at,
        row.record["counts"],
        tuple(Notice(record_id, message_from(message)) for record_id, message in row.record["notices"]),
        row.record["whole"],
    )


def keep_text(tx: Transaction, kind: TextKind, *, digest: str, text: str) -> None:
    """A rulebook or map that was used, as canonical text, for replay and for the recheck; one that is there already stays."""
    if text_of(tx, digest) is None:
        tx.execute(insert(texts).values(digest=digest, kind=kind, text=text))


def text_of(tx: Transaction, digest: str) -> str | None:
    return tx.execute(select(texts.c.text).where(texts.c.digest == digest)).scalar_one_or_none()
