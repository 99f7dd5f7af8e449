"""Read back what was sent: what became of writes without an answer, and whether new owners are really there."""

from collections.abc import Sequence

from engine.changes import Change
from engine.judging import held_value
from engine.messages import Message
from engine.states import State
from sync.fresh import read_again
from sync.run import Run
from sync.store import batches, changes
from sync.store.changes import Move

# How many of the other applied changes are looked at, too.
SAMPLE_MAX = 200


def read_back_unknown(run: Run) -> None:
    """Settle every change that was sent and got no answer, by what its record holds now."""
    with run.worker.store.read() as tx:
        waiting = [standing.change for standing in changes.in_state(tx, {State.UNKNOWN})]
        sent_by = {change_id: each.run_id for change_id, each in batches.last_of(tx, _ids(waiting)).items()}
    if not waiting:
        return
    rows = _rows(run, waiting)
    moves = [_settled(change, rows.get(change.record_id), sent_by.get(change.change_id)) for change in waiting]
    with run.worker.store.transaction() as tx:
        changes.move(tx, moves, run=run.run_id, at=run.now)


def verify(run: Run, moved_owners: Sequence[Change]) -> None:
    """Look at every record whose owner was changed; somebody's flow may have moved it on at once."""
    if not moved_owners:
        return
    rows = _rows(run, moved_owners)
    elsewhere = [
        change.change_id
        for change in moved_owners
        if (row := rows.get(change.record_id)) is not None and held_value(row, "owner") != change.after["owner"]
    ]
    with run.worker.store.transaction() as tx:
        changes.annotate(tx, elsewhere, Message.of("note.changed_after"), run=run.run_id, at=run.now)
    run.figures["changed_after"] = len(elsewhere)


def _settled(change: Change, row: dict[str, object] | None, sent_by: str | None) -> Move:
    note = Message.of("note.settled")
    if row is None:
        return Move(change.change_id, State.GONE, note)
    held = {field: held_value(row, field) for field in change.after}
    wrote = row.get("org__run")
    is_there = held == dict(change.after)
    if wrote == sent_by:
        # Ours got through; what differs by now came after it.
        return Move(change.change_id, State.APPLIED, note if is_there else Message.of("note.changed_after"))
    if is_there:
        return Move(change.change_id, State.UNCHANGED, note)
    if held == dict(change.before):
        return Move(change.change_id, State.APPROVED, note)
    return Move(change.change_id, State.CONFLICT, note)


def _rows(run: Run, waiting: Sequence[Change]) -> dict[str, dict[str, object]]:
    rows: dict[str, dict[str, object]] = {}
    for name in sorted({change.object for change in waiting}):
        object_map = run.worker.field_map.object_named(name)
        frame = read_again(run, object_map, [change.record_id for change in waiting if change.object == name])
        rows |= {str(row["id"]): row for row in frame.iter_rows(named=True)}
    return rows


def _ids(waiting: Sequence[Change]) -> list[str]:
    return [change.change_id for change in waiting]
