"""Recheck: whether a change that was reviewed may still be written to a record that has moved since.

Stale by meaning, not by stamp: a connector touching other fields spoils nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from engine.assignment.directory import Directory
from engine.assignment.pools import is_still_eligible
from engine.changes.change import Base, Change, Standing
from engine.changes.memory import Memory
from engine.changes.states import State
from engine.messages import Message
from engine.moments import Moment
from engine.plan.drafts import Draft, drafts_of, scalar
from engine.rulebook.rulebook import Rulebook
from engine.snapshots import Range
from engine.values import Scalar
from engine.verdicts.registry import TARGETS


class Ruling(StrEnum):
    """What becomes of a change once its record has been read again."""

    HOLDS = "holds"  # write it against the new base
    UNCHANGED = "unchanged"  # the values are there already, by another hand
    WRITTEN = "written"  # the values are there, and it was us: an earlier send got through late
    CONFLICT = "conflict"  # somebody moved what the decision rests on
    BLOCKED = "blocked"  # the new owner may not own it now, the lead is converted, or it left the scope
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Recheck:
    """`change` is the one that holds, on the base to write against; its meaning base is what was read just now.

    `signed` is the key of the note that also says who moved the record, and when.
    """

    ruling: Ruling
    change: Change | None = None
    note: Message | None = None
    signed: str | None = None


def recheck(
    changes: Iterable[Change],
    reread: Range,
    rulebook: Rulebook,
    memory: Memory,
    directory: Directory,
    *,
    moment: Moment,
) -> Mapping[str, Recheck]:
    """Rechecks changes by the rulebook version and the moment of their plan, on records just read. Keys: change ids."""
    changes = tuple(changes)
    # What a change asks for is what was told: a score that crept since inside its step is none of another kind.
    asked = {change.record_id: Standing(change, State.APPROVED, "") for change in changes}
    memory = replace(memory, open_changes=asked)
    rows = {row["id"]: row for row in reread.prospects.iter_rows(named=True)}
    # Every record is drafted, as if each had an open change, so that a draft that came out empty is seen too.
    _, drafts = drafts_of(reread, rulebook, memory, directory, moment=moment, everything=True)
    drafted = {draft.record_id: draft for draft in drafts}
    return {
        change.change_id: _rechecked(
            change, rows.get(change.record_id), drafted.get(change.record_id), memory=memory, directory=directory
        )
        for change in changes
    }


def _rechecked(
    change: Change, row: Mapping[str, object] | None, draft: Draft | None, *, memory: Memory, directory: Directory
) -> Recheck:
    if row is None:
        return Recheck(Ruling.GONE)
    if row["is_converted"]:
        return Recheck(Ruling.BLOCKED, note=Message.of("note.converted"))
    owner = change.after.get("owner")
    if isinstance(owner, str) and not directory.may_receive(owner, change.object):
        return Recheck(Ruling.BLOCKED, note=Message.of("note.inactive_owner"))
    held = {field: held_value(row, field) for field in change.after}
    if held == dict(change.after):
        return Recheck(Ruling.UNCHANGED)
    if change.reverses:
        # No rule asked for it: it holds while nobody has touched what it puts back.
        if held != dict(change.before):
            return _conflict(change, row, held)
        return Recheck(Ruling.HOLDS, change=replace(change, base=base_of(row)))
    if draft is None:
        return Recheck(Ruling.BLOCKED, note=Message.of("note.out_of_scope"))
    if not _asks_the_same(change, draft, held, memory=memory, directory=directory):
        return _conflict(change, row, held)
    return Recheck(Ruling.HOLDS, change=rebased(change, draft, held))


def rebased(change: Change, draft: Draft, held: Mapping[str, Scalar]) -> Change:
    """The same change, resting on the version just read."""
    read = {name: value for values in draft.inputs.values() for name, value in values.items()}
    inputs = {name: read.get(name, value) for name, value in change.inputs.items()}
    return replace(change, owner=draft.owner, before=dict(held), inputs=inputs, base=draft.base)


def base_of(row: Mapping[str, Any]) -> Base:
    """The version that a row of prospects shows."""
    return Base(row["modified_at"], row["stamp"], row["read_at"])


def held_value(row: Mapping[str, object], field: str) -> Scalar:
    """What the org holds now for a field or target of a change."""
    column = "owner_id" if field == "owner" else f"org__{field}" if field in TARGETS else field
    return scalar(row.get(column))


def _asks_the_same(
    change: Change, draft: Draft, held: Mapping[str, Scalar], *, memory: Memory, directory: Directory
) -> bool:
    """Whether the rules still want these very values; one that is there already by another hand does no harm."""
    fields = {field: value for field, value in change.after.items() if field != "owner"}
    wanted = {field: draft.after.get(field, held[field]) for field in fields}
    if wanted != fields or set(draft.after) - set(fields) or set(draft.respected) & set(fields):
        return False
    # Somebody changed it after people had seen what it was: that edit nobody has decided against.
    if any(value not in (change.before[field], change.after[field]) for field, value in held.items()):
        return False
    planned, now = change.effects, draft.effects
    if (planned.tags_added, planned.tags_removed, planned.firings) != (now.tags_added, now.tags_removed, now.firings):
        return False
    if not change.moves_owner:
        return True
    pool = change.effects.turn.pool if change.effects.turn else None
    owner = str(change.after["owner"])
    return (
        draft.need is not None
        and draft.need.pool == pool
        and is_still_eligible(owner, draft.need, memory=memory, directory=directory)
    )


def _conflict(change: Change, row: Mapping[str, object], held: Mapping[str, Scalar]) -> Recheck:
    """With the first thing that moved, with both values; the owner before anything else."""
    if row["owner_id"] != change.owner:
        return _moved("owner", change.owner, str(row["owner_id"]))
    for field, value in held.items():
        if value != change.before[field]:
            return _moved(field, change.before[field], value)
    return Recheck(Ruling.CONFLICT, note=Message.of("note.inputs_moved"), signed="note.inputs_moved_by")


def _moved(field: str, planned: Scalar, found: Scalar) -> Recheck:
    note = Message.of("note.moved", field=field, planned=planned, found=found)
    return Recheck(Ruling.CONFLICT, note=note, signed="note.moved_by")
