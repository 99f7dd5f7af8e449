"""What the audit tells: its events, and of each the names of the facts it may tell and the shape of each, nothing besides.

The chain is never erased. So there is no shape for free text: what people type, names of people and files, and values of
records stay in the store, committed to at most by a salted or keyed hash. Ids the rulebook gives its items, tags and pools
are ids: a change is explained by them, and memory is rebuilt from them.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeAlias

from engine.changes.states import State
from engine.verdicts.registry import ALONE
from sync.store.vocabulary import LeaseName, Outcome

Facts: TypeAlias = Mapping[str, Any]
_Shape: TypeAlias = Callable[[object], bool]


class Event(StrEnum):
    """What an entry tells. To add one, name it here with its facts, and describe them in `schema.json`."""

    ORG_PINNED = "org pinned"
    LEASE_TAKEN_OVER = "lease taken over"
    RUN_STARTED = "run started"
    RUN_FINISHED = "run finished"
    RUN_INTERRUPTED = "run interrupted"
    PULLED = "pulled"
    COMPACTED = "compacted"
    DATA_FILES_RETIRED = "data files retired"
    PLAN_PROPOSED = "plan proposed"
    PLAN_DROPPED = "plan dropped"
    CHANGE_PROPOSED = "change proposed"
    CHANGE_APPROVED = "change approved"
    CHANGE_MOVED = "change moved"
    CHANGE_NOTED = "change noted"
    QUIET_LIFTED = "quiet lifted"
    GIVEN_BACK = "given back"
    PAUSED = "paused"
    RESUMED = "resumed"


def _text(pattern: str) -> _Shape:
    match = re.compile(pattern, re.DOTALL).fullmatch
    return lambda value: isinstance(value, str) and match(value) is not None


def _one_of(words: Sequence[str]) -> _Shape:
    known = frozenset(words)
    return lambda value: isinstance(value, str) and value in known


def _all(shape: _Shape) -> _Shape:
    return lambda value: isinstance(value, list | tuple) and all(map(shape, value))


def _row(*shapes: _Shape) -> _Shape:
    return lambda value: (
        isinstance(value, list | tuple)
        and len(value) == len(shapes)
        and all(shape(each) for shape, each in zip(shapes, value, strict=True))
    )


def _by(name: _Shape, shape: _Shape) -> _Shape:
    return lambda value: isinstance(value, Mapping) and all(map(name, value)) and all(map(shape, value.values()))


def _facts(**shapes: _Shape) -> _Shape:
    return lambda value: isinstance(value, Mapping) and value.keys() == shapes.keys() and _fits(value, shapes)


def _fits(value: Mapping[str, object], shapes: Mapping[str, _Shape]) -> bool:
    return all(shapes[name](each) for name, each in value.items())


def _count(value: object) -> bool:
    return type(value) is int and value >= 0


def _flag(value: object) -> bool:
    return isinstance(value, bool)


_NAMES_APART, _HASH_LENGTH = "\n", 32
_are_fields = re.compile(r"(?:\w[\w .]*\n)*").fullmatch
_are_hashes = re.compile(r"[0-9a-f]*").fullmatch


def _hashed(value: object) -> bool:
    """Keyed hashes of values by field. Plans hold millions: they are looked at together."""
    return (
        isinstance(value, Mapping)
        and _are_fields("".join(f"{name}{_NAMES_APART}" for name in value)) is not None
        and {len(each) for each in value.values()} <= {_HASH_LENGTH}
        and _are_hashes("".join(value.values())) is not None
    )


_run = _text(r"[0-9]{8}T[0-9]{6}Z-[0-9]{4,}")
_batch = _text(r"[0-9]{8}T[0-9]{6}Z-[0-9]{4,}-[0-9]{4,}")
_change, _keyed, _digest = _text(r"[0-9a-f]{32}"), _text(r"[0-9a-f]{32}"), _text(r"[0-9a-f]{64}")
_org_id = _text(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?")
_instant = _text(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(?:\.[0-9]{6})?Z")
_state = _one_of([state.value for state in State])
_word = _text(r"[a-z]+(?:[ _-][a-z]+)*")
_key = _text(r"[a-z][a-z_]*(?:\.[a-z_]+(?: [a-z_]+)*)+")  # of a message
_code = _text(r"[A-Z]{2}-[0-9]{3}")
_actor = _text(r"os:.+@.+|policy@[0-9a-f]{12}")
# Of the rulebook: rule/…, persona/…, pool/…, or what has one of its kind.
_item = _text("|".join(("[a-z_]+/.+", *map(re.escape, ALONE))))
_named = _text(r".+")  # an id as the rulebook has it: of a rule, a pool, a tag
_object = _text(r"[A-Za-z][A-Za-z0-9_]*|drop-[0-9a-f]{16}")
_path = _text(r"[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)*\.parquet")
_name = _text(r"\w[\w .-]*")  # of what is counted: a word of ours, an object, a field
_counted: _Shape = lambda value: (  # noqa: E731 - it calls itself
    _count(value) or _run(value) or _key(value) or _all(_code)(value) or _by(_name, _counted)(value)
)
_data_files = _all(_facts(path=_path, sha256=_digest, rows=_count))

_OF_CHANGE = {"change": _change, "object": _object, "record": _org_id}
_OF_VALUES = {
    "rules": _all(_item),
    "owner": _keyed,
    "before": _hashed,
    "after": _hashed,
    "inputs": _hashed,
    "tags_added": _all(_row(_named, _named)),
    "tags_removed": _all(_row(_named, _named)),
    "firings": _all(_named),
    "turn": _row(_named, _org_id, _count),
}
ALLOWED: Mapping[Event, Mapping[str, _Shape]] = {
    Event.ORG_PINNED: {"org": _org_id, "sandbox": _flag},
    Event.LEASE_TAKEN_OVER: {"lease": _one_of(list(LeaseName)), "epoch": _count, "holder_died": _flag},
    Event.RUN_STARTED: {"verb": _word},
    Event.RUN_FINISHED: {"outcome": _one_of(list(Outcome)), "figures": _by(_name, _counted)},
    Event.RUN_INTERRUPTED: {},
    Event.PULLED: {"data_files": _data_files, "watermarks": _by(_object, _instant)},
    Event.COMPACTED: {"data_files": _data_files, "replaced": _all(_path)},
    Event.DATA_FILES_RETIRED: {"replaced": _all(_path)},
    Event.PLAN_PROPOSED: {
        "plan": _run,
        "digest": _digest,
        "rulebook": _digest,
        "map": _digest,
        "snapshot": _run,
        "baseline": _flag,
        "proposed": _count,
    },
    Event.PLAN_DROPPED: {"plan": _run},
    Event.CHANGE_PROPOSED: {"plan": _run, "to": _state, **_OF_CHANGE, **_OF_VALUES},
    Event.CHANGE_APPROVED: {"change": _change, "actor": _actor},
    Event.CHANGE_MOVED: {
        "plan": _run,
        "from": _state,
        "to": _state,
        "batch": _batch,
        "note": _key,
        "rebased": _flag,
        **_OF_CHANGE,
        **_OF_VALUES,
    },
    Event.CHANGE_NOTED: {**_OF_CHANGE, "note": _key},
    Event.QUIET_LIFTED: {"record": _org_id, "change": _change, "actor": _actor},
    Event.GIVEN_BACK: {"record": _org_id, "after": _hashed, "actor": _actor},
    Event.PAUSED: {"pause": _count, "actor": _actor, "until": _instant, "terms": _digest},
    Event.RESUMED: {"pause": _count, "actor": _actor},
}


def refuse_strange(event: Event, run: str | None, facts: Facts) -> None:
    """ValueError for a fact that an event may not tell, or of another shape: it would stay for ever."""
    allowed = ALLOWED[event]
    if strange := [name for name, value in facts.items() if name not in allowed or not allowed[name](value)]:
        raise ValueError(f"the audit may not tell {', '.join(strange)} of {event.value!r}")
    if run is not None and not _run(run):
        raise ValueError(f"{event.value!r} by what is no run")
