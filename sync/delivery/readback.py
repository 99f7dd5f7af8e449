"""Read back what was sent: what became of writes without an answer, and whether what was written is really there."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from engine.changes import Change, Standing
from engine.judging import held_value
from engine.messages import Message
from engine.states import State
from mapping.maps import FieldMap
from sync.delivery.writers.modes import SAMPLE_MAX
from sync.intake.fresh import read_again
from sync.laws import Laws
from sync.run import Run
from sync.store import batches, changes, leases
from sync.store.changes import Move
from sync.store.leases import Lease


def read_back_unknown(run: Run, lease: Lease, laws: Laws) -> frozenset[str]:
    """Settle every change that was sent and got no answer, by what its record holds now; their ids."""
    with run.worker.store.read() as tx:
        standings = changes.in_state(tx, {State.UNKNOWN})
        waiting = [standing.change for standing in standings]
        senders = batches.senders_of(tx, _ids(waiting))
    if not waiting:
        return frozenset()
    rows = _rows(run, standings, laws)
    moves = [
        _settled(change, rows.get(change.record_id), senders.get(change.change_id, frozenset())) for change in waiting
    ]
    with run.worker.store.transaction() as tx:
        leases.check(tx, lease)
        changes.move(tx, moves, run=run.run_id, at=run.now)
    return frozenset(_ids(waiting))


def verify(run: Run, done: Sequence[Change], laws: Laws) -> None:
    """Look again at every record whose owner was changed, and at a sample of the rest: a flow may have moved it on."""
    rest = [change for change in done if not change.moves_owner]
    step = max(1, len(rest) // SAMPLE_MAX)
    looked_at = [change for change in done if change.moves_owner] + rest[::step][:SAMPLE_MAX]
    if not looked_at:
        return
    with run.worker.store.read() as tx:
        standings = tuple(changes.find(tx, _ids(looked_at)).values())
    rows = _rows(run, standings, laws)
    elsewhere = [change.change_id for change in looked_at if not _is_there(change, rows.get(change.record_id))]
    with run.worker.store.transaction() as tx:
        changes.annotate(tx, elsewhere, Message.of("note.changed_after"), run=run.run_id, at=run.now)
    for name, number in (("verified", len(looked_at)), ("changed_after", len(elsewhere))):
        before = run.figures.get(name, 0)
        run.figures[name] = number + (before if isinstance(before, int) else 0)


def _is_there(change: Change, row: dict[str, object] | None) -> bool:
    return row is not None and all(held_value(row, field) == value for field, value in change.after.items())


def _settled(change: Change, row: dict[str, object] | None, senders: frozenset[str]) -> Move:
    note = Message.of("note.settled")
    if row is None:
        return Move(change.change_id, State.GONE, note)
    held = {field: held_value(row, field) for field in change.after}
    is_there = held == dict(change.after)
    if row.get("org__run") in senders:
        # Ours got through; what differs by now came after it.
        return Move(change.change_id, State.APPLIED, note if is_there else Message.of("note.changed_after"))
    if is_there:
        return Move(change.change_id, State.UNCHANGED, note)
    if held == dict(change.before):
        return Move(change.change_id, State.APPROVED, note)
    return Move(change.change_id, State.CONFLICT, note)


def _rows(run: Run, standings: Sequence[Standing], laws: Laws) -> dict[str, dict[str, object]]:
    """The records as the org has them now: by the map of each change's plan, and only what the changes write."""
    wanted: dict[tuple[str, str], list[Change]] = {}
    for standing in standings:
        wanted.setdefault((standing.plan_id, standing.change.object), []).append(standing.change)
    rows: dict[str, dict[str, object]] = {}
    for (plan_id, name), theirs in wanted.items():
        written = {field for change in theirs for field in change.after}
        narrow = _narrowed(laws.of(plan_id).field_map, name, written)
        frame = read_again(run, narrow, name, [change.record_id for change in theirs])
        rows |= {str(row["id"]): row for row in frame.iter_rows(named=True)}
    return rows


def _narrowed(field_map: FieldMap, name: str, written: Collection[str]) -> FieldMap:
    """The map with nothing but what is compared: another field may be hidden or gone by now."""
    whole = field_map.object_named(name)
    fields = tuple(mapped for mapped in whole.fields if mapped.name in written)
    targets = {target: place for target, place in whole.write_back.items() if target in written or target == "run"}
    return replace(field_map, objects=(replace(whole, fields=fields, write_back=targets),), activities=())


def _ids(waiting: Sequence[Change]) -> list[str]:
    return [change.change_id for change in waiting]
