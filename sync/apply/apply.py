"""Apply: send what is approved, slice by slice, and write each record's verdict down.

First what an earlier run left open is settled; then memory, owner changes, and fields, each the way their number asks
for. What may not be written now stays approved, and the next run goes on.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.changes.states import State
from engine.messages import Message
from engine.rulebook.rulebook import Operation
from sync.apply.budget import Share, shares, why_left
from sync.apply.outbox import Outbox
from sync.apply.pace import Gate
from sync.apply.readback import name_survivors, read_back_unknown, verify
from sync.plan.cost import SLICE_MAX
from sync.plan.versions import PlanVersions
from sync.run import Run
from sync.store import batches, ingest_jobs
from sync.store.batches import Approved
from sync.store.change_values import message_body
from sync.store.database import Transaction
from sync.store.ingest_jobs import Upload
from sync.store.leases import Lease
from sync.store.paging import pages_of
from sync.store.vocabulary import Mode


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a run of `settle` came to. `states`: how many of the changes it touched, or had to leave, are in each state.

    `waits` says why it left some approved.
    """

    touched: int
    states: Mapping[State, int]
    waits: Message | None = None


def apply(run: Run, lease: Lease) -> Settlement:
    """Send everything approved. TransientError or OrgError when the org stops answering: what was sent is settled."""
    versions = PlanVersions(run)
    outbox = Outbox(run, lease, versions, Gate(run))
    counts = _ApplyCounts(run, outbox, versions)
    is_under_way = _take_over(run, lease, outbox)
    outbox.touched |= read_back_unknown(run, lease, versions)
    # What turned out not to have been written is on its way again below.
    counts.count(but=State.APPROVED)
    outbox.waits = outbox.gate.closed()
    with run.worker.store.read() as tx:
        waiting = batches.waiting(tx)
        plan_ids = batches.plans_waiting(tx)
    found = shares(waiting, run.worker.settings, spare=run.org.spare, room=outbox.gate.room())
    short = why_left(found, spare=run.org.spare)
    named = sorted({each.object for each in found if each.going and not each.is_free})
    if plan_ids and named and not outbox.waits:
        # Whether a field may be written is not left to what was known yesterday.
        run.describe_again(named)
        versions.check(plan_ids)
    for share in found:
        if share.mode is Mode.BULK and is_under_way:
            # Two jobs on one object get into each other's way.
            outbox.waits = outbox.waits or Message.of("wait.job")
        for part in _slices(run, outbox, share):
            if share.is_free:
                outbox.remember(part)
            else:
                outbox.carry(part, share.mode)
            counts.count()
    outbox.waits = outbox.waits or short
    return counts.settlement()


def _slices(run: Run, outbox: Outbox, share: Share) -> Iterator[Sequence[Approved]]:
    """Approved changes in the order of their records, while they may be written; what stays approved is passed once."""
    left = 0 if outbox.waits else share.going

    def behind(tx: Transaction, after: str, most: int) -> list[Approved]:
        return batches.approved(tx, share.object, share.reach, after=after, most=min(left, most))

    for part in pages_of(
        run.worker.store, behind, lambda each: each.standing.change.record_id, after="", most=SLICE_MAX
    ):
        yield part
        left = 0 if outbox.waits else left - len(part)


def _take_over(run: Run, lease: Lease, outbox: Outbox) -> bool:
    """Settle what a dead run left with the org; whether the org is still at work on some of it."""
    outbox.bulk.stop_lost()
    with run.worker.store.read() as tx:
        left = ingest_jobs.unfinished(tx)
    under_way = {each.batch_id for each in left if not _adopted(run, outbox, each)}
    with run.worker.store.transaction() as tx:
        batches.recover(
            tx, lease, run=run.run_id, at=run.now, under_way={batch_id for batch_id in under_way if batch_id}
        )
    return bool(under_way)


def _adopted(run: Run, outbox: Outbox, upload: Upload) -> bool:
    """Ask a job what became of its rows and write it down; False when it has not ended yet."""
    with run.worker.store.read() as tx:
        carried = [standing.change for standing in batches.carried(tx, upload.batch_id or "")]
        sent_in = batches.last_of(tx, [carried[0].change_id]) if carried else {}
    answers = outbox.bulk.recover(upload, [change.record_id for change in carried])
    if answers is None:
        return False
    for batch in sent_in.values():
        outbox.settle(batch, carried, answers)
    if not sent_in:
        with run.worker.store.transaction() as tx:
            ingest_jobs.close(tx, upload.job_id)
    return True


class _ApplyCounts:
    """What became of the changes so far, by state; nothing is held of a slice once it is counted."""

    def __init__(self, run: Run, outbox: Outbox, versions: PlanVersions) -> None:
        self._run, self._outbox, self._laws = run, outbox, versions
        self._touched = 0
        self._states: Counter[State] = Counter()

    def count(self, *, but: State | None = None) -> None:
        """Look again at what was written, and count where everything touched since the last count stands now."""
        verify(self._run, self._outbox.done, self._laws)
        with self._run.worker.store.read() as tx:
            states = {
                state: number
                for state, number in batches.states_of(tx, self._outbox.touched).items()
                if state is not but
            }
        if State.GONE in states:
            name_survivors(self._run, self._outbox.touched)
        self._states.update(states)
        self._touched += sum(states.values())
        self._outbox.done.clear()
        self._outbox.touched.clear()

    def settlement(self) -> Settlement:
        states, waits = Counter(self._states), self._outbox.waits
        if waits is not None:
            with self._run.worker.store.read() as tx:
                states[State.APPROVED] = sum(batches.waiting(tx).values())
            if states[State.APPROVED] or self._run.worker.rulebook.operation is not Operation.SHADOW:
                self._run.figures["outcome"] = "held"
            self._run.figures["waits"] = message_body(waits)
        return Settlement(self._touched, {state: states[state] for state in State if states[state]}, waits)
