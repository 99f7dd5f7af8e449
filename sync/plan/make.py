"""Plan an org of any size: walk it range by range, put away what is proposed page by page, show the plan once it is whole.

However many records there are, no more than one range of them is in memory, with the ids of those whose changes are
open, who wait for a turn or of whom the next plan must know. Most is written a page at a time; only what makes the rows
of a plan visible is one transaction for all of them. Only the holder of the pull lease plans; a plan that was cut short
by a crash is dropped by the next. Where the basis is as it was, only those are looked at to whom something happened.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TypeAlias

from engine.assignment.directory import Directory, dangling
from engine.changes.memory import Memory
from engine.errors import RulebookError
from engine.plan.guards import Weight
from engine.plan.planner import DRAFTS_HELD_MAX, Assigned, Planner
from engine.snapshots import Range, Snapshot, cut
from sync.plan.affected import affected
from sync.plan.basis import Basis, basis_of, checkpoint_of
from sync.plan.snapshots import ranges_of
from sync.plan.versions import PlanVersions
from sync.plan.writer import PlanWriter
from sync.run import Run
from sync.store import changes, memory, plans, proposals, runs
from sync.store.checkpoints import Checkpoint
from sync.store.leases import Lease, check
from sync.store.paging import PAGE_ROWS, chunks
from sync.store.plans import PlanRecord

# Figures that only a look at everybody gives: a run that made a plan of a part has them from the last that did.
_FIGURES_OF_ALL = ("unfit", "in_vain", "coverage")

# Looks on at each range of a plan of everybody, with what memory holds of it.
Compare: TypeAlias = Callable[[Range, Memory], None]
Comparing: TypeAlias = Callable[[Run, Directory], AbstractContextManager[Compare]]
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


def plan_org(
    run: Run,
    lease: Lease,
    *,
    comparing: Comparing,
    with_owners: bool,
    looks_at_all: bool = False,
    held_at_once: HeldAtOnce = _HELD_AT_ONCE,
) -> PlanRecord:
    """Save what the mirror, as it is now, asks for. PlanStaleError when changes moved meanwhile: plan again.

    `with_owners` asks for owner moves in a baseline, as an open change of one does; every later plan has them anyway, and
    so has one in shadow, which asks for nothing. A plan of a part proposes, keeps and withdraws what one that
    `looks_at_all` would. `comparing` is told every range of a plan of everybody.
    """
    drop_unfinished(run, lease)
    versions = PlanVersions(run)
    basis = basis_of(run, versions, with_owners=with_owners)
    work = _Work(run, lease, versions, basis, held_at_once, comparing)
    checkpoint = None if looks_at_all else checkpoint_of(run, basis)
    if checkpoint is not None and (few := affected(run, checkpoint, until=basis.seen)) is not None:
        shown = work.part(checkpoint, few)
        if shown is not None:
            return shown
        drop_unfinished(run, lease)
    return work.whole()


def drop_unfinished(run: Run, lease: Lease) -> None:
    """Forget what a plan that was cut short has put away."""
    with run.worker.store.read() as tx:
        is_left = proposals.is_left(tx)
    while is_left:
        with run.worker.store.transaction() as tx:
            check(tx, lease)
            is_left = proposals.drop_page(tx, at=run.now)


def directory_of(run: Run, snapshot: Snapshot) -> Directory:
    """RulebookError for users, queues and roles the rulebook names and the org does not have."""
    directory = Directory.of(snapshot.users, snapshot.queues, run.worker.rulebook)
    if problems := dangling(run.worker.rulebook, directory, snapshot.roles):
        raise RulebookError(*problems)
    return directory


@dataclass(frozen=True, slots=True)
class _Work:
    """One plan, of everybody or of a part."""

    run: Run
    lease: Lease
    versions: PlanVersions
    basis: Basis
    held_at_once: HeldAtOnce
    comparing: Comparing

    def whole(self) -> PlanRecord:
        run, snapshot, versions = self.run, self.basis.snapshot, self.versions
        directory = directory_of(run, snapshot)
        planner, writer = self._planner(directory), PlanWriter(run, self.lease, self.held_at_once.page)
        with self.comparing(run, directory) as compare:
            assigned = self._walk(
                planner,
                writer,
                lambda: _cut(snapshot, self.held_at_once),
                partial(_recalled_between, run, versions),
                compare,
            )
        with run.worker.store.read() as tx:
            gone = [record_id for record_id, _ in changes.open_ids(tx) if record_id not in assigned.seen]
        self._leave(assigned, versions, gone)
        planned = assigned.planned(snapshot.run)
        checkpoint = Checkpoint(run.run_id, run.run_id, run.at, self.basis.digest, self.basis.seen, planned.weight)
        return writer.show(planned, checkpoint)

    def part(self, before: Checkpoint, few: Sequence[str]) -> PlanRecord | None:
        """A plan of these records, all others being as that plan left them; None when a limit is perhaps passed: then what
        is held, and why, is for a plan of everybody to tell.
        """
        run, basis, versions, rows = self.run, self.basis, self.versions, self.held_at_once.prospects
        carried = before.weight.after(basis.held, looked_at=len(few))
        planner = self._planner(directory_of(run, basis.snapshot), carried)
        writer, gone = PlanWriter(run, self.lease, self.held_at_once.page), set(few)

        def recalled(part: Range) -> Memory:
            gone.difference_update(part.prospects["id"].to_list())
            return _recalled_of(run, versions, part.prospects["id"].to_list())

        assigned = self._walk(planner, writer, lambda: ranges_of(run, few, rows=rows), recalled)
        left = self._leave(assigned, versions, sorted(gone))
        planned = assigned.planned(basis.snapshot.run)
        if planned.may_pass:
            return None
        with run.worker.store.read() as tx:
            whole, told = plans.record(tx, before.whole_id), runs.run(tx, before.whole_id)
        outline = planned.outline
        others = max(0, basis.open - len(planned.seen) - left)
        counts = {**outline.counts, "kept": outline.counts["kept"] + others}
        if whole is not None:
            counts["in_scope"] = whole.counts["in_scope"]
        figures = (told.figures if told else None) or {}
        run.figures.update({name: figures[name] for name in _FIGURES_OF_ALL if name in figures})
        checkpoint = Checkpoint(run.run_id, before.whole_id, run.at, basis.digest, basis.seen, planned.weight)
        return writer.show(replace(planned, outline=replace(outline, counts=counts)), checkpoint, looked_at=few)

    def _planner(self, directory: Directory, carried: Weight | None = None) -> Planner:
        run, basis = self.run, self.basis
        return Planner(
            basis.snapshot.org_id,
            run.worker.rulebook,
            directory,
            basis.memory,
            moment=run.moment,
            moves_owners=basis.moves_owners,
            drafts_max=self.held_at_once.drafts,
            carried=carried,
        )

    def _walk(
        self, planner: Planner, writer: PlanWriter, parts: _Parts, recalled: _Recalled, compare: Compare | None = None
    ) -> Assigned:
        for part in parts():
            self.run.worker.drain.check()  # between two ranges nothing is half done
            remembered = recalled(part)
            writer.add(planner.read(part, remembered))
            if compare:
                compare(part, remembered)
        assigned = planner.assigned()
        writer.add(assigned.serve())
        for part in parts() if assigned.dropped else ():
            self.run.worker.drain.check()
            if not assigned.dropped.isdisjoint(part.prospects["id"].to_list()):
                writer.add(assigned.read_again(part, recalled(part)))
        return assigned

    def _leave(self, assigned: Assigned, versions: PlanVersions, gone: Sequence[str]) -> int:
        """Withdraw what is open for records that are in no range any more; how much there was."""
        left = 0
        for record_ids in chunks(gone, PAGE_ROWS):
            remembered = _recalled_of(self.run, versions, record_ids)
            assigned.leave(remembered.open_changes.values(), remembered)
            left += len(remembered.open_changes)
        return left


def _cut(snapshot: Snapshot, held_at_once: HeldAtOnce) -> Iterator[Range]:
    for part in snapshot.ranges:
        yield from cut(part, held_at_once.prospects)


def _recalled_between(run: Run, versions: PlanVersions, part: Range) -> Memory:
    ids = part.prospects["id"].to_list()
    with run.worker.store.read() as tx:
        remembered = memory.recall_between(tx, ids[0], ids[-1])
    return _judged(run, versions, remembered)


def _recalled_of(run: Run, versions: PlanVersions, record_ids: Sequence[str]) -> Memory:
    with run.worker.store.read() as tx:
        remembered = memory.recall_of(tx, record_ids)
    return _judged(run, versions, remembered)


def _judged(run: Run, versions: PlanVersions, remembered: Memory) -> Memory:
    settled_at = run.at - timedelta(seconds=run.worker.settings.look_back_seconds)
    rewritten = versions.rewritten(remembered.open_changes.values())
    return replace(remembered, rewritten=rewritten, settled_at=settled_at)
