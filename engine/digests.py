"""Digests of plain values: the same value gives the same digest on every machine, for ever."""

import hashlib
import json


def digest(value: object) -> str:
    """SHA-256 in hex of the canonical JSON of `value` (sorted keys, UTF-8, no spaces).

    Values are made of str, int, bool, None, lists, tuples and mappings; floats are left out on purpose.
    """
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
