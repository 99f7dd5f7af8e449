"""Revert: a plan that takes back what a run applied, for the same review and through the same guards.

It puts back what was there before, where what the run wrote still stands. A record that anybody has edited since, or whose
old owner may own nothing any more, is named and left as it is. What is taken back stays quiet until it means something else.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import ceil

from engine.changes.change import Change, Standing
from engine.changes.plan import ChangesDigest, Notice, Outline, Withdrawal
from engine.changes.states import State
from engine.errors import BudgetError, UsageError
from engine.messages import Message
from engine.plan.guards import Entry, Passed
from sync.plan.inverses import in_the_way, inverse, old_owner
from sync.plan.make import drop_unfinished
from sync.plan.writer import show_plan
from sync.pull.objects import described
from sync.pull.reread import read_again, users_again
from sync.run import Run
from sync.salesforce.composite import READ_MAX
from sync.store import plans, proposals, reversals, runs
from sync.store.database import Transaction
from sync.store.leases import Lease, check
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
        raise UsageError.of("PL-431", given=given)
    if not records:
        raise UsageError.of("PL-432", named)
    described(run)
    calls, spare = ceil(records / READ_MAX), run.org.spare
    if spare is not None and calls > spare:
        raise BudgetError.of("PL-433", named, records=records, calls=calls, spare=spare)
    with worker.hold(LeaseName.PULL) as lease:
        drop_unfinished(run, lease)
        work = _Work(run, lease, named)
        for page in reversals.applied_by(worker.store, named):
            work.add(page)
        found = work.found
        work.show()
    run.figures.update(reverted=named, proposed=found.planned, left=found.left)
    why = tuple((Message.of(f"revert.{each}"), count) for each, count in found.why.most_common())
    return Reversal(named, found.planned, found.left, why)


@dataclass(slots=True)
class _Work:
    """One revert, page by page: nothing grows with the number of records but what is counted."""

    run: Run
    lease: Lease
    reverted: str
    found: _Found = field(default_factory=_Found)
    # Of those who would get records back, who may own any now.
    can_own: dict[str, bool] = field(default_factory=dict)

    def add(self, page: Mapping[str, Sequence[Change]]) -> None:
        """Put away what takes a page back. What waits for the same records makes room: it rests on what is taken back."""
        with self.run.worker.store.read() as tx:
            standing_now = reversals.open_of(tx, list(page))
        proposed = list(self._inverses(page, standing_now))
        because = Message.of("withdrawn.reverted")
        withdrawn = [
            Withdrawal(standing.change.change_id, change.record_id, because)
            for change in proposed
            if (standing := standing_now.get(change.record_id))
        ]
        with self._transaction() as tx:
            plans.supersede(tx, withdrawn, run=self.run.run_id, at=self.run.at)
            proposals.stage(tx, self.run.run_id, [(change, Entry(State.PLANNED)) for change in proposed])
        self.found.planned += len(proposed)

    def show(self) -> PlanRecord:
        seal = Seal(self.run.run_id, Passed(), "", self.run.at)
        return proposals.seal_all(self._transaction, seal, self._shown)

    def _inverses(self, page: Mapping[str, Sequence[Change]], standing_now: Mapping[str, Standing]) -> Iterator[Change]:
        field_map = self.run.worker.field_map
        mapped = {object_map.api_name: object_map for object_map in field_map.objects}
        by_object: dict[str, list[str]] = {}
        for record_id, applied in page.items():
            by_object.setdefault(applied[-1].object, []).append(record_id)
        for name, record_ids in by_object.items():
            if name not in mapped:
                for record_id in record_ids:
                    self.found.leave(record_id, "object")
                continue
            frame = read_again(self.run, field_map, name, record_ids)
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
                    yield inverse(self.run, applied, row, reverted=self.reverted)

    def _ask_owners(self, owner_ids: Iterable[str]) -> None:
        asked = sorted(set(owner_ids) - self.can_own.keys())
        self.can_own |= {user.id: user.can_own for user in users_again(self.run, asked)}

    def _shown(self, tx: Transaction, rolled: ChangesDigest) -> PlanRecord:
        return show_plan(tx, self.run, self._outline(), rolled)

    def _outline(self) -> Outline:
        run, found = self.run, self.found
        number = found.planned + found.left
        return Outline(
            org_id=run.identity.org_id,
            at=run.at,
            zone=run.moment.zone,
            rulebook=run.worker.rulebook.digest,
            snapshot=run.run_id,
            is_baseline=False,
            notices=tuple(found.notices),
            counts={"evaluated": number, "in_scope": number, "left": found.left},
        )

    @contextmanager
    def _transaction(self) -> Iterator[Transaction]:
        with self.run.worker.store.transaction() as tx:
            check(tx, self.lease)
            yield tx
