"""Explain one record as of the last plan: what the rules, as they are now, make of it, and all that was ever proposed."""

from dataclasses import dataclass

import narwhals as nw
import polars as pl
from narwhals.typing import IntoDataFrame

from engine.changes import Standing
from engine.directory import Directory
from engine.drafts import prepare
from engine.errors import StoreError, UsageError
from engine.explain import Explanation, explain
from engine.moments import Moment
from mapping.cards import card_of
from mapping.ids import id18, is_id
from sync.reading import activities_of, people, prospects_of
from sync.run import Worker
from sync.store import changes, memory, plans


@dataclass(frozen=True, slots=True)
class Explained:
    """`explanation` is of the last plan's moment and records; `history` holds every change of the record, oldest first."""

    explanation: Explanation
    history: tuple[Standing, ...]
    name: str
    owner: str


def explain_record(worker: Worker, record_id: str) -> Explained:
    """UsageError PL-411 for what is no id, PL-412 for a record that was not pulled, PL-413 before the first plan."""
    if not is_id(record_id):
        raise UsageError.of("PL-411", given=record_id)
    wanted = id18(record_id)
    if damaged := worker.mirror.glance():
        raise StoreError(*damaged)
    with worker.store.read() as tx:
        header = plans.latest(tx)
        history = changes.of_record(tx, wanted)
        remembered = memory.recall_of(tx, [wanted])
    if header is None:
        raise UsageError.of("PL-413")
    moment = Moment(header.at, header.zone)
    users, queues = people(worker.mirror, as_of=header.snapshot)
    directory = Directory.of(users, queues, worker.rulebook)
    for object_map in worker.field_map.objects:
        raw = worker.mirror.of(object_map.api_name, [wanted], as_of=header.snapshot)
        if raw.is_empty():
            continue
        frame = prospects_of(worker.mirror, raw, object_map, worker.field_map, as_of=header.snapshot)
        if frame.height:
            prepared = prepare(_frame(frame), remembered, directory)
            happened = activities_of(worker.mirror, worker.field_map, frame, object_map, as_of=header.snapshot)
            card = card_of(raw.row(0, named=True), object_map)
            return Explained(
                explanation=explain(prepared, _frame(happened), worker.rulebook, moment=moment),
                history=history,
                name=card.company or card.name or wanted,
                owner=_name_of(frame["owner_id"].item(), directory),
            )
    raise UsageError.of("PL-412", wanted)


def _name_of(owner: str, directory: Directory) -> str:
    if owner in directory.users:
        return directory.users[owner].name
    return directory.queues[owner].name if owner in directory.queues else owner


def _frame(native: pl.DataFrame) -> nw.DataFrame[IntoDataFrame]:
    return nw.from_native(native, eager_only=True)
