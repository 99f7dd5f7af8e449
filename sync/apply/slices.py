"""A slice of what is approved, carried to the org batch by batch, each batch safe to retry.

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
from sync.apply.answers import Answers, Touched
from sync.apply.pace import Gate
from sync.apply.recheck import Rechecks
from sync.apply.writers.batches import PayloadGroup, Writer
from sync.plan.versions import PlanVersion, PlanVersions
from sync.store import batches, changes
from sync.store.batches import Approved
from sync.store.changes import Move
from sync.store.database import Transaction
from sync.store.leases import LeasedStore
from sync.store.vocabulary import WriteMode

_ENDS = {
    Ruling.UNCHANGED: State.UNCHANGED,
    Ruling.WRITTEN: State.APPLIED,
    Ruling.CONFLICT: State.CONFLICT,
    Ruling.BLOCKED: State.BLOCKED,
    Ruling.GONE: State.GONE,
}


class Slice:
    """Approved changes of one object. `touched` grows with every batch; `waits` says why it stopped."""

    def __init__(
        self,
        approved: Sequence[Approved],
        leased: LeasedStore,
        versions: PlanVersions,
        gate: Gate,
        writers: Mapping[WriteMode, Writer],
        rechecks: Rechecks,
        answers: Answers,
        quiet: timedelta,
    ) -> None:
        self.touched = Touched()
        self.waits: Message | None = None
        self._approved = approved
        self._planned: dict[str, Standing] = {each.standing.change.change_id: each.standing for each in approved}
        self._leased = leased
        self._versions = versions
        self._gate = gate
        self._writers = writers
        self._rechecks = rechecks
        self._answers = answers
        self._quiet = quiet
        self._tries: Counter[str] = Counter()

    def remember(self) -> None:
        """Changes without an org part take effect in one store transaction."""
        self._end([Move(change.change_id, State.APPLIED) for change in self._bound()])

    def send(self, mode: WriteMode) -> None:
        """In batches; those that met a newer version or a lock come round again at the end, guarded and in small ones."""
        writer = self._writers[mode]
        queue = deque(sorted(self._without_barred(self._bound()), key=lambda change: change.record_id))
        retries: deque[Change] = deque()
        while queue or retries:
            self.waits = self.waits or self._gate.closed()
            if self.waits:
                return
            if not queue:
                queue, retries, writer = retries, deque(), self._writers[WriteMode.GUARDED]
            room = self._gate.room()
            batch = list(_take(queue, writer.size if room is None else min(writer.size, room)))
            ready = self._ready(batch, writer)
            if not ready:
                continue
            groups = self._groups(ready, at=self._gate.now())
            fitting = writer.fit(groups)
            # What did not fit is compared again just before its own job, and the gate is asked again.
            queue.extendleft(reversed(ready[fitting:]))
            retries.extend(self._send(ready[:fitting], groups[:fitting], writer))

    def _bound(self) -> list[Change]:
        """What is written is exactly what was approved: a change that was edited since is cancelled."""
        unbound = [each.standing.change.change_id for each in self._approved if not each.is_bound]
        self._end([Move(change_id, State.CANCELLED, Message.of("note.not_approved")) for change_id in unbound])
        return [each.standing.change for each in self._approved if each.is_bound]

    def _without_barred(self, waiting: Sequence[Change]) -> list[Change]:
        """End what a pull or a look at the users has shown to be impossible; the rest may be sent."""
        barred = self._rechecks.barred(waiting)
        self._end([Move(change_id, _ENDS[each.ruling], each.note) for change_id, each in barred.items()])
        return [change for change in waiting if change.change_id not in barred]

    def _ready(self, batch: Sequence[Change], writer: Writer) -> list[Change]:
        """The changes of a batch that still hold, on bases they may be written against."""
        if writer.mode is not WriteMode.GUARDED:
            return self._held(self._rechecks.compare(batch))
        stale = [change for change in batch if self._is_doubtful(change)]
        held = self._rechecked(stale)
        young = [change for change in held if self._is_young(change)]
        if young:
            self._answers.host.clock.wait(self._quiet.total_seconds())
            held = [change for change in held if change not in young]
            # One that is written to all the time stays approved for the next run.
            held += [change for change in self._rechecked(young) if not self._is_young(change)]
        return [change for change in batch if change not in stale] + held

    def _is_doubtful(self, change: Change) -> bool:
        """Whether the record must be read and the change rechecked before it is sent."""
        has_moved = self._tries[change.change_id] > 0
        return has_moved or self._is_young(change) or change.change_id in self._rechecks.doubtful

    def _is_young(self, change: Change) -> bool:
        """The guard has one-second precision: a base counts only if read well after its LastModifiedDate."""
        return change.base.read_at - change.base.modified_at < self._quiet

    def _rechecked(self, batch: Sequence[Change]) -> list[Change]:
        return self._held(self._rechecks.read_and_recheck(batch)) if batch else []

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
        """One batch: intent, call, answer. Returns what has to be rechecked and sent again."""
        at, points, run_id = self._gate.now(), self._answers.host.points, self._answers.run_id
        with self._leased.read() as tx:
            ready = _still(tx, ready)
        if not ready:
            return []
        job = writer.prepare(ready[0].object)
        with self._leased.store.transaction() as tx:
            # A plan made meanwhile may have superseded some, even while the job was made.
            ready = _still(tx, ready)
            moves = [_intent(change, self._planned[change.change_id].change) for change in ready]
            if moves:
                batch = batches.intend(
                    tx, self._leased.lease, moves, run=run_id, mode=writer.mode.value, at=at, job=job
                )
        if not moves:
            writer.give_up(job)
            return []
        points.reach("intent committed")
        self._gate.passed(len(ready), at=at)
        going = {change.record_id for change in ready}
        try:
            answers = writer.send([each for each in groups if each.record_id in going], job)
        except LeadsyncError:
            # Surely nothing was applied: what was intended is only approved again.
            with self._leased.store.transaction() as tx:
                back = [Move(change.change_id, State.APPROVED) for change in ready]
                batches.answer(tx, batch, back, run=run_id, at=self._gate.now())
            raise
        if answers is None:
            self.touched.change_ids |= {change.change_id for change in ready}
            self.waits = Message.of("wait.job")
            return []
        points.reach("answer received")
        return self._answers.settle(batch, ready, answers, tries=self._tries, touched=self.touched)

    def _groups(self, ready: Sequence[Change], *, at: datetime) -> list[PayloadGroup]:
        assigned_at = f"{at:%Y-%m-%dT%H:%M:%SZ}"
        return [
            PayloadGroup(
                change.object,
                change.record_id,
                self._payload(change, self._versions.of(self._planned[change.change_id].plan_id), assigned_at),
                change.base.modified_at,
            )
            for change in ready
        ]

    def _payload(self, change: Change, version: PlanVersion, assigned_at: str) -> dict[str, Scalar]:
        """By the map of the change's plan: the value goes where it was approved to go."""
        values = {**change.riders, **change.after, "run": self._answers.run_id}
        if change.moves_owner:
            values["assigned_at"] = assigned_at
        return payload(values, version.field_map.object_named(change.object))

    def _end(self, moves: Sequence[Move]) -> None:
        """Move changes outside a batch; what somebody else has moved on meanwhile is left as it is."""
        if not moves:
            return
        with self._leased.transaction() as tx:
            still = batches.still_approved(tx, [move.change_id for move in moves])
            moves = [move for move in moves if move.change_id in still]
            changes.move(tx, moves, run=self._answers.run_id, at=self._gate.now())
        self.touched.change_ids |= {move.change_id for move in moves}


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
