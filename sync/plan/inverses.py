"""The inverse of what a run applied to one record: a change that puts back what was there before, or why there is none."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from engine.changes.change import REVERSAL, Change, Effects, RuleRef, Standing, change_id
from engine.changes.states import State
from engine.messages import Message
from engine.plan.recheck import base_of, held_value
from engine.values import Scalar
from engine.verdicts.registry import VERDICTS
from mapping.field_map.field_map import ObjectMap
from mapping.payloads import api_name_of


def in_the_way(
    applied: Sequence[Change], row: Mapping[str, Any] | None, standing: Standing | None, object_map: ObjectMap
) -> str | None:
    """Why what a run applied to a record, in its order, is not taken back; None when it can be."""
    before, after = _before(applied), _after(applied)
    if any(change.reverses for change in applied):
        return "reversal"
    if row is None:
        return "gone"
    if row["is_converted"]:
        return "converted"
    if standing and standing.state in {State.SENDING, State.UNKNOWN}:
        return "sending"
    if not all(_is_mapped(name, object_map) for name in after):
        return "unmapped"
    held = {name: held_value(row, name) for name in after}
    if held != after:
        return "already" if held == before else "edited"
    return None


def old_owner(applied: Sequence[Change]) -> str:
    """Who would get the record back; "" when the owner stays."""
    return str(_before(applied).get("owner") or "")


def inverse(applied: Sequence[Change], row: Mapping[str, Any], *, org_id: str, at: datetime, reverted: str) -> Change:
    """The change that takes all of these back at once, to what was there before the first of them."""
    last = applied[-1]
    effects, after = _effects(applied), _before(applied)
    # What was said about a verdict that is taken back, such as a grade, is not known any more.
    riders: dict[str, Scalar] = {name: None for verdict in VERDICTS for name in verdict.carries} if after else {}
    if "owner" in after:
        riders |= {"previous_owner": row["owner_id"], "owner_reason": str(RuleRef(REVERSAL, reverted))}
    return Change(
        change_id=change_id(
            org_id=org_id,
            object_name=last.object,
            record_id=last.record_id,
            at=at,
            after=after,
            effects=effects,
        ),
        object=last.object,
        record_id=last.record_id,
        owner=row["owner_id"],
        before=_after(applied),
        after=after,
        base=base_of(row),
        riders=riders,
        effects=effects,
        rules=tuple(RuleRef(REVERSAL, change.change_id) for change in applied),
        because=(Message.of("reason.reverted", run=reverted),),
    )


def _before(applied: Sequence[Change]) -> dict[str, Scalar]:
    """What the record held before any of them."""
    return {name: value for change in reversed(applied) for name, value in change.before.items()}


def _after(applied: Sequence[Change]) -> dict[str, Scalar]:
    """What it held after all of them, by the same fields in the same order."""
    after = {name: value for change in applied for name, value in change.after.items()}
    return {name: after[name] for name in _before(applied)}


def _effects(applied: Sequence[Change]) -> Effects:
    """Tags as they were before the first: one that was added and removed again is left alone, and the other way round."""
    added: dict[tuple[str, str], None] = {}
    removed: dict[tuple[str, str], None] = {}
    for change in applied:
        for came, went, tags in (
            (added, removed, change.effects.tags_added),
            (removed, added, change.effects.tags_removed),
        ):
            for tag in tags:
                if tag in went:
                    del went[tag]
                else:
                    came[tag] = None
    return Effects(tags_added=tuple(removed), tags_removed=tuple(added))


def _is_mapped(name: str, object_map: ObjectMap) -> bool:
    try:
        api_name_of(name, object_map)
    except KeyError:
        return False
    return True
