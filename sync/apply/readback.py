"""Read back what was sent: what became of writes without an answer, and whether what was written is really there."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from engine.changes.change import Change, Standing
from engine.changes.states import State
from engine.messages import Message
from engine.plan.recheck import Recheck, held_value
from mapping.field_map.field_map import FieldMap
from sync.plan.cost import SAMPLE_MAX
from sync.plan.versions import PlanVersions
from sync.pull.reread import Reread
from sync.store import batches, changes
from sync.store.changes import Move
from sync.store.leases import LeasedStore


@dataclass(frozen=True, slots=True)
class Readback:
    """Looks again at what one run has sent, or an earlier one. `us` is our user in the org."""

    leased: LeasedStore
    reread: Reread
    versions: PlanVersions
    run_id: str
    us: str

    def settle_unknown(self) -> frozenset[str]:
        """Settle every change that was sent and got no answer, by what its record holds now; their ids."""
        with self.leased.read() as tx:
            standings = changes.in_state(tx, {State.UNKNOWN})
            waiting = [standing.change for standing in standings]
            senders = batches.senders_of(tx, _ids(waiting))
        if not waiting:
            return frozenset()
        rows = self._rows(standings)
        moves = [
            settled(change, rows.get(change.record_id), senders.get(change.change_id, frozenset()))
            for change in waiting
        ]
        with self.leased.transaction() as tx:
            changes.move(tx, moves, run=self.run_id, at=self.reread.org.now())
        return frozenset(_ids(waiting))

    def verify(self, done: Sequence[Change]) -> tuple[int, int]:
        """Look again at every record whose owner was changed, and at a sample of the rest: a flow may have moved it on.

        How many were looked at, and how many of them held something else.
        """
        rest = [change for change in done if not change.moves_owner]
        step = max(1, len(rest) // SAMPLE_MAX)
        looked_at = [change for change in done if change.moves_owner] + rest[::step][:SAMPLE_MAX]
        if not looked_at:
            return 0, 0
        with self.leased.read() as tx:
            standings = tuple(changes.find(tx, _ids(looked_at)).values())
        rows = self._rows(standings)
        elsewhere = {
            change.change_id: _changed_after(rows.get(change.record_id))
            for change in looked_at
            if not _is_there(change, rows.get(change.record_id))
        }
        self._annotate(elsewhere)
        return len(looked_at), len(elsewhere)

    def name_survivors(self, change_ids: Collection[str]) -> None:
        """Note on changes whose record is gone into which other it was merged, if it was."""
        with self.leased.read() as tx:
            gone = batches.gone_among(tx, change_ids)
        for name in sorted({each.object for each in gone}):
            theirs = [each for each in gone if each.object == name]
            into = self.reread.survivors(name, [each.record_id for each in theirs])
            self._annotate(
                {
                    each.change_id: Message.of("note.merged", into=into[each.record_id])
                    for each in theirs
                    if each.record_id in into
                }
            )

    def _annotate(self, notes: Mapping[str, Message]) -> None:
        with self.leased.store.transaction() as tx:
            for change_id, note in notes.items():
                changes.annotate(tx, [change_id], note, run=self.run_id, at=self.reread.org.now())

    def _rows(self, standings: Sequence[Standing]) -> "dict[str, Seen]":
        """The records as the org has them now: by the map of each change's plan, and only what the changes write."""
        wanted: dict[tuple[str, str], list[Change]] = {}
        for standing in standings:
            wanted.setdefault((standing.plan_id, standing.change.object), []).append(standing.change)
        rows: dict[str, Seen] = {}
        for (plan_id, name), theirs in wanted.items():
            written = {field for change in theirs for field in change.after}
            version = self.versions.of(plan_id)
            narrow = _narrowed(version.field_map, name, written)
            frame = self.reread.records(narrow, name, [change.record_id for change in theirs])
            for row in frame.iter_rows(named=True):
                edition = Edition.of(row, zone=version.moment.zone, us=self.us)
                rows[str(row["id"])] = Seen(row, edition)
        return rows


def _is_there(change: Change, seen: "Seen | None") -> bool:
    return seen is not None and all(held_value(seen.row, field) == value for field, value in change.after.items())


def _changed_after(seen: "Seen | None") -> Message:
    return seen.edition.changed_after() if seen else Message.of("note.changed_after")


def settled(change: Change, seen: "Seen | None", senders: frozenset[str]) -> Move:
    note = Message.of("note.settled")
    if seen is None:
        return Move(change.change_id, State.GONE, note)
    held = {field: held_value(seen.row, field) for field in change.after}
    is_there = held == dict(change.after)
    if seen.edition.run in senders:
        # Ours got through; what differs by now came after it.
        return Move(change.change_id, State.APPLIED, note if is_there else _changed_after(seen))
    if is_there:
        return Move(change.change_id, State.UNCHANGED, note)
    if held == dict(change.before):
        return Move(change.change_id, State.APPROVED, note)
    return Move(change.change_id, State.CONFLICT, note)


@dataclass(frozen=True, slots=True)
class Edition:
    """A version of a record. The org tells only the last who wrote it: not who wrote which field.

    `run` is what it carries of ours. `is_ours`: we were the last, or a flow that ran in our own transaction.
    """

    run: str | None
    by: str | None
    at: str
    is_ours: bool

    @classmethod
    def of(cls, row: Mapping[str, Any], *, zone: str, us: str) -> "Edition":
        """From a row of the engine's frame; `us` is our user in the org."""
        at: datetime = row["modified_at"]
        told = f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"
        return cls(row.get("org__run"), row["modified_by"], told, row["modified_by"] == us)

    def sign(self, found: Recheck) -> Recheck:
        """The note about what somebody moved says who was last at the record, and when."""
        if found.note is None or found.signed is None or self.by is None or self.is_ours:
            return found
        return replace(found, note=Message(found.signed, {**found.note.params, "by": self.by, "at": self.at}))

    def changed_after(self) -> Message:
        """What we wrote is not there any more."""
        if self.by is None:
            return Message.of("note.changed_after")
        if self.is_ours:
            return Message.of("note.changed_within")
        return Message.of("note.changed_by", by=self.by, at=self.at)


@dataclass(frozen=True, slots=True)
class Seen:
    """A record as the org has it now, and whose version that is."""

    row: Mapping[str, object]
    edition: Edition


def _narrowed(field_map: FieldMap, name: str, written: Collection[str]) -> FieldMap:
    """The map with nothing but what is compared: another field may be hidden or gone by now."""
    whole = field_map.object_named(name)
    fields = tuple(mapped for mapped in whole.fields if mapped.name in written)
    targets = {target: place for target, place in whole.write_back.items() if target in written or target == "run"}
    return replace(field_map, objects=(replace(whole, fields=fields, write_back=targets),), activities=())


def _ids(waiting: Sequence[Change]) -> list[str]:
    return [change.change_id for change in waiting]
