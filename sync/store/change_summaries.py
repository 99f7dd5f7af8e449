"""What is counted of a plan's changes, without what only a reader of each one needs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, Text, func, select, type_coerce
from sqlalchemy.engine import Row

from engine.changes.states import State
from engine.messages import Message
from engine.values import Scalar
from sync.store.change_values import message_from
from sync.store.database import Transaction
from sync.store.tables import change_bodies, changes


@dataclass(frozen=True, slots=True)
class Sketch:
    """Whose a change is, what it changes and why; a message as [key, params]."""

    record_id: str
    state: State
    owner: str
    before: Mapping[str, Scalar]
    after: Mapping[str, Scalar]
    because: Sequence[tuple[str, Mapping[str, Scalar]]]
    has_tags: bool


def sketches(tx: Transaction, plan_id: str, *, after: str, most: int) -> list[Sketch]:
    """At most so many of a plan's changes, as they stand, by record id from behind one."""
    columns = (changes.c.record_id, changes.c.state, change_bodies.c.proposed, change_bodies.c.rebased)
    joined = changes.join(change_bodies, change_bodies.c.change_id == changes.c.change_id)
    query: Select[Any] = select(*columns).select_from(joined)
    query = query.where(changes.c.plan_id == plan_id, changes.c.state.is_not(None))
    rows = tx.execute(query.where(changes.c.record_id > after).order_by(changes.c.record_id).limit(most))
    return [_sketch(row) for row in rows]


def held_because(tx: Transaction, plan_id: str) -> tuple[tuple[Message, int], ...]:
    """Why changes of a plan are held, and how many for each reason, most first."""
    note, number = type_coerce(changes.c.note, Text).label("note"), func.count().label("number")
    is_held = (changes.c.plan_id == plan_id) & (changes.c.state == State.HELD.value) & changes.c.note.is_not(None)
    rows = tx.execute(select(note, number).where(is_held).group_by(note).order_by(number.desc(), note))
    return tuple((message_from(json.loads(row.note)), row.number) for row in rows)


def _sketch(row: "Row[Any]") -> Sketch:
    body = row.rebased or row.proposed
    has_tags = bool(body["tags_added"] or body["tags_removed"])
    return Sketch(
        row.record_id, State(row.state), body["owner"], body["before"], body["after"], body["because"], has_tags
    )
