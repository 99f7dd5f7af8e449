"""What the audit says of a change: its ids and rules, what memory gains by it, and each value as a keyed hash.

Each prospect has a secret key, so that the audit can prove a value without holding it. Erasure empties its row.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from json.encoder import encode_basestring

from sqlalchemy import insert, select

from engine.changes.change import Change, Effects
from engine.digests import canonical
from engine.values import Scalar, Values
from sync.store.database import Transaction, secret_bytes
from sync.store.paging import among
from sync.store.tables import prospect_keys


def of_changes(tx: Transaction, changes: Sequence[Change]) -> dict[str, dict[str, object]]:
    """The facts of each change by its id. Tags, firings and turns are told whole: memory can be rebuilt from them."""
    keys = keys_of(tx, (change.record_id for change in changes))
    return {change.change_id: _facts(change, keys[change.record_id]) for change in changes}


def commitment(salt: str, terms: Sequence[Scalar]) -> str:
    """What binds the audit to words it may not hold: without the salt, which stands beside them, it means nothing."""
    return hashlib.sha256(bytes.fromhex(salt) + canonical(list(terms)).encode()).hexdigest()


def value_hash(key: str, field_name: str, value: Scalar) -> str:
    """A value as the audit may hold it: the same for equal values of one prospect's field, meaningless without its key."""
    # The bytes of JSON, without its detours: a plan of an org hashes some ten million values.
    told = encode_basestring(value) if isinstance(value, str) else canonical(value)
    text = f"[{encode_basestring(field_name)},{told}]"
    return hmac.digest(bytes.fromhex(key), text.encode(), "sha256").hex()[:32]


def _facts(change: Change, key: str) -> dict[str, object]:
    return {
        "change": change.change_id,
        "object": change.object,
        "record": change.record_id,
        "rules": [str(rule) for rule in change.rules],
        "owner": value_hash(key, "owner", change.owner),
        "before": hashed(change.before, key),
        "after": hashed(change.after, key),
        "inputs": hashed(change.inputs, key),
        **_effects(change.effects),
    }


def hashed(values: Values, key: str) -> Mapping[str, str]:
    """Values of one prospect by field, as the audit may hold them."""
    return {name: value_hash(key, name, value) for name, value in values.items()}


def _effects(effects: Effects) -> dict[str, object]:
    told = {
        "tags_added": [list(tag) for tag in effects.tags_added],
        "tags_removed": [list(tag) for tag in effects.tags_removed],
        "firings": list(effects.firings),
        "turn": [effects.turn.pool, effects.turn.member, effects.turn.sequence] if effects.turn else None,
    }
    return {name: value for name, value in told.items() if value}


def keys_of(tx: Transaction, record_ids: Iterable[str]) -> dict[str, str]:
    """The key of each prospect in hex, made when it is first needed."""
    wanted = sorted(set(record_ids))
    rows = among(tx, select(prospect_keys), prospect_keys.c.record_id, wanted)
    found: dict[str, str] = {row.record_id: row.key for row in rows}
    new = {record_id: secret_bytes(tx, 32).hex() for record_id in wanted if record_id not in found}
    if new:
        tx.execute(insert(prospect_keys), [{"record_id": record_id, "key": key} for record_id, key in new.items()])
    return found | new
