"""Plan an org of any size: walk it range by range, put away what is proposed page by page, show the plan once it is whole.

However many records there are, no more than one range is in memory and no transaction is long. Only the holder of the
pull lease plans; a plan that was cut short by a crash is dropped by the next.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

from engine.calendars import end_of_working_day
from engine.changes import Change
from engine.directory import Directory, dangling
from engine.errors import RulebookError
from engine.guards import Entry
from engine.memory import Memory
from engine.planning import DRAFTS_HELD_MAX, Planner, Proposal
from engine.plans import ChangesDigest, Withdrawal
from engine.rulebooks import Operation
from engine.snapshots import Range, Snapshot, cut
from sync.agreement import comparing
from sync.laws import Laws
from sync.reading import snapshot_of
from sync.run import Run
from sync.store import changes, claims, memory, plans, proposals, texts
from sync.store.database import Transaction
from sync.store.leases import Lease, check
from sync.store.plans import Header
from sync.store.proposals import PAGE_ROWS, Seal
from sync.store.texts import TextKind


@dataclass(frozen=True, slots=True)
class Portions:
    """How much is held at once; the plan is the same whatever they are.

    `prospects` are looked at together: what memory holds about them is as large as they are. `page` changes are saved in
    one transaction. `drafts` of those who wait for their turn are held; of more they are made again.
    """

    prospects: int = 20_000
    page: int = PAGE_ROWS
    drafts: int = DRAFTS_HELD_MAX


_PORTIONS = Portions()


def plan_org(run: Run, lease: Lease, *, with_owners: bool, portions: Portions = _PORTIONS) -> Header:
    """Save what the mirror, as it is now, asks for. PlanStaleError when changes moved meanwhile: plan again.

    `with_owners` asks for owner moves in a baseline, as an open change of one does; every later plan has them anyway, and
    so has one in shadow, which asks for nothing.
    """
    worker = run.worker
    drop_unfinished(run, lease)
    with worker.store.read() as tx:
        of_org, owner_plans = memory.recall_org(tx), changes.owner_plans(tx)
    snapshot, laws = snapshot_of(run), Laws(run)
    planner = Planner(
        snapshot.org_id,
        worker.rulebook,
        directory_of(run, snapshot),
        of_org,
        moment=run.moment,
        moves_owners=with_owners
        or of_org.is_established
        or any(laws.of(plan_id).rulebook.operation is Operation.LIVE for plan_id in owner_plans)
        or worker.rulebook.operation is Operation.SHADOW,
        drafts_max=portions.drafts,
    )
    pages = _Pages(run, lease, portions.page)
    with comparing(run, planner.directory) as compare:
        for part in _parts(snapshot, portions):
            remembered = _recalled(run, laws, part)
            pages.add(planner.read(part, remembered))
            compare(part, remembered)
    pages.add(planner.assign())
    for part in _parts(snapshot, portions) if planner.dropped else ():
        if not planner.dropped.isdisjoint(part.prospects["id"].to_list()):
            pages.add(planner.read_again(part, _recalled(run, laws, part)))
    for left in _left(run, laws, planner):
        planner.leave(left.open_changes.values(), left)
    return pages.show(planner, snapshot.run)


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


def _parts(snapshot: Snapshot, portions: Portions) -> Iterator[Range]:
    for part in snapshot.ranges:
        yield from cut(part, portions.prospects)


def _recalled(run: Run, laws: Laws, part: Range) -> Memory:
    run.worker.drain.check()  # between two ranges nothing is half done
    ids = part.prospects["id"].to_list()
    with run.worker.store.read() as tx:
        remembered = memory.recall_between(tx, ids[0], ids[-1])
    settled_at = run.at - timedelta(seconds=run.worker.settings.look_back_seconds)
    rewritten = laws.rewritten(remembered.open_changes.values())
    return replace(remembered, rewritten=rewritten, settled_at=settled_at)


def _left(run: Run, laws: Laws, planner: Planner) -> Iterator[Memory]:
    """What is known of records that are in no range any more and have an open change, some at a time."""
    with run.worker.store.read() as tx:
        gone = [record_id for record_id, _ in changes.open_ids(tx) if record_id not in planner.seen]
    for start in range(0, len(gone), PAGE_ROWS):
        with run.worker.store.read() as tx:
            remembered = memory.recall_of(tx, gone[start : start + PAGE_ROWS])
        yield replace(remembered, rewritten=laws.rewritten(remembered.open_changes.values()))


@dataclass(slots=True)
class _Pages:
    """The changes of a plan on their way into the store. A plan of one page is saved in one transaction."""

    run: Run
    lease: Lease
    size: int
    _waiting: list[tuple[Change, Entry]] = field(default_factory=list)

    def add(self, proposed: Iterable[Proposal]) -> None:
        for each in proposed:
            self._waiting.append((each.change, each.entry))
            if len(self._waiting) == self.size:
                with self._transaction() as tx:
                    self._stage(tx)

    def show(self, planner: Planner, snapshot: str) -> Header:
        """Seal page by page, then show the plan. Superseding is true whatever becomes of the plan: most of it goes first."""
        run, outline = self.run, planner.outline(snapshot)
        last, *early = self._cut(outline.withdrawn) or [()]
        for page in early:
            with self._transaction() as tx:
                plans.supersede(tx, page, run=run.run_id, at=outline.at)
        rulebook = run.worker.rulebook
        seal = Seal(run.run_id, planner.passed(), f"policy@{rulebook.digest[:12]}", outline.at)
        rolled, after = ChangesDigest(), ""
        while True:
            with self._transaction() as tx:
                self._stage(tx)
                end = proposals.seal_page(tx, seal, after=after, rolled=rolled, most=self.size)
                if end is not None:
                    after = end
                    continue
                texts.keep(tx, TextKind.RULEBOOK, digest=rulebook.digest, text=run.worker.rulebook_text)
                field_map = run.worker.field_map
                texts.keep(tx, TextKind.MAP, digest=field_map.digest, text=field_map.text)
                claims.note(tx, outline.claims)
                calendar, days = rulebook.policy.calendar, rulebook.policy.expiry_days
                return plans.show(
                    tx,
                    outline,
                    run=run.run_id,
                    field_map=field_map.digest,
                    rolled=rolled,
                    withdrawn=last,
                    expires_at=end_of_working_day(planner.moment, calendar, after=days),
                )

    def _stage(self, tx: Transaction) -> None:
        proposals.stage(tx, self.run.run_id, self._waiting)
        self._waiting.clear()

    @contextmanager
    def _transaction(self) -> Iterator[Transaction]:
        with self.run.worker.store.transaction() as tx:
            check(tx, self.lease)
            yield tx

    def _cut(self, withdrawn: Sequence[Withdrawal]) -> list[Sequence[Withdrawal]]:
        return [withdrawn[start : start + self.size] for start in range(0, len(withdrawn), self.size)]
