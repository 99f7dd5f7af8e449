"""What the audit says of a change: its ids and rules, each value as a keyed hash, and what memory gains by it."""

from collections.abc import Mapping, Sequence

from engine.changes.change import Change, Effects
from engine.values import Values
from sync.store.audit import value_hash
from sync.store.database import Transaction
from sync.store.prospect_keys import keys_of


def of_changes(tx: Transaction, changes: Sequence[Change]) -> dict[str, dict[str, object]]:
    """The facts of each change by its id. Tags, firings and turns are told whole: memory can be rebuilt from them."""
    keys = keys_of(tx, (change.record_id for change in changes))
    return {change.change_id: _facts(change, keys[change.record_id]) for change in changes}


def _facts(change: Change, key: str) -> dict[str, object]:
    return {
        "change": change.change_id,
        "object": change.object,
        "record": change.record_id,
        "rules": [str(rule) for rule in change.rules],
        "owner": value_hash(key, "owner", change.owner),
        "before": _hashed(change.before, key),
        "after": _hashed(change.after, key),
        "inputs": _hashed(change.inputs, key),
        **_effects(change.effects),
    }


def _hashed(values: Values, key: str) -> Mapping[str, str]:
    return {name: value_hash(key, name, value) for name, value in values.items()}


def _effects(effects: Effects) -> dict[str, object]:
    told = {
        "tags_added": [list(tag) for tag in effects.tags_added],
        "tags_removed": [list(tag) for tag in effects.tags_removed],
        "firings": list(effects.firings),
        "turn": [effects.turn.pool, effects.turn.member, effects.turn.sequence] if effects.turn else None,
    }
    return {name: value for name, value in told.items() if value}
