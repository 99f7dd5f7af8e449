"""Changes and messages as plain JSON and back, exactly; and what is counted of changes without reading all of them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Select, Text, func, select, type_coerce
from sqlalchemy.engine import Row

from engine.changes.change import Base, Change, Effects, OwnerWhy, RuleRef, Turn
from engine.changes.states import State
from engine.messages import Message
from engine.values import Scalar
from sync.store.columns import Json, instant_text
from sync.store.database import Transaction
from sync.store.tables import change_bodies, changes


def change_body(change: Change) -> Json:
    effects = change.effects
    return {
        "change_id": change.change_id,
        "object": change.object,
        "record_id": change.record_id,
        "owner": change.owner,
        "before": dict(change.before),
        "after": dict(change.after),
        "base": [instant_text(at) for at in (change.base.modified_at, change.base.stamp, change.base.read_at)],
        "inputs": dict(change.inputs),
        "riders": dict(change.riders),
        "tags_added": effects.tags_added,
        "tags_removed": effects.tags_removed,
        "firings": effects.firings,
        "turn": [effects.turn.pool, effects.turn.member, effects.turn.sequence] if effects.turn else None,
        "rules": [str(rule) for rule in change.rules],
        "because": [message_body(message) for message in change.because],
        "owner_why": change.owner_why.value if change.owner_why else None,
        "owner_because": [message_body(message) for message in change.owner_because],
    }


def change_from(body: Json) -> Change:
    it = cast("Mapping[str, Any]", body)  # written by `change_body`
    return Change(
        change_id=it["change_id"],
        object=it["object"],
        record_id=it["record_id"],
        owner=it["owner"],
        before=it["before"],
        after=it["after"],
        base=Base(*(datetime.fromisoformat(at) for at in it["base"])),
        inputs=it["inputs"],
        riders=it["riders"],
        effects=Effects(
            tags_added=tuple((tag, rule) for tag, rule in it["tags_added"]),
            tags_removed=tuple((tag, rule) for tag, rule in it["tags_removed"]),
            firings=tuple(it["firings"]),
            turn=Turn(*it["turn"]) if it["turn"] else None,
        ),
        rules=tuple(RuleRef.read(rule) for rule in it["rules"]),
        because=tuple(message_from(message) for message in it["because"]),
        owner_why=OwnerWhy(it["owner_why"]) if it["owner_why"] else None,
        owner_because=tuple(message_from(message) for message in it["owner_because"]),
    )


def message_body(message: Message) -> Json:
    return [message.key, dict(message.params)]


def message_from(body: Json) -> Message:
    key, params = cast("tuple[str, Mapping[str, Any]]", body)  # written by `message_body`
    return Message(key, params)


@dataclass(frozen=True, slots=True)
class Sketch:
    """Whose a change is, what it changes and the first reason of it, its owner's if that changes; as [key, params]."""

    record_id: str
    state: State
    owner: str
    before: Mapping[str, Scalar]
    after: Mapping[str, Scalar]
    why: tuple[str, Mapping[str, Scalar]] | None
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
    why = next(iter([*body["owner_because"], *body["because"]]), None)
    return Sketch(row.record_id, State(row.state), body["owner"], body["before"], body["after"], why, has_tags)
