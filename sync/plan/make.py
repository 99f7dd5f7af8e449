"""Plan an org of any size: walk it range by range, put away what is proposed page by page, show the plan once it is whole.

However many records there are, no more than one range of them is in memory, with the ids of those whose changes are
open, who wait for a turn or of whom the next plan must know. Most is written a page at a time; only what makes the rows
of a plan visible is one transaction for all of them. Only the holder of the pull lease plans; a plan that was cut short
by a crash is dropped by the next. Where the basis is as it was, only those are looked at to whom something happened.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol, TypeAlias

from engine.assignment.directory import Directory, dangling
from engine.changes.memory import Memory
from engine.errors import RulebookError
from engine.plan.guards import Weight
from engine.plan.planner import DRAFTS_HELD_MAX, Assigned, Planned, Planner
from engine.rulebook.rulebook import Rulebook
from engine.snapshots import Range, Snapshot, cut
from sync.host.shutdown import Shutdown
from sync.mirror.mirror import Mirror
from sync.plan.affected import Affected
from sync.plan.basis import Basis, basis_of, before_plan, may_go_on
from sync.plan.snapshots import MirrorRanges, ranges_of
from sync.plan.versions import PlanVersion, PlanVersions
from sync.plan.writer import Imprint, PlanWriter
from sync.run import Run
from sync.store import changes, checkpoints, memory, plans, proposals, runs
from sync.store.checkpoints import Checkpoint
from sync.store.database import Store
from sync.store.figures import ColumnAgreement, Survey
from sync.store.leases import Lease, LeasedStore
from sync.store.paging import PAGE_ROWS, chunks
from sync.store.plans import PlanRecord


class Compare(Protocol):
    """Looks on at each range of a plan of everybody, with what memory holds of it; in the end it tells what it saw."""

    def __call__(self, part: Range, memory: Memory) -> None: ...

    def agreement(self) -> Mapping[str, ColumnAgreement] | None: ...


Comparing: TypeAlias = Callable[[Directory], AbstractContextManager[Compare]]
_Parts: TypeAlias = Callable[[], Iterable[Range]]
_Recalled: TypeAlias = Callable[[Range], Memory]


@dataclass(frozen=True, slots=True)
class HeldAtOnce:
    """How much is held at once; the plan is the same whatever they are.

    `prospects` are looked at together: what memory holds about them is as large as they are. `page` changes are saved in
    one transaction. `drafts` of those who wait for their turn are held; of more they are made again.
    """

    prospects: int = 20_000
    page: int = PAGE_ROWS
    drafts: int = DRAFTS_HELD_MAX


_HELD_AT_ONCE = HeldAtOnce()


@dataclass(frozen=True, slots=True)
class MadePlan:
    """A plan, and what was seen while it was made: `agreement` only in shadow."""

    plan: PlanRecord
    survey: Survey | None
    agreement: Mapping[str, ColumnAgreement] | None = None


def plan_org(
    run: Run,
    lease: Lease,
    *,
    comparing: Comparing,
    with_owners: bool,
    looks_at_all: bool = False,
    held_at_once: HeldAtOnce = _HELD_AT_ONCE,
) -> MadePlan:
    """Save what the mirror, as it is now, asks for. PlanStaleError when changes moved meanwhile: plan again.

    `with_owners` asks for owner moves in a baseline, as an open change of one does; every later plan has them anyway, and
    so has one in shadow, which asks for nothing. A plan of a part proposes, keeps and withdraws what one that
    `looks_at_all` would. `comparing` is told every range of a plan of everybody.
    """
    leased = LeasedStore(run.worker.store, lease)
    drop_unfinished(leased, at=run.now)
    work = _work_of(run, leased, comparing, held_at_once, with_owners=with_owners)
    with leased.read() as tx:
        last = None if looks_at_all else checkpoints.latest(tx)
    basis, version = work.basis, work.imprint.version
    if last is not None and may_go_on(last, basis, version):
        affected = Affected(leased.store, work.mirror, version.field_map, last, run.worker.settings.range_records)
        few = affected.records(at=run.at, until=basis.seen)
        if few is not None:
            if (shown := work.part(last, few)) is not None:
                return shown
            drop_unfinished(leased, at=run.now)
    return work.whole()


def _work_of(
    run: Run, leased: LeasedStore, comparing: Comparing, held_at_once: HeldAtOnce, *, with_owners: bool
) -> "_Work":
    worker = run.worker
    version = PlanVersion(worker.rulebook, worker.field_map, run.moment)
    versions = PlanVersions(worker.store, run.describes)
    with worker.store.read() as tx:
        before = before_plan(tx)
    ranges = MirrorRanges(worker.mirror, worker.field_map)
    snapshot = ranges.snapshot(org_id=run.identity.org_id, run_id=run.run_id)
    directory = directory_of(snapshot, version.rulebook)
    return _Work(
        leased,
        worker.mirror,
        worker.shutdown,
        Imprint(run.run_id, version, worker.rulebook_text),
        basis_of(before, snapshot, version, versions, with_owners=with_owners),
        directory,
        Recall(worker.store, versions, version, timedelta(seconds=worker.settings.look_back_seconds)),
        comparing,
        held_at_once,
        ranges,
    )


def drop_unfinished(leased: LeasedStore, *, at: datetime) -> None:
    """Forget what a plan that was cut short has put away."""
    with leased.read() as tx:
        is_left = proposals.is_left(tx)
    while is_left:
        with leased.transaction() as tx:
            is_left = proposals.drop_page(tx, at=at)


def directory_of(snapshot: Snapshot, rulebook: Rulebook) -> Directory:
    """RulebookError for users, queues and roles the rulebook names and the org does not have."""
    directory = Directory.of(snapshot.users, snapshot.queues, rulebook)
    if problems := dangling(rulebook, directory, snapshot.roles):
        raise RulebookError(*problems)
    return directory


@dataclass(frozen=True, slots=True)
class Recall:
    """What the store remembers of records, as a plan by `today`'s rules and map reads it.

    `look_back` is how late a record may be committed after its stamp.
    """

    store: Store
    versions: PlanVersions
    today: PlanVersion
    look_back: timedelta

    def between(self, part: Range) -> Memory:
        """Of a range in a walk of everybody, and of all between its first and last record."""
        ids = part.prospects["id"].to_list()
        with self.store.read() as tx:
            remembered = memory.recall_between(tx, ids[0], ids[-1])
        return self._read(remembered)

    def of(self, record_ids: Sequence[str]) -> Memory:
        with self.store.read() as tx:
            remembered = memory.recall_of(tx, record_ids)
        return self._read(remembered)

    def _read(self, remembered: Memory) -> Memory:
        today = self.today
        standings, operation = remembered.open_changes.values(), today.rulebook.operation
        rewritten = self.versions.rewritten(standings, today.field_map, operation)
        return replace(remembered, rewritten=rewritten, settled_at=today.moment.at - self.look_back)


@dataclass(frozen=True, slots=True)
class _Work:
    """One plan, of everybody or of a part."""

    leased: LeasedStore
    mirror: Mirror
    shutdown: Shutdown
    imprint: Imprint
    basis: Basis
    directory: Directory
    recall: Recall
    comparing: Comparing
    held_at_once: HeldAtOnce
    ranges: MirrorRanges  # of the snapshot

    def whole(self) -> MadePlan:
        basis = self.basis
        writer = PlanWriter(self.leased, self.imprint, self.held_at_once.page)
        with self.comparing(self.directory) as compare:
            assigned = self._walk(
                self._planner(), writer, lambda: _cut(basis.snapshot, self.held_at_once), self.recall.between, compare
            )
        with self.leased.read() as tx:
            gone = [record_id for record_id, _ in changes.open_ids(tx) if record_id not in assigned.seen]
        self._leave(assigned, gone)
        planned = assigned.planned(basis.snapshot.run)
        checkpoint = self._checkpoint(self.imprint.run_id, planned)
        return MadePlan(writer.show(planned, checkpoint), self.ranges.survey, compare.agreement())

    def part(self, before: Checkpoint, few: Sequence[str]) -> MadePlan | None:
        """A plan of these records, all others being as that plan left them; None when a limit is perhaps passed: then what
        is held, and why, is for a plan of everybody to tell.
        """
        basis, rows, field_map = self.basis, self.held_at_once.prospects, self.imprint.version.field_map
        planner = self._planner(before.weight.after(basis.held, looked_at=len(few)))
        writer, gone = PlanWriter(self.leased, self.imprint, self.held_at_once.page), set(few)

        def recalled(part: Range) -> Memory:
            ids = part.prospects["id"].to_list()
            gone.difference_update(ids)
            return self.recall.of(ids)

        assigned = self._walk(planner, writer, lambda: ranges_of(self.mirror, field_map, few, rows=rows), recalled)
        left = self._leave(assigned, sorted(gone))
        planned = assigned.planned(basis.snapshot.run)
        if planned.may_pass:
            return None
        with self.leased.read() as tx:
            whole, told = plans.record(tx, before.whole_id), runs.run(tx, before.whole_id)
        outline = planned.outline
        others = max(0, basis.open - len(planned.seen) - left)
        counts = {**outline.counts, "kept": outline.counts["kept"] + others}
        if whole is not None:
            counts["in_scope"] = whole.counts["in_scope"]
        survey = told.figures.plan.survey if told and told.figures.plan else None
        planned = replace(planned, outline=replace(outline, counts=counts))
        checkpoint = self._checkpoint(before.whole_id, planned)
        return MadePlan(writer.show(planned, checkpoint, looked_at=few), survey)

    def _planner(self, carried: Weight | None = None) -> Planner:
        basis, version = self.basis, self.imprint.version
        return Planner(
            basis.snapshot.org_id,
            version.rulebook,
            self.directory,
            basis.memory,
            moment=version.moment,
            moves_owners=basis.moves_owners,
            drafts_max=self.held_at_once.drafts,
            carried=carried,
        )

    def _walk(
        self, planner: Planner, writer: PlanWriter, parts: _Parts, recalled: _Recalled, compare: Compare | None = None
    ) -> Assigned:
        for part in parts():
            self.shutdown.check()  # between two ranges nothing is half done
            remembered = recalled(part)
            writer.add(planner.read(part, remembered))
            if compare:
                compare(part, remembered)
        assigned = planner.assigned()
        writer.add(assigned.serve())
        for part in parts() if assigned.dropped else ():
            self.shutdown.check()
            if not assigned.dropped.isdisjoint(part.prospects["id"].to_list()):
                writer.add(assigned.read_again(part, recalled(part)))
        return assigned

    def _leave(self, assigned: Assigned, gone: Sequence[str]) -> int:
        """Withdraw what is open for records that are in no range any more; how much there was."""
        left = 0
        for page in chunks(gone, PAGE_ROWS):
            remembered = self.recall.of(page)
            assigned.leave(remembered.open_changes.values(), remembered)
            left += len(remembered.open_changes)
        return left

    def _checkpoint(self, whole_id: str, planned: Planned) -> Checkpoint:
        at, basis = self.imprint.version.moment.at, self.basis
        return Checkpoint(self.imprint.run_id, whole_id, at, basis.digest, basis.seen, planned.weight)


def _cut(snapshot: Snapshot, held_at_once: HeldAtOnce) -> Iterator[Range]:
    for part in snapshot.ranges:
        yield from cut(part, held_at_once.prospects)
