"""What the org answered to a batch, written down: each change to the state its answer gives it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.changes.change import Change
from engine.changes.states import State
from engine.messages import Message
from sync.apply.readback import Readback
from sync.host.host import Host
from sync.salesforce.writes import Answer, WriteResult
from sync.store import batches, changes
from sync.store.batches import Batch
from sync.store.changes import Move
from sync.store.database import Store

# After so many versions in one run the record is left for the next one.
TRIES_MAX = 3
# Salesforce itself waits ten seconds for a lock before it gives up; whoever holds it is nearly done then.
LOCK_WAIT_SECONDS = 1.0

_BLOCKS = {
    WriteResult.BLOCKED: "note.inactive_owner",
    WriteResult.CONVERTED: "note.converted",
    WriteResult.NO_ACCESS: "note.no_access",
}
_DELAYS = {WriteResult.MOVED: "note.moving", WriteResult.LOCKED: "note.locked", WriteResult.LEFT: "note.left"}


@dataclass(slots=True)
class Touched:
    """What a piece of work touched, by change ids, and which of it the org says it has written."""

    change_ids: set[str] = field(default_factory=set)
    done: list[Change] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Answers:
    store: Store
    readback: Readback
    host: Host
    run_id: str

    def settle(
        self, batch: Batch, sent: Sequence[Change], answers: Sequence[Answer], *, tries: Counter[str], touched: Touched
    ) -> list[Change]:
        """Commit what became of a batch; the changes that may be sent again in this run. `tries` counts by change id how
        often each was met by another version or a lock.
        """
        touched.change_ids |= {change.change_id for change in sent}
        by_record = {answer.record_id: answer for answer in answers}
        outcome = {change.change_id: by_record[change.record_id] for change in sent}
        now = self.readback.reread.org.now
        with self.store.transaction() as tx:
            moves = [ended(change, outcome[change.change_id], tries) for change in sent]
            ours = batches.answer(tx, batch, moves, run=self.run_id, at=now())
            blocked = _blocked([change for change in sent if change.change_id in ours], outcome)
            changes.move(tx, blocked, run=self.run_id, at=now())
        self.host.points.reach("answer committed")
        if any(answer.result is WriteResult.UNKNOWN for answer in answers):
            self.readback.settle_unknown()
        touched.done += [change for change in sent if outcome[change.change_id].result is WriteResult.DONE]
        again = [change for change in sent if comes_again(change, outcome[change.change_id], tries)]
        if any(outcome[change.change_id].result is WriteResult.LOCKED for change in again):
            self.host.clock.wait(LOCK_WAIT_SECONDS)
        return again


def ended(change: Change, answer: Answer, tries: Counter[str]) -> Move:
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
            tries[change.change_id] += 1
            is_last = not comes_again(change, answer, tries)
            return Move(change.change_id, State.APPROVED, Message.of(_DELAYS[answer.result]) if is_last else None)
        case WriteResult.BLOCKED | WriteResult.CONVERTED | WriteResult.NO_ACCESS:
            # Surely not applied; `_blocked` ends it in the same transaction.
            return Move(change.change_id, State.APPROVED)


def _blocked(sent: Sequence[Change], outcome: Mapping[str, Answer]) -> list[Move]:
    return [
        Move(change.change_id, State.BLOCKED, Message.of(_BLOCKS[outcome[change.change_id].result]))
        for change in sent
        if outcome[change.change_id].result in _BLOCKS
    ]


def comes_again(change: Change, answer: Answer, tries: Mapping[str, int]) -> bool:
    is_retryable = answer.result in {WriteResult.MOVED, WriteResult.LOCKED}
    return is_retryable and tries[change.change_id] < TRIES_MAX


def _refusal(answer: Answer) -> Message:
    if answer.rule:
        return Message.of("note.duplicate", code=answer.code, rule=answer.rule)
    return Message.of("note.refused", code=answer.code, fields=" ".join(answer.fields))
