"""Read records again and judge their changes by the rulebook, the map and the moment of their plan."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import narwhals as nw

from config.map import map_from_text
from config.rulebook.folder import rulebook_from
from engine.changes import Change
from engine.directory import Directory
from engine.errors import StoreError
from engine.judging import Judgement, Ruling, judge
from engine.messages import Message
from engine.moments import Moment
from engine.rulebooks import Rulebook
from engine.snapshots import Range
from mapping.maps import FieldMap
from mapping.prospects import absent_columns
from sync.fresh import read_again, users_again
from sync.reading import activities_of, barred_records, people
from sync.run import Run
from sync.store import batches, memory, plans, texts
from sync.store import changes as standings
from sync.store.database import Transaction


@dataclass(frozen=True, slots=True)
class _Law:
    """What one plan was made by."""

    rulebook: Rulebook
    field_map: FieldMap
    moment: Moment


class Judge:
    """Judges changes while one run applies them. People are looked up once, records each time."""

    def __init__(self, run: Run) -> None:
        self.run = run
        users, queues = people(run.worker.mirror)
        self._users = {user.id: user for user in users}
        self._queues = queues
        self._laws: dict[str, _Law] = {}

    def barred(self, waiting: Sequence[Change]) -> dict[str, Judgement]:
        """What is known to be impossible: a pull showed the record gone or converted, or the new owner is inactive."""
        if not waiting:
            return {}
        gone, converted = barred_records(self.run, waiting)
        found = users_again(self.run, [str(change.after["owner"]) for change in waiting if change.moves_owner])
        self._users |= {user.id: user for user in found}
        barred: dict[str, Judgement] = {}
        for change in waiting:
            user = self._users.get(str(change.after.get("owner")))
            if change.record_id in gone:
                barred[change.change_id] = Judgement(Ruling.GONE)
            elif change.record_id in converted:
                barred[change.change_id] = Judgement(Ruling.BLOCKED, note=Message.of("note.converted"))
            elif user is not None and not user.can_own:
                barred[change.change_id] = Judgement(Ruling.BLOCKED, note=Message.of("note.inactive_owner"))
        return barred

    def judge(self, batch: Sequence[Change]) -> dict[str, Judgement]:
        """Read the records of a batch now and judge each change; those that hold come back on their new base."""
        with self.run.worker.store.read() as tx:
            plan_of = {
                change_id: each.plan_id
                for change_id, each in standings.find(tx, [change.change_id for change in batch]).items()
            }
            remembered = memory.recall_of(tx, [change.record_id for change in batch])
            sent_by = {change_id: each.run_id for change_id, each in batches.last_of(tx, plan_of).items()}
        judged: dict[str, Judgement] = {}
        for plan_id in sorted(set(plan_of.values())):
            law = self._law(plan_id)
            for object_map in law.field_map.objects:
                theirs = [
                    change
                    for change in batch
                    if plan_of[change.change_id] == plan_id and change.object == object_map.api_name
                ]
                if not theirs:
                    continue
                ids = [change.record_id for change in theirs]
                frame = read_again(self.run, law.field_map, object_map.api_name, ids)
                happened = activities_of(self.run.worker.mirror, law.field_map, ids)
                fresh = Range(
                    nw.from_native(frame, eager_only=True),
                    nw.from_native(happened, eager_only=True),
                    absent=absent_columns(law.field_map, object_map),
                )
                directory = Directory.of(self._users.values(), self._queues, law.rulebook)
                rulings = judge(theirs, fresh, law.rulebook, remembered, directory, moment=law.moment)
                wrote = dict(frame.select("id", "org__run").iter_rows())
                judged |= {
                    change.change_id: _claimed(
                        rulings[change.change_id], wrote.get(change.record_id), sent_by.get(change.change_id)
                    )
                    for change in theirs
                }
        return judged

    def _law(self, plan_id: str) -> _Law:
        """The texts a plan was made by, from the store: editing the files meanwhile changes nothing here."""
        if plan_id not in self._laws:
            with self.run.worker.store.read() as tx:
                header = plans.header(tx, plan_id)
                if header is None:
                    raise StoreError.of("SR-111", plan_id)
                field_map = map_from_text(_text(tx, header.field_map))
                rulebook = rulebook_from(json.loads(_text(tx, header.rulebook)), field_map)
            self._laws[plan_id] = _Law(rulebook, field_map, Moment(header.at, header.zone))
        return self._laws[plan_id]


def _text(tx: Transaction, digest: str) -> str:
    text = texts.text_of(tx, digest)
    if text is None:
        raise StoreError.of("SR-111", digest)
    return text


def _claimed(judgement: Judgement, wrote: object, sent_by: str | None) -> Judgement:
    """Values that are there by our own earlier send are applied, not somebody else's."""
    if judgement.ruling is Ruling.UNCHANGED and sent_by is not None and wrote == sent_by:
        return Judgement(Ruling.WRITTEN, note=Message.of("note.settled"))
    return judgement
