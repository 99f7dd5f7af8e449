"""The changes of a plan on their way into the store, a page in each transaction. A plan of one page is saved in one."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TypeVar

from engine.changes.change import Change
from engine.changes.plan import ChangesDigest, Outline, Withdrawal
from engine.plan.follow_ups import FollowUp
from engine.plan.guards import Entry
from engine.plan.planner import Planned
from engine.plan.proposals import Proposal
from engine.rulebook.policy import end_of_working_day
from engine.rulebook.rulebook import Operation
from sync.plan.versions import PlanVersion
from sync.store import checkpoints, overrides, plans, proposals
from sync.store.checkpoints import Checkpoint
from sync.store.database import Transaction
from sync.store.leases import LeasedStore
from sync.store.plans import PlanRecord
from sync.store.proposals import Seal
from sync.store.vocabulary import TextKind

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Imprint:
    """What every plan bears: the run that makes it, and the rulebook, map and moment it is made by."""

    run_id: str
    version: PlanVersion
    rulebook_text: str


@dataclass(slots=True)
class PlanWriter:
    """`size` changes are a page."""

    leased: LeasedStore
    imprint: Imprint
    size: int
    _waiting: list[tuple[Change, Entry]] = field(default_factory=list)

    def add(self, proposed: Iterable[Proposal]) -> None:
        for each in proposed:
            self._waiting.append((each.change, each.entry))
            if len(self._waiting) == self.size:
                with self.leased.transaction() as tx:
                    self._stage(tx)

    def show(self, planned: Planned, checkpoint: Checkpoint, *, looked_at: Collection[str] | None = None) -> PlanRecord:
        """Seal page by page, then show the plan, with what the next one goes on from.

        Superseding is true whatever becomes of the plan, and so are overrides: most of them go first. Of what it leaves most
        goes first too, with the checkpoint before forgotten.
        """
        imprint, outline = self.imprint, planned.outline
        last, *early = self._cut(outline.withdrawn) or [()]
        for page in early:
            with self.leased.transaction() as tx:
                plans.supersede(tx, page, run=imprint.run_id, at=outline.at)
        *seen, last_seen = self._cut(tuple(outline.overrides.items())) or [()]
        for overridden in seen:
            with self.leased.transaction() as tx:
                overrides.note(tx, dict(overridden))
        leave = self._leave_early(planned.follow_ups, looked_at)

        def shown(tx: Transaction, rolled: ChangesDigest) -> PlanRecord:
            overrides.note(tx, dict(last_seen))
            leave(tx)
            counts = checkpoints.counts(tx) if looked_at is not None else {}
            told = replace(outline, counts={**outline.counts, **counts})
            plan = show_plan(tx, imprint, told, rolled, withdrawn=last, whole_id=checkpoint.whole_id)
            checkpoints.keep(tx, checkpoint)
            return plan

        seal = Seal(imprint.run_id, planned.passed, f"policy@{outline.rulebook[:12]}", outline.at)
        return proposals.seal_all(self._staging, seal, shown, most=self.size)

    def _leave_early(
        self, left: Mapping[str, FollowUp], looked_at: Collection[str] | None
    ) -> Callable[[Transaction], None]:
        """Keep all but the last page of what the plan leaves; that one goes with the plan."""
        last, *early = reversed(self._cut(sorted(left if looked_at is None else looked_at)) or [[]])
        if early:
            with self.leased.transaction() as tx:
                checkpoints.forget(tx)
        after = ""
        for page in reversed(early):
            with self.leased.transaction() as tx:
                self._leave(tx, left, page, looked_at, after=after, last=page[-1])
            after = page[-1]
        return lambda tx: self._leave(tx, left, last, looked_at, after=after, last=None)

    def _leave(
        self,
        tx: Transaction,
        left: Mapping[str, FollowUp],
        page: Sequence[str],
        looked_at: Collection[str] | None,
        *,
        after: str,
        last: str | None,
    ) -> None:
        of_page = {record_id: left[record_id] for record_id in page if record_id in left}
        if looked_at is None:
            checkpoints.leave_between(tx, of_page, after=after, last=last)
        else:
            checkpoints.leave(tx, of_page, looked_at=page)

    @contextmanager
    def _staging(self) -> Iterator[Transaction]:
        """A transaction that takes what waits with it."""
        with self.leased.transaction() as tx:
            self._stage(tx)
            yield tx

    def _stage(self, tx: Transaction) -> None:
        proposals.stage(tx, self.imprint.run_id, self._waiting)
        self._waiting.clear()

    def _cut(self, many: Sequence[T]) -> list[Sequence[T]]:
        return [many[start : start + self.size] for start in range(0, len(many), self.size)]


def show_plan(
    tx: Transaction,
    imprint: Imprint,
    outline: Outline,
    rolled: ChangesDigest,
    *,
    withdrawn: Sequence[Withdrawal] = (),
    whole_id: str | None = None,
) -> PlanRecord:
    """Show a plan, with the rulebook and the map it was made by; it expires as the rulebook says.

    In shadow it never does: nothing is asked for, and what still differs stands.
    """
    rulebook, field_map, moment = imprint.version.rulebook, imprint.version.field_map, imprint.version.moment
    plans.keep_text(tx, TextKind.RULEBOOK, digest=rulebook.digest, text=imprint.rulebook_text)
    plans.keep_text(tx, TextKind.MAP, digest=field_map.digest, text=field_map.text)
    compares, policy = rulebook.operation is Operation.SHADOW, rulebook.policy
    return plans.show(
        tx,
        outline,
        run=imprint.run_id,
        field_map=field_map.digest,
        rolled=rolled,
        withdrawn=withdrawn,
        expires_at=None if compares else end_of_working_day(moment, policy.calendar, after=policy.expiry_days),
        whole_id=whole_id,
    )
