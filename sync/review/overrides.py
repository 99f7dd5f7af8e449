"""Give values back: what somebody else put in place of ours may be decided by the rules again."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.assignment.directory import ACTIVE, Directory
from engine.errors import Problem, UsageError
from engine.plan.drafts import written_fields
from engine.plan.recheck import held_value
from engine.values import Scalar, Values
from mapping.ids import id18, is_id
from sync.mirror.records import people, prospects_of
from sync.run import Worker
from sync.store import memory, overrides


def give_back(worker: Worker, record_ids: Sequence[str], *, fields: Sequence[str] | None, actor: str) -> int:
    """Take what these records hold, as of the last pull, for ours: the next plan decides it. How many values were given.

    Of all fields only those that somebody else has changed are given; an owner whom leadsync never set is given when
    `fields` names `owner`. UsageError PL-411 (no id), PL-412 (not pulled), PL-414 (a field leadsync does not write).
    """
    if strange := [given for given in record_ids if not is_id(given)]:
        raise UsageError(*(Problem("PL-411", "", {"given": given}) for given in strange))
    known = {"owner", *written_fields(worker.rulebook)}
    if unknown := [name for name in fields or () if name not in known]:
        shown = ", ".join(sorted(known))
        raise UsageError(*(Problem("PL-414", "", {"given": name, "known": shown}) for name in unknown))
    ids = list(dict.fromkeys(id18(given) for given in record_ids))
    rows = dict(_rows(worker, ids))
    if missing := [each for each in ids if each not in rows]:
        raise UsageError(*(Problem("PL-412", each, {}) for each in missing))
    users, queues = people(worker.mirror)
    directory = Directory.of(users, queues, worker.rulebook)
    with worker.store.transaction() as tx:
        remembered = memory.recall_of(tx, ids)
        given = [
            (each, _theirs(rows[each], remembered.applied.get(each, {}), fields, directory, known=known))
            for each in ids
        ]
        given = [(each, values) for each, values in given if values]
        overrides.give_back(tx, given, actor=actor, at=worker.clock.now())
    return sum(len(values) for _, values in given)


def _theirs(
    row: Mapping[str, Any], applied: Values, fields: Sequence[str] | None, directory: Directory, *, known: set[str]
) -> dict[str, Scalar]:
    """What is somebody else's on one record, of the named fields or of all."""
    found: dict[str, Scalar] = {}
    for name in sorted(known if fields is None else set(fields)):
        held = held_value(row, name)
        is_set_by_others = name in applied and applied[name] != held
        is_first_owner = fields is not None and name == "owner" and name not in applied
        if is_set_by_others or (is_first_owner and directory.owner_kind(str(held)) == ACTIVE):
            found[name] = held
    return found


def _rows(worker: Worker, ids: Sequence[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The rows of these prospects as last pulled, by id; deleted ones are not there."""
    for object_map in worker.field_map.objects:
        raw = worker.mirror.of(object_map.api_name, ids)
        if raw.height:
            frame = prospects_of(worker.mirror, raw, object_map, worker.field_map)
            yield from ((str(row["id"]), row) for row in frame.iter_rows(named=True))
