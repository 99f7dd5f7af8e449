"""Apply: send what is approved, slice by slice, and write each record's answer down.

First what an earlier run left open is settled; then memory, owner changes, and fields, each the way their number asks
for. What may not be written now stays approved, and the next run goes on.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from engine.changes.states import State
from engine.messages import Message
from engine.rulebook.rulebook import Operation
from sync.apply.answers import Answers, Touched
from sync.apply.budget import shares, why_left
from sync.apply.outbox import Outbox
from sync.apply.pace import Gate
from sync.apply.readback import Readback
from sync.apply.recheck import Rechecks
from sync.apply.writers.batches import collections, guarded
from sync.apply.writers.bulk import BulkWriter, JobPatience
from sync.plan.versions import PlanVersions
from sync.pull.reread import Reread
from sync.run import Run
from sync.store import batches
from sync.store.database import Store
from sync.store.figures import Settled
from sync.store.leases import Lease, LeasedStore


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a run of `settle` came to. `states`: how many of the changes it touched, or had to leave, are in each state.

    `waits` says why it left some approved; `is_held`: that is a matter for a person. `verified` are records that were looked
    at again after the write, `changed_after` those that held something else by then.
    """

    touched: int
    states: Mapping[State, int]
    waits: Message | None = None
    is_held: bool = False
    verified: int = 0
    changed_after: int = 0

    @property
    def figures(self) -> Settled:
        return Settled(self.states, self.verified, self.changed_after, self.waits, self.is_held)


def apply(run: Run, lease: Lease) -> Settlement:
    """Send everything approved. TransientError or OrgError when the org stops answering: what was sent is settled."""
    store, settings = run.worker.store, run.worker.settings
    outbox = outbox_of(run, lease)
    counts = Counts(store, outbox.answers.readback)
    sending = outbox.settled()
    # What turned out not to have been written is on its way again below.
    counts.add(sending.settled, but=State.APPROVED)
    sending.waits = outbox.gate.closed()
    with store.read() as tx:
        waiting = batches.waiting(tx)
        plan_ids = batches.plans_waiting(tx)
    found = shares(waiting, settings, spare=run.org.spare, room=outbox.gate.room())
    short = why_left(found, spare=run.org.spare)
    named = sorted({each.object for each in found if each.going and not each.is_free})
    if plan_ids and named and not sending.waits:
        # Whether a field may be written is not left to what was known yesterday.
        run.describes.ask_again(named)
        outbox.versions.check(plan_ids)
    for share in found:
        for touched in sending.send(share):
            counts.add(touched)
    return counts.settlement(sending.waits or short, run.worker.rulebook.operation)


def outbox_of(run: Run, lease: Lease) -> Outbox:
    """The outbox of a run, opened: all it needs of it."""
    worker, org, settings, now = run.worker, run.org, run.worker.settings, run.org.now
    leased, us = LeasedStore(worker.store, lease), run.identity.user_id
    versions = PlanVersions(worker.store, run.describes)
    reread = Reread(org, worker.mirror, run.describes, timedelta(seconds=settings.look_back_seconds))
    patience = JobPatience(
        worker.host, now, run.at, worker.clock.monotonic(), settings.run_deadline_seconds, settings.bulk_poll_seconds
    )
    bulk = BulkWriter(org.wire, leased, patience, run.run_id, us)
    return Outbox(
        leased,
        versions,
        Gate(
            worker.store,
            worker.rulebook,
            run.moment,
            now=now,
            shutdown=worker.shutdown,
            deadline_seconds=settings.run_deadline_seconds,
        ),
        bulk,
        {writer.mode: writer for writer in (guarded(org), collections(org), bulk)},
        Rechecks(worker.store, reread, versions, us=us),
        Answers(worker.store, Readback(leased, reread, versions, run.run_id, us), worker.host, run.run_id),
        timedelta(seconds=settings.quiet_seconds),
    )


@dataclass(slots=True)
class Counts:
    """What became of the changes so far, by state; nothing is held of a slice once it is counted."""

    store: Store
    readback: Readback
    touched: int = 0
    verified: int = 0
    changed_after: int = 0
    states: Counter[State] = field(default_factory=Counter)

    def add(self, piece: Touched, *, but: State | None = None) -> None:
        """Look again at what was written, and count where everything that was touched stands now."""
        verified, changed_after = self.readback.verify(piece.done)
        self.verified += verified
        self.changed_after += changed_after
        with self.store.read() as tx:
            states = {
                state: number for state, number in batches.states_of(tx, piece.change_ids).items() if state is not but
            }
        if State.GONE in states:
            self.readback.name_survivors(piece.change_ids)
        self.states.update(states)
        self.touched += sum(states.values())

    def settlement(self, waits: Message | None, operation: Operation) -> Settlement:
        states, is_held = Counter(self.states), False
        if waits is not None:
            with self.store.read() as tx:
                states[State.APPROVED] = sum(batches.waiting(tx).values())
            is_held = bool(states[State.APPROVED]) or operation is not Operation.SHADOW
        told = {state: states[state] for state in State if states[state]}
        return Settlement(self.touched, told, waits, is_held, self.verified, self.changed_after)
