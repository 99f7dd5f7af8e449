"""`set`: give a field of the org a value. Who decides a field that several rules set, and what later strata see of it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import narwhals as nw
from narwhals.dtypes import DType

from engine.actions.action_kind import ActionKind, Given, Ran, Remembered
from engine.conditions.expressions import Columns, Frame, dtype_of, typed, whole
from engine.rulebook.rulebook import Action, Otherwise, Rulebook
from engine.values import Scalar

_WINNER = "winner__"


@dataclass(frozen=True, slots=True)
class SetField(Action):
    """Give a mapped, writable field an absolute value. `key` is the value as rules compare it (text and picklist)."""

    field: str
    value: Scalar
    otherwise: Otherwise = Otherwise.KEEP
    key: str | None = None


class _Set(ActionKind[SetField]):
    name = "set"
    action = SetField

    def target(self, action: SetField) -> str:
        return action.field

    def decides(self, action: SetField) -> str | None:
        return action.field

    def outputs(self, given: Sequence[Given[SetField]]) -> Mapping[str, tuple[int, ...]]:
        return {field: tuple(setters) for field, setters in _by_field(given).items()}

    def prepared(self, frame: Frame, given: Sequence[Given[SetField]]) -> Frame:
        """Keeps what the org has of the fields, before any rule decides them."""
        there = set(frame.collect_schema().names())
        names = [name for field in _by_field(given) for name in (field, f"{field}__key") if name in there]
        return frame.with_columns(*(nw.col(name).alias(_held(name)) for name in names)) if names else frame

    def seen(self, frame: Frame, columns: Columns, given: Sequence[Given[SetField]], ran: Ran) -> tuple[Frame, Columns]:
        """Decides the fields whose rules have just run; while rules of a later stratum are missing, for the time being."""
        schema = frame.collect_schema()
        for field, setters in _by_field(given).items():
            if field in ran.decided:
                so_far = {index: one for index, one in setters.items() if index in ran.done}
                dtype = schema[field] if field in schema else dtype_of(next(iter(setters.values())).action.value)
                frame = _with_field(frame, field, so_far, dtype)
                frame = _with_field_seen(frame, field, so_far) if field in ran.read else frame
        return frame, columns

    def columns(self, given: Sequence[Given[SetField]]) -> dict[str, nw.Expr]:
        names = (name for field in _by_field(given) for name in (f"to__{field}", f"by__{field}"))
        return {name: nw.col(name) for name in names}

    def differs(self, given: Given[SetField], there: Collection[str]) -> list[nw.Expr]:
        """Its value is in place and its condition has become unknown; other values are told by the field's own columns."""
        field, value = given.action.field, given.action.value
        if field not in there or value is None:
            return []
        return [nw.col(given.mask).is_null() & (nw.col(field) == value).fill_null(value=False)]

    def is_in_place(self, given: Given[SetField], known: Remembered) -> bool:
        return known.applied.get(given.action.field) == given.action.value is not None


SET = _Set()


def our_mark(field: str, value: Scalar) -> str:
    """A field with the value leadsync gave it last, as the column `ours` holds it."""
    return f"\x1e{field}\x1f{value!r}\x1e"


def setters_of(rulebook: Rulebook) -> dict[str, dict[int, SetField]]:
    """Every field that rules set: which rules, by position, and to what."""
    by_field = _by_field(SET.given(rulebook))
    return {field: {index: one.action for index, one in setters.items()} for field, setters in by_field.items()}


def set_fields(rulebook: Rulebook) -> tuple[tuple[str, str], ...]:
    """Every field a rule sets, and where (file:line:column) that rule stands."""
    return tuple((one.action.field, one.rule.where) for one in SET.given(rulebook))


def _by_field(given: Iterable[Given[SetField]]) -> dict[str, dict[int, Given[SetField]]]:
    found: dict[str, dict[int, Given[SetField]]] = {}
    for one in given:
        found.setdefault(one.action.field, {})[one.index] = one
    return found


def _held(name: str) -> str:
    """The column of what the org has, once a rule's value may stand in the field's own column."""
    return f"held__{name}"


def _with_field(frame: Frame, field: str, setters: Mapping[int, Given[SetField]], dtype: DType) -> Frame:
    """Adds `to__<field>` and `by__<field>` as the given rules decide. `by` null: the field is left alone.

    Of the rules that hold the last listed decides. An unknown rule whose value is in place keeps it there against the
    rules before it. When nothing holds and nothing is unknown, the last rule with `otherwise: clear` whose own value is in
    place empties the field, if leadsync put it there; any other value, and the same one of another hand, is somebody
    else's, and is left and seen.
    """
    values = {index: typed(one.action.value, dtype) for index, one in setters.items()}
    masks = {index: nw.col(one.mask) for index, one in setters.items()}
    converging = [index for index, one in setters.items() if one.converges]
    bids = [nw.when(mask).then(whole(index)) for index, mask in masks.items()]
    is_there = _held(field) in frame.collect_schema().names()
    if is_there:
        for index in converging:
            stays = masks[index].is_null() & (nw.col(_held(field)) == values[index])
            bids.append(nw.when(stays).then(whole(index)))

    winner = nw.col(_WINNER)
    deciders = [nw.when((winner == index) & mask).then(whole(index)) for index, mask in masks.items()]
    clearing = [index for index in converging if setters[index].action.otherwise is Otherwise.CLEAR]
    if clearing and is_there:
        known = nw.all_horizontal(*(~masks[index].is_null() for index in converging), ignore_nulls=False)
        own = {
            index: (nw.col(_held(field)) == values[index])
            & nw.col("ours").str.contains(our_mark(field, setters[index].action.value), literal=True)
            for index in clearing
        }
        emptied = nw.max_horizontal(*(nw.when(~masks[index] & own[index]).then(whole(index)) for index in clearing))
        deciders.append(nw.when(winner.is_null() & known).then(emptied))

    decider = nw.col(f"by__{field}")
    given = [nw.when((decider == index) & masks[index]).then(value) for index, value in values.items()]
    return (
        frame.with_columns(nw.max_horizontal(*bids).alias(_WINNER))
        .with_columns(nw.coalesce(*deciders, whole(None)).alias(f"by__{field}"))
        .with_columns(nw.coalesce(*given, nw.lit(None, dtype=dtype)).alias(f"to__{field}"))
        .drop(_WINNER)
    )


def _with_field_seen(frame: Frame, field: str, setters: Mapping[int, Given[SetField]]) -> Frame:
    """Makes the field's own columns show the decided value where there is one, else what the org has."""
    there = frame.collect_schema().names()
    decider = nw.col(f"by__{field}")
    seen: dict[str, nw.Expr] = {}
    if field in there:
        held = nw.col(_held(field))
        seen[field] = nw.when(decider.is_null()).then(held).otherwise(nw.col(f"to__{field}"))
    key = f"{field}__key"
    if key in there:
        keys = [
            nw.when((decider == index) & nw.col(one.mask)).then(nw.lit(one.action.key, dtype=nw.String))
            for index, one in setters.items()
        ]
        seen[key] = nw.when(decider.is_null()).then(nw.col(_held(key))).otherwise(nw.coalesce(*keys))
    return frame.with_columns(**seen)
