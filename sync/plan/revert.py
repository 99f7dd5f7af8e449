"""Revert: a plan that takes back what a run applied, for the same review and through the same guards.

It puts back what was there before, where what the run wrote still stands. A record that anybody has edited since, or whose
old owner may own nothing any more, is named and left as it is. What is taken back stays quiet until it means something else.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from engine.changes.change import REVERSAL, Change, Effects, RuleRef, Standing, change_id
from engine.changes.plan import ChangesDigest, Notice, Outline, Withdrawal
from engine.changes.states import State
from engine.errors import BudgetError, UsageError
from engine.messages import Message
from engine.plan.guards import Entry, Passed
from engine.plan.recheck import base_of, held_value
from engine.values import Scalar
from engine.verdicts.registry import VERDICTS
from mapping.field_map.field_map import ObjectMap
from mapping.payloads import api_name_of
from sync.plan.make import drop_unfinished
from sync.plan.versions import PlanVersion
from sync.plan.writer import Imprint, show_plan
from sync.pull.objects import described
from sync.pull.reread import Reread
from sync.run import Run
from sync.salesforce.composite import READ_MAX
from sync.store import plans, proposals, reversals, runs
from sync.store.database import Transaction
from sync.store.figures import TakenBack
from sync.store.leases import LeasedStore
from sync.store.plans import PlanRecord
from sync.store.proposals import Seal
from sync.store.vocabulary import LeaseName

# So many of the records that are left as they are, are named; the rest are counted.
NOTICES_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Reversal:
    """`planned` changes wait for a person; `left` records stay as they are, most of them named in the plan; `why` counts
    the reasons, most frequent first.
    """

    reverted: str  # the run
    planned: int
    left: int
    why: tuple[tuple[Message, int], ...] = ()


@dataclass(slots=True)
class _Found:
    """What one revert comes to so far."""

    planned: int = 0
    why: Counter[str] = field(default_factory=Counter)
    notices: list[Notice] = field(default_factory=list)

    @property
    def left(self) -> int:
        return self.why.total()

    def leave(self, record_id: str, why: str) -> None:
        self.why[why] += 1
        if len(self.notices) < NOTICES_MAX:
            self.notices.append(Notice(record_id, Message.of(f"revert.{why}")))


def revert(run: Run, given: str) -> Reversal:
    """Plan to take back a run (its id or the end of it).

    UsageError PL-431 (no such run), PL-432 (nothing to take back); BudgetError PL-433 when the day's calls do not pay for
    reading the records; MapError when the org does not fit the map, as for any plan.
    """
    worker = run.worker
    with worker.store.read() as tx:
        meant = runs.named(tx, given)
        named = meant.run_id if meant else None
        records = reversals.count(tx, named) if named else 0
    if named is None:
        raise UsageError.of("PL-431", given=given)  # there is no run {given!r}
    if not records:
        raise UsageError.of("PL-432", named)  # this run has applied nothing
    described(run.describes, worker.field_map, worker.read_rulebook)
    calls, spare = ceil(records / READ_MAX), run.org.spare
    if spare is not None and calls > spare:
        raise BudgetError.of("PL-433", named, records=records, calls=calls, spare=spare)  # taking this run back reads…
    version = PlanVersion(worker.rulebook, worker.field_map, run.moment)
    look_back = timedelta(seconds=worker.settings.look_back_seconds)
    with worker.hold(LeaseName.PULL) as lease:
        leased = LeasedStore(worker.store, lease)
        drop_unfinished(leased, at=run.now)
        work = _Work(
            leased,
            Reread(run.org, worker.mirror, run.describes, look_back),
            Imprint(run.run_id, version, worker.rulebook_text),
            run.identity.org_id,
            named,
        )
        for page in reversals.applied_by(worker.store, named):
            work.add(page)
        found = work.found
        work.show()
    run.tell(TakenBack(named, found.planned, found.left))
    why = tuple((Message.of(f"revert.{each}"), count) for each, count in found.why.most_common())
    return Reversal(named, found.planned, found.left, why)


@dataclass(slots=True)
class _Work:
    """One revert, page by page: nothing grows with the number of records but what is counted."""

    leased: LeasedStore
    reread: Reread
    imprint: Imprint
    org_id: str
    reverted: str
    found: _Found = field(default_factory=_Found)
    # Of those who would get records back, who may own any now.
    can_own: dict[str, bool] = field(default_factory=dict)

    def add(self, page: Mapping[str, Sequence[Change]]) -> None:
        """Put away what takes a page back. What waits for the same records makes room: it rests on what is taken back."""
        with self.leased.read() as tx:
            standing_now = reversals.open_of(tx, list(page))
        proposed = list(self._inverses(page, standing_now))
        because = Message.of("withdrawn.reverted")
        withdrawn = [
            Withdrawal(standing.change.change_id, change.record_id, because)
            for change in proposed
            if (standing := standing_now.get(change.record_id))
        ]
        with self.leased.transaction() as tx:
            plans.supersede(tx, withdrawn, run=self.imprint.run_id, at=self._at)
            proposals.stage(tx, self.imprint.run_id, [(change, Entry(State.PLANNED)) for change in proposed])
        self.found.planned += len(proposed)

    def show(self) -> PlanRecord:
        seal = Seal(self.imprint.run_id, Passed(), "", self._at)
        return proposals.seal_all(self.leased.transaction, seal, self._shown)

    def _inverses(self, page: Mapping[str, Sequence[Change]], standing_now: Mapping[str, Standing]) -> Iterator[Change]:
        field_map = self.imprint.version.field_map
        mapped = {object_map.api_name: object_map for object_map in field_map.objects}
        by_object: dict[str, list[str]] = {}
        for record_id, applied in page.items():
            by_object.setdefault(applied[-1].object, []).append(record_id)
        for name, record_ids in by_object.items():
            if name not in mapped:
                for record_id in record_ids:
                    self.found.leave(record_id, "object")
                continue
            frame = self.reread.records(field_map, name, record_ids)
            self._ask_owners(old_owner(page[record_id]) for record_id in record_ids)
            rows = {str(row["id"]): row for row in frame.iter_rows(named=True)}
            for record_id in record_ids:
                applied, row = page[record_id], rows.get(record_id)
                why = in_the_way(applied, row, standing_now.get(record_id), mapped[name])
                if why is None and not self.can_own.get(old_owner(applied), True):
                    why = "inactive"
                if row is None or why is not None:
                    self.found.leave(record_id, why or "gone")
                else:
                    yield inverse(applied, row, org_id=self.org_id, at=self._at, reverted=self.reverted)

    def _ask_owners(self, owner_ids: Iterable[str]) -> None:
        asked = sorted(set(owner_ids) - self.can_own.keys())
        self.can_own |= {user.id: user.can_own for user in self.reread.users(asked)}

    def _shown(self, tx: Transaction, rolled: ChangesDigest) -> PlanRecord:
        return show_plan(tx, self.imprint, self._outline(), rolled)

    def _outline(self) -> Outline:
        version, found = self.imprint.version, self.found
        number = found.planned + found.left
        return Outline(
            org_id=self.org_id,
            at=version.moment.at,
            zone=version.moment.zone,
            rulebook=version.rulebook.digest,
            snapshot=self.imprint.run_id,
            is_baseline=False,
            notices=tuple(found.notices),
            counts={"evaluated": number, "in_scope": number, "left": found.left},
        )

    @property
    def _at(self) -> datetime:
        return self.imprint.version.moment.at


def in_the_way(
    applied: Sequence[Change], row: Mapping[str, Any] | None, standing: Standing | None, object_map: ObjectMap
) -> str | None:
    """Why what a run applied to a record, in its order, is not taken back; None when it can be."""
    before, after = _before(applied), _after(applied)
    if any(change.reverses for change in applied):
        return "reversal"
    if row is None:
        return "gone"
    if row["is_converted"]:
        return "converted"
    if standing and standing.state in {State.SENDING, State.UNKNOWN}:
        return "sending"
    if not all(_is_mapped(name, object_map) for name in after):
        return "unmapped"
    held = {name: held_value(row, name) for name in after}
    if held != after:
        return "already" if held == before else "edited"
    return None


def old_owner(applied: Sequence[Change]) -> str:
    """Who would get the record back; "" when the owner stays."""
    return str(_before(applied).get("owner") or "")


def inverse(applied: Sequence[Change], row: Mapping[str, Any], *, org_id: str, at: datetime, reverted: str) -> Change:
    """The change that takes all of these back at once, to what was there before the first of them."""
    last = applied[-1]
    effects, after = _effects(applied), _before(applied)
    # What was said about a verdict that is taken back, such as a grade, is not known any more.
    riders: dict[str, Scalar] = {name: None for verdict in VERDICTS for name in verdict.carries} if after else {}
    if "owner" in after:
        riders |= {"previous_owner": row["owner_id"], "owner_reason": str(RuleRef(REVERSAL, reverted))}
    return Change(
        change_id=change_id(
            org_id=org_id, object_name=last.object, record_id=last.record_id, at=at, after=after, effects=effects
        ),
        object=last.object,
        record_id=last.record_id,
        owner=row["owner_id"],
        before=_after(applied),
        after=after,
        base=base_of(row),
        riders=riders,
        effects=effects,
        rules=tuple(RuleRef(REVERSAL, change.change_id) for change in applied),
        because=(Message.of("reason.reverted", run=reverted),),
    )


def _before(applied: Sequence[Change]) -> dict[str, Scalar]:
    """What the record held before any of them."""
    return {name: value for change in reversed(applied) for name, value in change.before.items()}


def _after(applied: Sequence[Change]) -> dict[str, Scalar]:
    """What it held after all of them, by the same fields in the same order."""
    after = {name: value for change in applied for name, value in change.after.items()}
    return {name: after[name] for name in _before(applied)}


def _effects(applied: Sequence[Change]) -> Effects:
    """Tags as they were before the first: one that was added and removed again is left alone, and the other way round."""
    added: dict[tuple[str, str], None] = {}
    removed: dict[tuple[str, str], None] = {}
    for change in applied:
        for came, went, tags in (
            (added, removed, change.effects.tags_added),
            (removed, added, change.effects.tags_removed),
        ):
            for tag in tags:
                if tag in went:
                    del went[tag]
                else:
                    came[tag] = None
    return Effects(tags_added=tuple(removed), tags_removed=tuple(added))


def _is_mapped(name: str, object_map: ObjectMap) -> bool:
    try:
        api_name_of(name, object_map)
    except KeyError:
        return False
    return True
