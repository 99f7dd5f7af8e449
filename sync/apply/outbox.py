"""The outbox: changes on their way out, batch by batch, each batch safe to retry.

For every batch: recheck what has moved, commit the intent, send, commit the answer. What got no answer is unknown
and is read back before anything else happens to it; nothing is ever sent again blindly.
"""

from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from engine.changes.change import Change, Standing
from engine.changes.states import State
from engine.errors import LeadsyncError
from engine.messages import Message
from engine.plan.recheck import Recheck, Ruling
from engine.values import Scalar
from mapping.payloads import payload
from sync.apply.pace import Gate
from sync.apply.readback import read_back_unknown
from sync.apply.recheck import Rechecks
from sync.apply.writers.batches import PayloadGroup, Writer
from sync.apply.writers.bulk import BulkWriter
from sync.apply.writers.collections import CollectionsWriter
from sync.apply.writers.guarded import GuardedWriter
from sync.plan.versions import PlanVersion, PlanVersions
from sync.run import Run
from sync.salesforce.write_results import Answer, WriteResult
from sync.store import batches, changes, leases
from sync.store.batches import Approved, Batch
from sync.store.changes import Move
from sync.store.database import Transaction
from sync.store.leases import Lease
from sync.store.vocabulary import Mode

# After so many versions in one run the record is left for the next one.
TRIES_MAX = 3
# Salesforce itself waits ten seconds for a lock before it gives up; whoever holds it is nearly done then.
LOCK_WAIT_SECONDS = 1.0

_ENDS = {
    Ruling.UNCHANGED: State.UNCHANGED,
    Ruling.WRITTEN: State.APPLIED,
    Ruling.CONFLICT: State.CONFLICT,
    Ruling.BLOCKED: State.BLOCKED,
    Ruling.GONE: State.GONE,
}
_BLOCKS = {
    WriteResult.BLOCKED: "note.inactive_owner",
    WriteResult.CONVERTED: "note.converted",
    WriteResult.NO_ACCESS: "note.no_access",
}
_DELAYS = {WriteResult.MOVED: "note.moving", WriteResult.LOCKED: "note.locked", WriteResult.LEFT: "note.left"}


class Outbox:
    """`touched` and `done` grow with every batch and are emptied by whoever counts them; `waits` says why it stopped."""

    def __init__(self, run: Run, lease: Lease, versions: PlanVersions, gate: Gate) -> None:
        self.run = run
        self.lease = lease
        self.versions = versions
        self.gate = gate
        self.bulk = BulkWriter(run, lease)
        self.writers: Mapping[Mode, Writer] = {
            Mode.GUARDED: GuardedWriter(run.org),
            Mode.COLLECTIONS: CollectionsWriter(run.org),
            Mode.BULK: self.bulk,
        }
        self.rechecks = Rechecks(run, versions)
        self.touched: set[str] = set()
        self.done: list[Change] = []
        self.waits: Message | None = None
        self._planned: dict[str, Standing] = {}
        self._tries: Counter[str] = Counter()

    def carry(self, approved: Sequence[Approved], mode: Mode) -> None:
        """Send a slice of approved changes of one object, as far as the gate lets them through."""
        self._planned = {each.standing.change.change_id: each.standing for each in approved}
        self._tries.clear()
        held = self._without_barred(self._bound(approved))
        self._send_all(held, self.writers[mode])

    def remember(self, approved: Sequence[Approved]) -> None:
        """Changes without an org part take effect in one store transaction."""
        self._end([Move(change.change_id, State.APPLIED) for change in self._bound(approved)])

    def settle(self, batch: Batch, sent: Sequence[Change], answers: Sequence[Answer]) -> list[Change]:
        """Commit what became of a batch; the changes that may be sent again in this run."""
        self.touched |= {change.change_id for change in sent}
        by_record = {answer.record_id: answer for answer in answers}
        outcome = {change.change_id: by_record[change.record_id] for change in sent}
        with self.run.worker.store.transaction() as tx:
            ended = [self._ended(change, outcome[change.change_id]) for change in sent]
            ours = batches.answer(tx, batch, ended, run=self.run.run_id, at=self.run.now)
            self._block(tx, [change for change in sent if change.change_id in ours], outcome)
        self.run.worker.points.reach("answer committed")
        if any(answer.result is WriteResult.UNKNOWN for answer in answers):
            read_back_unknown(self.run, self.lease, self.versions)
        self.done += [change for change in sent if outcome[change.change_id].result is WriteResult.DONE]
        again = [change for change in sent if self._comes_again(change, outcome[change.change_id])]
        if any(outcome[change.change_id].result is WriteResult.LOCKED for change in again):
            self.run.worker.clock.wait(LOCK_WAIT_SECONDS)
        return again

    def _bound(self, approved: Sequence[Approved]) -> list[Change]:
        """What is written is exactly what was approved: a change that was edited since is cancelled."""
        unbound = [each.standing.change.change_id for each in approved if not each.is_bound]
        self._end([Move(change_id, State.CANCELLED, Message.of("note.not_approved")) for change_id in unbound])
        return [each.standing.change for each in approved if each.is_bound]

    def _without_barred(self, waiting: Sequence[Change]) -> list[Change]:
        """End what a pull or a look at the users has shown to be impossible; the rest may be sent."""
        barred = self.rechecks.barred(waiting)
        self._end([Move(change_id, _ENDS[each.ruling], each.note) for change_id, each in barred.items()])
        return [change for change in waiting if change.change_id not in barred]

    def _send_all(self, waiting: Sequence[Change], writer: Writer) -> None:
        """In batches; those that met a newer version or a lock come round again at the end, guarded and in small ones."""
        queue = deque(sorted(waiting, key=lambda change: change.record_id))
        retries: deque[Change] = deque()
        while queue or retries:
            self.waits = self.waits or self.gate.closed()
            if self.waits:
                return
            if not queue:
                queue, retries, writer = retries, deque(), self.writers[Mode.GUARDED]
            room = self.gate.room()
            batch = list(_take(queue, writer.size if room is None else min(writer.size, room)))
            ready = self._ready(batch, writer)
            if not ready:
                continue
            groups = self._groups(ready, at=self.run.now)
            fitting = writer.fit(groups)
            # What did not fit is compared again just before its own job, and the gate is asked again.
            queue.extendleft(reversed(ready[fitting:]))
            retries.extend(self._send(ready[:fitting], groups[:fitting], writer))

    def _ready(self, batch: Sequence[Change], writer: Writer) -> list[Change]:
        """The changes of a batch that still hold, on bases they may be written against."""
        if writer.mode is not Mode.GUARDED:
            return self._held(self.rechecks.compare(batch))
        stale = [change for change in batch if self._is_doubtful(change)]
        held = self._rechecked(stale)
        young = [change for change in held if self._is_young(change)]
        if young:
            self.run.worker.clock.wait(self.run.worker.settings.quiet_seconds)
            held = [change for change in held if change not in young]
            # One that is written to all the time stays approved for the next run.
            held += [change for change in self._rechecked(young) if not self._is_young(change)]
        return [change for change in batch if change not in stale] + held

    def _is_doubtful(self, change: Change) -> bool:
        """Whether the record must be read and the change judged again before it is sent."""
        has_moved = self._tries[change.change_id] > 0
        return has_moved or self._is_young(change) or change.change_id in self.rechecks.doubtful

    def _is_young(self, change: Change) -> bool:
        """The guard has one-second precision: a base counts only if read well after its LastModifiedDate."""
        quiet = timedelta(seconds=self.run.worker.settings.quiet_seconds)
        return change.base.read_at - change.base.modified_at < quiet

    def _rechecked(self, batch: Sequence[Change]) -> list[Change]:
        return self._held(self.rechecks.read_and_recheck(batch)) if batch else []

    def _held(self, rechecked: Mapping[str, Recheck]) -> list[Change]:
        """What holds, on its new base; the rest is ended."""
        self._end(
            [
                Move(change_id, _ENDS[each.ruling], each.note)
                for change_id, each in rechecked.items()
                if each.ruling is not Ruling.HOLDS
            ]
        )
        return [each.change for each in rechecked.values() if each.change is not None]

    def _send(self, ready: Sequence[Change], groups: Sequence[PayloadGroup], writer: Writer) -> list[Change]:
        """One batch: intent, call, answer. Returns what has to be judged and sent again."""
        at, points = self.run.now, self.run.worker.points
        with self.run.worker.store.read() as tx:
            ready = _still(tx, ready)
        if not ready:
            return []
        job = writer.prepare(ready[0].object)
        with self.run.worker.store.transaction() as tx:
            # A plan made meanwhile may have superseded some, even while the job was made.
            ready = _still(tx, ready)
            moves = [_intent(change, self._planned[change.change_id].change) for change in ready]
            if moves:
                batch = batches.intend(
                    tx, self.lease, moves, run=self.run.run_id, mode=writer.mode.value, at=at, job=job
                )
        if not moves:
            writer.give_up(job)
            return []
        points.reach("intent committed")
        self.gate.passed(len(ready), at=at)
        going = {change.record_id for change in ready}
        try:
            answers = writer.send([each for each in groups if each.record_id in going], job)
        except LeadsyncError:
            # Surely nothing was applied: what was intended is only approved again.
            with self.run.worker.store.transaction() as tx:
                back = [Move(change.change_id, State.APPROVED) for change in ready]
                batches.answer(tx, batch, back, run=self.run.run_id, at=self.run.now)
            raise
        if answers is None:
            self.touched |= {change.change_id for change in ready}
            self.waits = Message.of("wait.job")
            return []
        points.reach("answer received")
        return self.settle(batch, ready, answers)

    def _groups(self, ready: Sequence[Change], *, at: datetime) -> list[PayloadGroup]:
        assigned_at = f"{at:%Y-%m-%dT%H:%M:%SZ}"
        return [
            PayloadGroup(
                change.object,
                change.record_id,
                self._payload(change, self.versions.of(self._planned[change.change_id].plan_id), assigned_at),
                change.base.modified_at,
            )
            for change in ready
        ]

    def _payload(self, change: Change, version: PlanVersion, assigned_at: str) -> dict[str, Scalar]:
        """By the map of the change's plan: the value goes where it was approved to go."""
        values = {**change.riders, **change.after, "run": self.run.run_id}
        if change.moves_owner:
            values["assigned_at"] = assigned_at
        return payload(values, version.field_map.object_named(change.object))

    def _ended(self, change: Change, answer: Answer) -> Move:
        match answer.result:
            case WriteResult.DONE:
                return Move(change.change_id, State.APPLIED)
            case WriteResult.UNKNOWN:
                return Move(change.change_id, State.UNKNOWN)
            case WriteResult.GONE:
                return Move(change.change_id, State.GONE)
            case WriteResult.REFUSED:
                return Move(change.change_id, State.REFUSED, _refusal(answer))
            case WriteResult.MOVED | WriteResult.LOCKED | WriteResult.LEFT:
                self._tries[change.change_id] += 1
                is_last = not self._comes_again(change, answer)
                return Move(change.change_id, State.APPROVED, Message.of(_DELAYS[answer.result]) if is_last else None)
            case WriteResult.BLOCKED | WriteResult.CONVERTED | WriteResult.NO_ACCESS:
                # Surely not applied; `_block` ends it in the same transaction.
                return Move(change.change_id, State.APPROVED)

    def _block(self, tx: Transaction, sent: Sequence[Change], outcome: Mapping[str, Answer]) -> None:
        blocked = [
            Move(change.change_id, State.BLOCKED, Message.of(_BLOCKS[outcome[change.change_id].result]))
            for change in sent
            if outcome[change.change_id].result in _BLOCKS
        ]
        changes.move(tx, blocked, run=self.run.run_id, at=self.run.now)

    def _comes_again(self, change: Change, answer: Answer) -> bool:
        is_retryable = answer.result in {WriteResult.MOVED, WriteResult.LOCKED}
        return is_retryable and self._tries[change.change_id] < TRIES_MAX

    def _end(self, moves: Sequence[Move]) -> None:
        """Move changes outside a batch; what somebody else has moved on meanwhile is left as it is."""
        if not moves:
            return
        with self.run.worker.store.transaction() as tx:
            leases.check(tx, self.lease)
            still = batches.still_approved(tx, [move.change_id for move in moves])
            moves = [move for move in moves if move.change_id in still]
            changes.move(tx, moves, run=self.run.run_id, at=self.run.now)
        self.touched |= {move.change_id for move in moves}


def _refusal(answer: Answer) -> Message:
    if answer.rule:
        return Message.of("note.duplicate", code=answer.code, rule=answer.rule)
    return Message.of("note.refused", code=answer.code, fields=" ".join(answer.fields))


def _still(tx: Transaction, ready: Sequence[Change]) -> list[Change]:
    """Those that nobody has moved on meanwhile."""
    still = batches.still_approved(tx, [change.change_id for change in ready])
    return [change for change in ready if change.change_id in still]


def _intent(change: Change, planned: Change) -> Move:
    """To sending; with the note that people see when the record has moved since it was planned."""
    if change.base.stamp == planned.base.stamp:
        return Move(change.change_id, State.SENDING)
    return Move(change.change_id, State.SENDING, Message.of("note.rebased"), rebased=change)


def _take(queue: "deque[Change]", count: int) -> Iterator[Change]:
    while queue and count:
        yield queue.popleft()
        count -= 1
