"""Revert: a plan that takes back what a run applied, for the same review and through the same guards.

It puts back what was there before, where what the run wrote still stands. A record that anybody has edited since is named
and left as it is. What is taken back stays quiet until it means something else.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.calendars import end_of_working_day
from engine.changes import REVERSAL, Change, Effects, Scalar, Standing, change_id
from engine.errors import UsageError
from engine.guards import Entry, Passed
from engine.judging import base_of, held_value
from engine.messages import Message
from engine.plans import ChangesDigest, Notice, Outline, Withdrawal
from engine.states import State
from mapping.maps import ObjectMap
from mapping.payloads import api_name_of
from sync.intake.fresh import read_again
from sync.planning import drop_unfinished
from sync.run import Run
from sync.store import plans, proposals, reversals, texts
from sync.store.leases import LeaseName, check
from sync.store.proposals import Seal
from sync.store.texts import TextKind

_PAGE = 2_000
# So many of the records that are left as they are, are named; the rest are counted.
NOTICES_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Reversal:
    """`planned` changes wait for a person; `left` records stay as they are, most of them named in the plan."""

    reverted: str  # the run
    planned: int
    left: int


@dataclass(slots=True)
class _Found:
    """What one revert comes to so far."""

    planned: int = 0
    left: int = 0
    notices: list[Notice] = field(default_factory=list)
    withdrawn: list[Withdrawal] = field(default_factory=list)

    def leave(self, record_id: str, why: str) -> None:
        self.left += 1
        if len(self.notices) < NOTICES_MAX:
            self.notices.append(Notice(record_id, Message.of(f"revert.{why}")))


def revert(run: Run, given: str) -> Reversal:
    """Plan to take back a run (its id or the end of it). UsageError PL-431 (no such run), PL-432 (nothing to take back)."""
    worker = run.worker
    with worker.store.read() as tx:
        named = reversals.run_named(tx, given)
    if named is None:
        raise UsageError.of("PL-431", given=given)
    found = _Found()
    with worker.hold(LeaseName.PULL) as lease:
        drop_unfinished(run, lease)
        for part in _parts(run, named):
            proposed = list(_proposed(run, part, found, named=named))
            with worker.store.transaction() as tx:
                check(tx, lease)
                proposals.stage(tx, run.run_id, [(change, Entry(State.PLANNED)) for change in proposed])
            found.planned += len(proposed)
        if not found.planned + found.left:
            raise UsageError.of("PL-432", named)
        seal, rolled, after = Seal(run.run_id, Passed(), "", run.at), ChangesDigest(), ""
        while True:
            with worker.store.transaction() as tx:
                check(tx, lease)
                end = proposals.seal_page(tx, seal, after=after, rolled=rolled)
            if end is None:
                break
            after = end
        with worker.store.transaction() as tx:
            check(tx, lease)
            texts.keep(tx, TextKind.RULEBOOK, digest=worker.rulebook.digest, text=worker.rulebook_text)
            texts.keep(tx, TextKind.MAP, digest=worker.field_map.digest, text=worker.field_map.text)
            policy = worker.rulebook.policy
            plans.show(
                tx,
                _outline(run, found),
                run=run.run_id,
                field_map=worker.field_map.digest,
                rolled=rolled,
                withdrawn=found.withdrawn,
                expires_at=end_of_working_day(run.moment, policy.calendar, after=policy.expiry_days),
            )
    run.figures.update(reverted=named, proposed=found.planned, left=found.left)
    return Reversal(named, found.planned, found.left)


def _parts(run: Run, named: str) -> Iterator[list[Standing]]:
    after = ""
    while True:
        with run.worker.store.read() as tx:
            part = reversals.applied_by(tx, named, after=after, most=_PAGE)
        if not part:
            return
        yield part
        after = part[-1].change.record_id


def _proposed(run: Run, part: Sequence[Standing], found: _Found, *, named: str) -> Iterator[Change]:
    """The changes that take a page of others back. Of two of one record the later counts: it says what must be there."""
    applied = {standing.change.record_id: standing.change for standing in part}
    with run.worker.store.read() as tx:
        standing_now = reversals.open_of(tx, list(applied))
    for object_map in run.worker.field_map.objects:
        theirs = [change for change in applied.values() if change.object == object_map.api_name]
        frame = read_again(run, run.worker.field_map, object_map.api_name, [each.record_id for each in theirs])
        rows = {str(row["id"]): row for row in frame.iter_rows(named=True)}
        for change in theirs:
            row = rows.get(change.record_id)
            why = _in_the_way(change, row, standing_now.get(change.record_id), object_map)
            if row is None or why is not None:
                found.leave(change.record_id, why or "gone")
                continue
            if standing := standing_now.get(change.record_id):
                because = Message.of("withdrawn.reverted")
                found.withdrawn.append(Withdrawal(standing.change.change_id, change.record_id, because))
            yield _reversed(run, change, row, named=named)


def _in_the_way(
    change: Change, row: Mapping[str, Any] | None, standing: Standing | None, object_map: ObjectMap
) -> str | None:
    """Why a change is not taken back; None when it can be."""
    if change.reverses is not None:
        return "reversal"
    if row is None:
        return "gone"
    if row["is_converted"]:
        return "converted"
    if standing and standing.state in {State.SENDING, State.UNKNOWN}:
        return "sending"
    if not all(_is_mapped(name, object_map) for name in change.after):
        return "unmapped"
    held = {name: held_value(row, name) for name in change.after}
    if held != dict(change.after):
        return "already" if held == dict(change.before) else "edited"
    return None


def _is_mapped(name: str, object_map: ObjectMap) -> bool:
    try:
        api_name_of(name, object_map)
    except KeyError:
        return False
    return True


def _reversed(run: Run, change: Change, row: Mapping[str, Any], *, named: str) -> Change:
    effects = Effects(tags_added=change.effects.tags_removed, tags_removed=change.effects.tags_added)
    after: dict[str, Scalar] = dict(change.before)
    # What was said about a grade that is taken back is not known any more.
    riders: dict[str, Scalar] = {"grade_reason": None} if after else {}
    if change.moves_owner:
        riders |= {"previous_owner": row["owner_id"], "owner_reason": f"{REVERSAL}{named}"}
    return Change(
        change_id=change_id(
            org_id=run.identity.org_id,
            object_name=change.object,
            record_id=change.record_id,
            at=run.at,
            after=after,
            effects=effects,
        ),
        object=change.object,
        record_id=change.record_id,
        owner=row["owner_id"],
        before=dict(change.after),
        after=after,
        base=base_of(row),
        riders=riders,
        effects=effects,
        rules=(f"{REVERSAL}{change.change_id}",),
        because=(Message.of("reason.reverted", run=named),),
    )


def _outline(run: Run, found: _Found) -> Outline:
    number = found.planned + found.left
    return Outline(
        org_id=run.identity.org_id,
        at=run.at,
        zone=run.moment.zone,
        rulebook=run.worker.rulebook.digest,
        snapshot=run.run_id,
        is_baseline=False,
        withdrawn=tuple(found.withdrawn),
        notices=tuple(found.notices),
        counts={"evaluated": number, "in_scope": number, "left": found.left},
    )
