"""The outbox: approved changes on their way out. Nothing goes before what an earlier run left in it is settled.

Its phases are types, each given by the one before: an `Outbox` is opened; `Sending`, once all that was left is settled,
takes what is approved, slice by slice (`slices.py`).
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from engine.messages import Message
from sync.apply.answers import Answers, Touched
from sync.apply.budget import Share
from sync.apply.pace import Gate
from sync.apply.recheck import Rechecks
from sync.apply.slices import Slice
from sync.apply.writers.batches import Writer
from sync.apply.writers.bulk import BulkWriter
from sync.plan.cost import SLICE_MAX
from sync.plan.versions import PlanVersions
from sync.store import batches, jobs
from sync.store.batches import Approved
from sync.store.database import Transaction
from sync.store.jobs import IngestRecord
from sync.store.leases import LeasedStore
from sync.store.paging import pages_of
from sync.store.vocabulary import WriteMode


@dataclass(frozen=True, slots=True)
class Outbox:
    """Opened. `quiet` is how long a record must have stood still before it is guarded by its version."""

    leased: LeasedStore
    versions: PlanVersions
    gate: Gate
    bulk: BulkWriter
    writers: Mapping[WriteMode, Writer]
    rechecks: Rechecks
    answers: Answers
    quiet: timedelta

    def settled(self) -> "Sending":
        """Settle what a dead run left with the org, then every change that was sent and got no answer."""
        touched = Touched()
        is_under_way = self._take_over(touched)
        touched.change_ids |= self.answers.readback.settle_unknown()
        return Sending(self, touched, is_under_way=is_under_way)

    def _take_over(self, touched: Touched) -> bool:
        """Whether the org is still at work on some of what a dead run left."""
        self.bulk.stop_lost()
        with self.leased.read() as tx:
            left = jobs.uploads(tx)
        under_way = {each.batch_id for each in left if not self._adopted(each, touched)}
        at = self.bulk.patience.now()
        with self.leased.store.transaction() as tx:
            known = {batch_id for batch_id in under_way if batch_id}
            batches.recover(tx, self.leased.lease, run=self.answers.run_id, at=at, under_way=known)
        return bool(under_way)

    def _adopted(self, upload: IngestRecord, touched: Touched) -> bool:
        """Ask a job what became of its rows and write it down; False when it has not ended yet."""
        with self.leased.read() as tx:
            carried = [standing.change for standing in batches.carried(tx, upload.batch_id or "")]
            sent_in = batches.last_of(tx, [carried[0].change_id]) if carried else {}
        answers = self.bulk.recover(upload, [change.record_id for change in carried])
        if answers is None:
            return False
        for batch in sent_in.values():
            self.answers.settle(batch, carried, answers, tries=Counter(), touched=touched)
        if not sent_in:
            with self.leased.store.transaction() as tx:
                jobs.close(tx, [upload.job_id])
        return True


@dataclass(slots=True)
class Sending:
    """`settled` is what was left and is settled now; `is_under_way`: the org is still at work on a job of an earlier run.

    `waits` says why it stopped.
    """

    outbox: Outbox
    settled: Touched
    is_under_way: bool = False
    waits: Message | None = None

    def send(self, share: Share) -> Iterator[Touched]:
        """Approved changes in the order of their records, while they may be written; what stays approved is passed once."""
        if share.mode is WriteMode.BULK and self.is_under_way:
            # Two jobs on one object get into each other's way.
            self.waits = self.waits or Message.of("wait.job")
        left = 0 if self.waits else share.going

        def behind(tx: Transaction, after: str, most: int) -> list[Approved]:
            return batches.approved(tx, share.object, share.reach, after=after, most=min(left, most))

        store = self.outbox.leased.store
        for part in pages_of(store, behind, lambda each: each.standing.change.record_id, after="", most=SLICE_MAX):
            yield self.remember(part) if share.is_free else self.carry(part, share.mode)
            left = 0 if self.waits else left - len(part)

    def carry(self, approved: Sequence[Approved], mode: WriteMode) -> Touched:
        """Send a slice of approved changes of one object, as far as the gate lets them through."""
        part = self._slice(approved)
        part.send(mode)
        self.waits = self.waits or part.waits
        return part.touched

    def remember(self, approved: Sequence[Approved]) -> Touched:
        """Changes without an org part take effect in one store transaction."""
        part = self._slice(approved)
        part.remember()
        return part.touched

    def _slice(self, approved: Sequence[Approved]) -> Slice:
        outbox = self.outbox
        return Slice(
            approved,
            outbox.leased,
            outbox.versions,
            outbox.gate,
            outbox.writers,
            outbox.rechecks,
            outbox.answers,
            outbox.quiet,
        )
