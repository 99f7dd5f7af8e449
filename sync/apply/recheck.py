"""Read records again and recheck their changes by the rulebook, the map and the moment of their plan."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import narwhals as nw
import polars as pl

from engine.assignment.directory import Directory
from engine.changes.change import Change, OwnerWhy
from engine.messages import Message
from engine.plan.recheck import Recheck, Ruling, recheck
from engine.snapshots import Range
from mapping.field_map.field_map import ObjectMap
from mapping.frames.prospects import absent_columns
from sync.apply.readback import Edition
from sync.mirror.records import activities_of, people
from sync.plan.snapshots import barred_records
from sync.plan.versions import PlanVersion, PlanVersions
from sync.pull.reread import Reread
from sync.store import batches, memory
from sync.store.database import Store


class Rechecks:
    """Rechecks changes while one run applies them. People are looked up once, records each time."""

    def __init__(self, store: Store, reread: Reread, versions: PlanVersions, *, us: str) -> None:
        """`us` is our user in the org."""
        self._store = store
        self._reread = reread
        self._versions = versions
        self._us = us
        users, queues = people(reread.mirror)
        self._users = {user.id: user for user in users}
        self._queues = queues
        # To be read and rechecked before they are sent: sent once already, or moved from an owner who is active again.
        self.doubtful: set[str] = set()

    def barred(self, waiting: Sequence[Change]) -> dict[str, Recheck]:
        """What is known to be impossible: a pull showed the record gone or converted, or the new owner is inactive.

        What was sent before is read before anything is said of it, for a late write may be ours. Old owners are looked
        up too: whoever is active again may need no successor, and the move is rechecked.
        """
        if not waiting:
            return {}
        gone, converted = barred_records(self._reread.mirror, waiting)
        moving = [change for change in waiting if change.moves_owner]
        asked = [owner for change in moving for owner in (str(change.after["owner"]), change.owner)]
        found = {user.id: user for user in self._reread.users(asked)}
        self._users |= found
        taking = self._reread.queue_objects([str(change.after["owner"]) for change in moving])
        self._queues = tuple(replace(queue, objects=taking.get(queue.id, queue.objects)) for queue in self._queues)
        with self._store.read() as tx:
            sent = batches.senders_of(tx, [change.change_id for change in waiting])
        self.doubtful |= sent.keys()
        self.doubtful |= {
            change.change_id
            for change in moving
            if change.owner_why is OwnerWhy.INACTIVE and change.owner in found and found[change.owner].can_own
        }
        barred: dict[str, Recheck] = {}
        for change in waiting:
            if change.change_id in sent:
                continue
            user = self._users.get(str(change.after.get("owner")))
            if change.record_id in gone:
                barred[change.change_id] = Recheck(Ruling.GONE)
            elif change.record_id in converted:
                barred[change.change_id] = Recheck(Ruling.BLOCKED, note=Message.of("note.converted"))
            elif user is not None and not user.can_own:
                barred[change.change_id] = Recheck(Ruling.BLOCKED, note=Message.of("note.inactive_owner"))
            elif change.object not in taking.get(str(change.after.get("owner")), (change.object,)):
                barred[change.change_id] = Recheck(Ruling.BLOCKED, note=Message.of("note.no_queue"))
        return barred

    def read_and_recheck(self, batch: Sequence[Change]) -> dict[str, Recheck]:
        """Read the records of a batch now and recheck each change; those that hold come back on their new base."""
        rechecked: dict[str, Recheck] = {}
        for version, object_map, theirs in self._by_version(batch):
            ids = [change.record_id for change in theirs]
            frame = self._reread.records(version.field_map, object_map.api_name, ids)
            rechecked |= self._rechecked(theirs, frame, version, object_map)
        return rechecked

    def compare(self, batch: Sequence[Change]) -> dict[str, Recheck]:
        """The same for what travels unguarded: what has not moved since it was last looked at holds as it is."""
        doubtful = [change for change in batch if change.change_id in self.doubtful]
        rest = [change for change in batch if change.change_id not in self.doubtful]
        rechecked = self.read_and_recheck(doubtful)
        for version, object_map, theirs in self._by_version(rest):
            stamps = {change.record_id: change.base.stamp for change in theirs}
            since = min(change.base.read_at for change in theirs)
            raw = self._reread.moved(version.field_map, object_map.api_name, stamps, since=since)
            touched = set(raw["Id"])
            frame = self._reread.signed(raw, version.field_map, object_map)
            rechecked |= self._rechecked(
                [each for each in theirs if each.record_id in touched], frame, version, object_map
            )
            rechecked |= {
                each.change_id: Recheck(Ruling.HOLDS, change=each) for each in theirs if each.record_id not in touched
            }
        return rechecked

    def _by_version(self, batch: Sequence[Change]) -> Iterator[tuple[PlanVersion, ObjectMap, list[Change]]]:
        with self._store.read() as tx:
            plan_of = batches.plans_of(tx, [change.change_id for change in batch])
        for plan_id in sorted(set(plan_of.values())):
            version = self._versions.of(plan_id)
            for object_map in version.field_map.objects:
                theirs = [
                    change
                    for change in batch
                    if plan_of[change.change_id] == plan_id and change.object == object_map.api_name
                ]
                if theirs:
                    yield version, object_map, theirs

    def _rechecked(
        self, theirs: Sequence[Change], frame: pl.DataFrame, version: PlanVersion, object_map: ObjectMap
    ) -> dict[str, Recheck]:
        if not theirs:
            return {}
        ids = [change.record_id for change in theirs]
        with self._store.read() as tx:
            remembered = memory.recall_of(tx, ids)
            senders = batches.senders_of(tx, [change.change_id for change in theirs])
        happened = activities_of(self._reread.mirror, version.field_map, frame, object_map)
        read_now = Range(
            nw.from_native(frame, eager_only=True),
            nw.from_native(happened, eager_only=True),
            absent=absent_columns(version.field_map, object_map),
        )
        directory = Directory.of(self._users.values(), self._queues, version.rulebook)
        rulings = recheck(theirs, read_now, version.rulebook, remembered, directory, moment=version.moment)
        editions = {
            str(row["id"]): Edition.of(row, zone=version.moment.zone, us=self._us)
            for row in frame.select("id", "org__run", "modified_by", "modified_at").iter_rows(named=True)
        }
        return {
            change.change_id: signed(
                rulings[change.change_id], editions.get(change.record_id), senders.get(change.change_id, frozenset())
            )
            for change in theirs
        }


def signed(rechecked: Recheck, edition: Edition | None, senders: frozenset[str]) -> Recheck:
    """A record that carries a run that sent the change was written by us, however late; what differs came after."""
    if edition is None or rechecked.ruling is Ruling.GONE:
        return rechecked
    if edition.run not in senders:
        return edition.sign(rechecked)
    is_there = rechecked.ruling is Ruling.UNCHANGED
    return Recheck(Ruling.WRITTEN, note=Message.of("note.settled") if is_there else edition.changed_after())
