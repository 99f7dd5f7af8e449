"""Apply: send what is approved, in batches that are safe to retry, and write each record's verdict down.

For every batch: judge again what has moved, commit the intent, send, commit the answer. What got no answer is unknown
and is read back before anything else happens to it; nothing is ever sent again blindly.
"""

from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from engine.changes import Change, Scalar, Standing
from engine.errors import LeadsyncError
from engine.judging import Ruling
from engine.messages import Message
from engine.states import State
from mapping.payloads import payload
from sync.judge import Judge
from sync.laws import Law, Laws
from sync.readback import read_back_unknown, verify
from sync.run import Run
from sync.salesforce.updates import COLLECTION_MAX, GUARDED_MAX, GuardedUpdate
from sync.salesforce.verdicts import Answer, Verdict
from sync.store import approvals, batches, changes, leases
from sync.store.changes import Move
from sync.store.database import Transaction
from sync.store.leases import Lease

GUARDED, COLLECTIONS = "guarded", "collections"
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
    Verdict.BLOCKED: "note.inactive_owner",
    Verdict.CONVERTED: "note.converted",
    Verdict.NO_ACCESS: "note.no_access",
}


def apply(run: Run, lease: Lease) -> frozenset[str]:
    """Send everything approved; the ids of the changes this run touched.

    TransientError or OrgError when the org stops answering: what was sent until then is settled.
    """
    with run.worker.store.transaction() as tx:
        batches.recover(tx, lease, run=run.run_id, at=run.now)
    laws = Laws(run)
    settled = read_back_unknown(run, lease, laws)
    outbox = _Outbox(run, lease, laws)
    approved = outbox.drop_barred(outbox.drop_unbound(_approved(run)))
    laws.check(standing.plan_id for standing in approved)
    outbox.settle_memory([standing.change for standing in approved if standing.change.is_memory_only])
    waiting = [standing.change for standing in approved if not standing.change.is_memory_only]
    guarded, collected = _by_mode(waiting, guarded_max=run.worker.settings.guarded_records_max)
    outbox.send(collected, mode=COLLECTIONS, size=COLLECTION_MAX)
    outbox.send(guarded, mode=GUARDED, size=GUARDED_MAX)
    verify(run, outbox.done, laws)
    return settled | outbox.touched


def _approved(run: Run) -> list[Standing]:
    with run.worker.store.read() as tx:
        return list(changes.in_state(tx, {State.APPROVED}))


def _by_mode(waiting: Sequence[Change], *, guarded_max: int) -> tuple[list[Change], list[Change]]:
    """Owner changes are always guarded; the rest is while it is small."""
    rest = [change for change in waiting if not change.moves_owner]
    if len(rest) <= guarded_max:
        return list(waiting), []
    return [change for change in waiting if change.moves_owner], rest


class _Outbox:
    """The changes on their way out, batch by batch."""

    def __init__(self, run: Run, lease: Lease, laws: Laws) -> None:
        self.run = run
        self.lease = lease
        self.laws = laws
        self.judge = Judge(run, laws)
        self.touched: set[str] = set()
        self.done: list[Change] = []
        self._tries: Counter[str] = Counter()

    def settle_memory(self, remembered: Sequence[Change]) -> None:
        """Changes without an org part take effect in one store transaction."""
        self._end([Move(change.change_id, State.APPLIED) for change in remembered])

    def drop_unbound(self, approved: Sequence[Standing]) -> list[Standing]:
        """What is written is exactly what was approved: a change that was edited since is cancelled."""
        with self.run.worker.store.read() as tx:
            unbound = approvals.unbound(tx, [standing.change.change_id for standing in approved])
        self._end([Move(each, State.CANCELLED, Message.of("note.not_approved")) for each in sorted(unbound)])
        return [standing for standing in approved if standing.change.change_id not in unbound]

    def drop_barred(self, approved: Sequence[Standing]) -> list[Standing]:
        """End what a pull or a look at the users has shown to be impossible; the rest may be sent."""
        barred = self.judge.barred([standing.change for standing in approved])
        self._end([Move(change_id, _ENDS[each.ruling], each.note) for change_id, each in barred.items()])
        return [standing for standing in approved if standing.change.change_id not in barred]

    def send(self, waiting: Sequence[Change], *, mode: str, size: int) -> None:
        """Send changes in batches; those that met a newer version or a lock come round again at the end."""
        for name in sorted({change.object for change in waiting}):
            self._send_all([change for change in waiting if change.object == name], mode=mode, size=size)

    def _send_all(self, waiting: Sequence[Change], *, mode: str, size: int) -> None:
        queue = deque(sorted(waiting, key=lambda change: change.record_id))
        while queue:
            batch = list(_take(queue, size))
            ready = self._ready(batch, mode)
            if ready:
                again = self._send(ready, mode)
                queue.extend(again)

    def _ready(self, batch: Sequence[Change], mode: str) -> list[Change]:
        """The changes of a batch that still hold, on bases they may be written against."""
        if mode == COLLECTIONS:
            return self._judged(batch)
        stale = [change for change in batch if self._is_doubtful(change)]
        held = self._judged(stale)
        young = [change for change in held if self._is_young(change)]
        if young:
            self.run.worker.clock.wait(self.run.worker.settings.quiet_seconds)
            held = [change for change in held if change not in young]
            # One that is written to all the time stays approved for the next run.
            held += [change for change in self._judged(young) if not self._is_young(change)]
        return [change for change in batch if change not in stale] + held

    def _is_doubtful(self, change: Change) -> bool:
        """Whether the record must be read and the change judged again before it is sent."""
        has_moved = self._tries[change.change_id] > 0
        return has_moved or self._is_young(change) or change.change_id in self.judge.doubtful

    def _judged(self, batch: Sequence[Change]) -> list[Change]:
        """Read again and judged: what holds, on its new base; the rest is ended."""
        if not batch:
            return []
        judged = self.judge.judge(batch)
        self._end(
            [
                Move(change_id, _ENDS[each.ruling], each.note)
                for change_id, each in judged.items()
                if each.ruling is not Ruling.HOLDS
            ]
        )
        return [each.change for each in judged.values() if each.change is not None]

    def _is_young(self, change: Change) -> bool:
        """The guard has one-second precision: a base counts only if read well after its LastModifiedDate."""
        quiet = timedelta(seconds=self.run.worker.settings.quiet_seconds)
        return change.base.read_at - change.base.modified_at < quiet

    def _send(self, ready: Sequence[Change], mode: str) -> list[Change]:
        """One batch: intent, call, answer. Returns what has to be judged and sent again."""
        at = self.run.now
        points = self.run.worker.points
        with self.run.worker.store.transaction() as tx:
            found = changes.find(tx, [change.change_id for change in ready])
            # A plan made meanwhile may have superseded some.
            ready = [change for change in ready if found[change.change_id].state is State.APPROVED]
            if not ready:
                return []
            moves = [_intent(change, found[change.change_id].change) for change in ready]
            plan_of = {change_id: standing.plan_id for change_id, standing in found.items()}
            batch = batches.intend(tx, self.lease, moves, run=self.run.run_id, mode=mode, at=at)
        points.reach("intent committed")
        try:
            answers = self._call(ready, mode, plan_of, assigned_at=f"{at:%Y-%m-%dT%H:%M:%SZ}")
        except LeadsyncError:
            # Surely nothing was applied: what was intended is only approved again.
            with self.run.worker.store.transaction() as tx:
                back = [Move(change.change_id, State.APPROVED) for change in ready]
                batches.answer(tx, batch, back, run=self.run.run_id, at=self.run.now)
            raise
        points.reach("answer received")
        self.touched |= {change.change_id for change in ready}
        by_record = {answer.record_id: answer for answer in answers}
        outcome = {change.change_id: by_record[change.record_id] for change in ready}
        with self.run.worker.store.transaction() as tx:
            ended = [self._ended(change, outcome[change.change_id]) for change in ready]
            ours = batches.answer(tx, batch, ended, run=self.run.run_id, at=self.run.now)
            self._block(tx, [change for change in ready if change.change_id in ours], outcome)
        points.reach("answer committed")
        if any(answer.verdict is Verdict.UNKNOWN for answer in answers):
            read_back_unknown(self.run, self.lease, self.laws)
        self.done += [change for change in ready if outcome[change.change_id].verdict is Verdict.DONE]
        again = [change for change in ready if self._comes_again(change, outcome[change.change_id])]
        if any(outcome[change.change_id].verdict is Verdict.LOCKED for change in again):
            self.run.worker.clock.wait(LOCK_WAIT_SECONDS)
        return again

    def _call(
        self, ready: Sequence[Change], mode: str, plan_of: Mapping[str, str], *, assigned_at: str
    ) -> list[Answer]:
        payloads = {
            change.record_id: self._payload(change, self.laws.of(plan_of[change.change_id]), assigned_at)
            for change in ready
        }
        if mode == GUARDED:
            return self.run.org.guarded_update(
                [
                    GuardedUpdate(change.record_id, change.object, payloads[change.record_id], change.base.modified_at)
                    for change in ready
                ]
            )
        return self.run.org.update(ready[0].object, list(payloads.items()))

    def _payload(self, change: Change, law: Law, assigned_at: str) -> dict[str, Scalar]:
        """By the map of the change's plan: the value goes where it was approved to go."""
        values = {**change.riders, **change.after, "run": self.run.run_id}
        if change.moves_owner:
            values["assigned_at"] = assigned_at
        return payload(values, law.field_map.object_named(change.object))

    def _ended(self, change: Change, answer: Answer) -> Move:
        match answer.verdict:
            case Verdict.DONE:
                return Move(change.change_id, State.APPLIED)
            case Verdict.UNKNOWN:
                return Move(change.change_id, State.UNKNOWN)
            case Verdict.GONE:
                return Move(change.change_id, State.GONE)
            case Verdict.REFUSED:
                note = Message.of("note.refused", code=answer.code, fields=" ".join(answer.fields))
                return Move(change.change_id, State.REFUSED, note)
            case Verdict.MOVED | Verdict.LOCKED:
                self._tries[change.change_id] += 1
                is_last = self._tries[change.change_id] >= TRIES_MAX
                why = Message.of("note.moving" if answer.verdict is Verdict.MOVED else "note.locked")
                return Move(change.change_id, State.APPROVED, why if is_last else None)
            case Verdict.BLOCKED | Verdict.CONVERTED | Verdict.NO_ACCESS:
                # Surely not applied; `_block` ends it in the same transaction.
                return Move(change.change_id, State.APPROVED)

    def _block(self, tx: Transaction, ready: Sequence[Change], outcome: Mapping[str, Answer]) -> None:
        blocked = [
            Move(change.change_id, State.BLOCKED, Message.of(_BLOCKS[outcome[change.change_id].verdict]))
            for change in ready
            if outcome[change.change_id].verdict in _BLOCKS
        ]
        changes.move(tx, blocked, run=self.run.run_id, at=self.run.now)

    def _comes_again(self, change: Change, answer: Answer) -> bool:
        is_retryable = answer.verdict in {Verdict.MOVED, Verdict.LOCKED}
        return is_retryable and self._tries[change.change_id] < TRIES_MAX

    def _end(self, moves: Sequence[Move]) -> None:
        """Move changes outside a batch; what somebody else has moved on meanwhile is left as it is."""
        if not moves:
            return
        with self.run.worker.store.transaction() as tx:
            leases.check(tx, self.lease)
            found = changes.find(tx, [move.change_id for move in moves])
            moves = [move for move in moves if found[move.change_id].state is State.APPROVED]
            changes.move(tx, moves, run=self.run.run_id, at=self.run.now)
        self.touched |= {move.change_id for move in moves}


def _intent(change: Change, planned: Change) -> Move:
    """To sending; with the note that people see when the record has moved since it was planned."""
    if change.base.stamp == planned.base.stamp:
        return Move(change.change_id, State.SENDING)
    return Move(change.change_id, State.SENDING, Message.of("note.rebased"), rebased=change)


def _take(queue: "deque[Change]", count: int) -> Iterator[Change]:
    while queue and count:
        yield queue.popleft()
        count -= 1
