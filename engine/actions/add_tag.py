"""`tag`: put a tag on the prospect. Tags live in leadsync's memory, not in the org."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import narwhals as nw

from engine.actions.action_kind import ActionKind, Given, Ran, Remembered
from engine.changes.change import Effects
from engine.conditions.expressions import Columns, Frame
from engine.conditions.fields import tag_name
from engine.rulebook.rulebook import Action, Otherwise


@dataclass(frozen=True, slots=True)
class AddTag(Action):
    """The tag is taken away again unless it is kept."""

    tag: str
    otherwise: Otherwise = Otherwise.REMOVE


class _Tag(ActionKind[AddTag]):
    name = "tag"
    action = AddTag

    def target(self, action: AddTag) -> str:
        return action.tag

    def decides(self, action: AddTag) -> str | None:
        return tag_name(action.tag)

    def outputs(self, given: Sequence[Given[AddTag]]) -> Mapping[str, tuple[int, ...]]:
        """None: the org knows no tags; what a rule remembers rests on the rule."""
        return {}

    def seen(self, frame: Frame, columns: Columns, given: Sequence[Given[AddTag]], ran: Ran) -> tuple[Frame, Columns]:
        """Adds each tag that is read, in a column of its own."""
        by_tag: dict[str, list[Given[AddTag]]] = {}
        for one in given:
            by_tag.setdefault(one.action.tag, []).append(one)
        for number, (tag, givers) in enumerate(by_tag.items()):
            if tag_name(tag) in ran.decided and tag_name(tag) in ran.read:
                so_far = [one for one in givers if one.index in ran.done]
                frame = frame.with_columns(_tag_seen(tag, so_far).alias(f"tags__{number}"))
                columns = replace(columns, tags={**columns.tags, tag: f"tags__{number}"})
        return frame, columns

    def differs(self, given: Given[AddTag], there: Collection[str]) -> list[nw.Expr]:
        mask = nw.col(given.mask)
        has = nw.col("marks").str.contains(f";{tag_mark(given.action.tag, given.rule.id)};", literal=True)
        return [(mask != has).fill_null(value=False), mask.is_null() & has]

    def effects(self, given: Sequence[Given[AddTag]], row: Mapping[str, Any], known: Remembered) -> Effects:
        added = tuple(_by(one) for one in given if row[one.mask] is True and _by(one) not in known.tags)
        removed = tuple(
            _by(one) for one in given if row[one.mask] is False and _takes_away(one) and _by(one) in known.tags
        )
        return Effects(added, removed)

    def is_in_place(self, given: Given[AddTag], known: Remembered) -> bool:
        return _by(given) in known.tags


TAG = _Tag()


def tag_mark(tag: str, rule_id: str) -> str:
    """A tag with the rule that gave it, as `marks` holds it."""
    return f"{tag}\x1f{rule_id}"


def _by(given: Given[AddTag]) -> tuple[str, str]:
    return given.action.tag, given.rule.id


def _takes_away(given: Given[AddTag]) -> bool:
    """A rule that keeps its tag, or gives it once, never takes it away."""
    return given.converges and given.action.otherwise is Otherwise.REMOVE


def _tag_seen(tag: str, givers: Sequence[Given[AddTag]]) -> nw.Expr:
    """The tag as later strata read it: there if a rule that gives it holds, gone if all are known not to hold and all of
    them take it away.
    """
    given = nw.any_horizontal(*(nw.col(one.mask) for one in givers), ignore_nulls=False)
    gone = [nw.when(~given).then(nw.lit(""))] if all(_takes_away(one) for one in givers) else []
    return nw.coalesce(nw.when(given).then(nw.lit(f";{tag};")), *gone, nw.col("tags"))
