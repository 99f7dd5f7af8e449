"""Digests of plain values: the same value gives the same digest on every machine, for ever."""

import hashlib
import json

# Made once: json.dumps would make another for every value.
_encoder = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(value: object) -> str:
    """SHA-256 in hex of `canonical(value)`, which is made of str, int, bool, None, lists, tuples and dicts: no floats."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def canonical(value: object) -> str:
    """JSON with sorted keys and no spaces."""
    return _encoder.encode(value)
