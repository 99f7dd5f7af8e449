"""Changes and messages as plain JSON and back, exactly."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from engine.changes.change import Base, Change, Effects, RuleRef, Turn
from engine.messages import Message
from sync.store.columns import Json, instant_text


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
    )


def message_body(message: Message) -> Json:
    return [message.key, dict(message.params)]


def message_from(body: Json) -> Message:
    key, params = cast("tuple[str, Mapping[str, Any]]", body)  # written by `message_body`
    return Message(key, params)
