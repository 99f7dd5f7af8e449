"""What rules do once their conditions are known: who decides each field, and what later strata see of it."""

from collections.abc import Iterable, Mapping
from typing import Any

import narwhals as nw
from narwhals.dtypes import DType

from engine.conditions.literals import typed, whole
from engine.rulebook.actions import AddTag, Assign, Otherwise, SetField
from engine.rulebook.rulebook import Mode, Rulebook
from engine.values import Scalar

_WINNER = "winner__"


def rule_mask(index: int) -> str:
    """The column of a rule's answer."""
    return f"rule__{index}"


def our_mark(field: str, value: Scalar) -> str:
    """A field with the value leadsync gave it last, as the column `ours` holds it."""
    return f"\x1e{field}\x1f{value!r}\x1e"


def held_column(name: str) -> str:
    """The column of what the org has, once a rule's value may stand in the field's own column."""
    return f"held__{name}"


def setters_of(rulebook: Rulebook) -> dict[str, dict[int, SetField]]:
    """Every field that rules set: which rules, by position, and to what."""
    found: dict[str, dict[int, SetField]] = {}
    for index, rule in enumerate(rulebook.rules):
        for action in rule.then:
            if isinstance(action, SetField):
                found.setdefault(action.field, {})[index] = action
    return found


def tag_givers_of(rulebook: Rulebook) -> dict[str, dict[int, AddTag]]:
    """Every tag that rules give: which rules, by position."""
    found: dict[str, dict[int, AddTag]] = {}
    for index, rule in enumerate(rulebook.rules):
        for action in rule.then:
            if isinstance(action, AddTag):
                found.setdefault(action.tag, {})[index] = action
    return found


def with_held(frame: nw.LazyFrame[Any], fields: Iterable[str]) -> nw.LazyFrame[Any]:
    """Keeps what the org has of some fields, before any rule decides them."""
    there = set(frame.collect_schema().names())
    names = [name for field in fields for name in (field, f"{field}__key") if name in there]
    return frame.with_columns(*(nw.col(name).alias(held_column(name)) for name in names)) if names else frame


def with_field(
    frame: nw.LazyFrame[Any],
    rulebook: Rulebook,
    field: str,
    setters: Mapping[int, SetField],
    dtype: DType,
) -> nw.LazyFrame[Any]:
    """Adds `to__<field>` and `by__<field>` as the given rules decide. `by` null: the field is left alone.

    Of the rules that hold the last listed decides. An unknown rule whose value is in place keeps it there against the
    rules before it. When nothing holds and nothing is unknown, the last rule with `otherwise: clear` whose own value is in
    place empties the field, if leadsync put it there; any other value, and the same one of another hand, is somebody
    else's, and is left and seen.
    """
    masks = {index: nw.col(rule_mask(index)) for index in setters}
    converging = [index for index in setters if rulebook.rules[index].mode is Mode.CONVERGE]
    bids = [nw.when(mask).then(whole(index)) for index, mask in masks.items()]
    is_there = held_column(field) in frame.collect_schema().names()
    if is_there:
        for index in converging:
            stays = masks[index].is_null() & (nw.col(held_column(field)) == typed(setters[index].value, dtype))
            bids.append(nw.when(stays).then(whole(index)))

    winner = nw.col(_WINNER)
    deciders = [nw.when((winner == index) & mask).then(whole(index)) for index, mask in masks.items()]
    clearing = [index for index in converging if setters[index].otherwise is Otherwise.CLEAR]
    if clearing and is_there:
        known = nw.all_horizontal(*(~masks[index].is_null() for index in converging), ignore_nulls=False)
        held = nw.col(held_column(field))
        own = {
            index: (held == typed(setters[index].value, dtype))
            & nw.col("ours").str.contains(our_mark(field, setters[index].value), literal=True)
            for index in clearing
        }
        emptied = nw.max_horizontal(*(nw.when(~masks[index] & own[index]).then(whole(index)) for index in clearing))
        deciders.append(nw.when(winner.is_null() & known).then(emptied))

    decider = nw.col(f"by__{field}")
    values = [
        nw.when((decider == index) & masks[index]).then(typed(setting.value, dtype))
        for index, setting in setters.items()
    ]
    return (
        frame.with_columns(nw.max_horizontal(*bids).alias(_WINNER))
        .with_columns(nw.coalesce(*deciders, whole(None)).alias(f"by__{field}"))
        .with_columns(nw.coalesce(*values, nw.lit(None, dtype=dtype)).alias(f"to__{field}"))
        .drop(_WINNER)
    )


def with_field_seen(frame: nw.LazyFrame[Any], field: str, setters: Mapping[int, SetField]) -> nw.LazyFrame[Any]:
    """Makes the field's own columns show the decided value where there is one, else what the org has."""
    there = frame.collect_schema().names()
    decider = nw.col(f"by__{field}")
    seen: dict[str, nw.Expr] = {}
    if field in there:
        held = nw.col(held_column(field))
        seen[field] = nw.when(decider.is_null()).then(held).otherwise(nw.col(f"to__{field}"))
    key = f"{field}__key"
    if key in there:
        keys = [
            nw.when((decider == index) & nw.col(rule_mask(index))).then(nw.lit(setting.key, dtype=nw.String))
            for index, setting in setters.items()
        ]
        seen[key] = nw.when(decider.is_null()).then(nw.col(held_column(key))).otherwise(nw.coalesce(*keys))
    return frame.with_columns(**seen)


def with_tag_seen(
    frame: nw.LazyFrame[Any], rulebook: Rulebook, tag: str, givers: Mapping[int, AddTag], column: str
) -> nw.LazyFrame[Any]:
    """Adds the tag as later strata read it: there if a rule that gives it holds, gone if all are known not to hold.

    A rule that keeps its tag, or gives it once, never takes it away.
    """
    given = nw.any_horizontal(*(nw.col(rule_mask(index)) for index in givers), ignore_nulls=False)
    takes_away = all(
        action.otherwise is Otherwise.REMOVE and rulebook.rules[index].mode is Mode.CONVERGE
        for index, action in givers.items()
    )
    gone = [nw.when(~given).then(nw.lit(""))] if takes_away else []
    return frame.with_columns(nw.coalesce(nw.when(given).then(nw.lit(f";{tag};")), *gone, nw.col("tags")).alias(column))


def owner_rule(rulebook: Rulebook) -> nw.Expr:
    """The rule that says who shall own the prospect: of those that hold the last listed; null when none does."""
    owner_rules = [
        nw.when(nw.col(rule_mask(index))).then(whole(index))
        for index, rule in enumerate(rulebook.rules)
        if any(isinstance(action, Assign) for action in rule.then)
    ]
    return nw.max_horizontal(*owner_rules) if owner_rules else whole(None)
