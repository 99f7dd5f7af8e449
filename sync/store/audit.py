"""The audit: entries, the chain they form, and its rows, appended in the transaction of the state they record.

An entry's body is canonical JSON (RFC 8785) that holds its number and the hash of the entry before it; its hash is the
SHA-256 of those bytes. Bodies hold ids, states, rule ids, field names and keyed hashes of values, never a value.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, TypeAlias

import rfc8785
from sqlalchemy import insert, select
from sqlalchemy.engine import Row

from engine.digests import canonical
from sync.store.database import Transaction
from sync.store.paging import pages
from sync.store.tables import audit

SCHEMA_VERSION = 1
GENESIS = "0" * 64
Facts: TypeAlias = Mapping[str, Any]

_TEXT = {str}
_SAFE_INTEGERS = range(-(2**53) + 1, 2**53)


class Event(StrEnum):
    """What an entry tells. To add one, name it here and describe its facts in `schema.json`."""

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


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that happened. `at` is the org's time, or the store's for leases; `facts` must be plain JSON."""

    event: Event
    at: datetime
    run: str | None = None
    facts: Facts = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Head:
    """Where a chain ends: how many entries there are, and the hash of the last."""

    count: int = 0
    hash: str = GENESIS


@dataclass(frozen=True, slots=True)
class Link:
    """An entry in its place of the chain, as kept."""

    seq: int
    prev: str
    hash: str
    body: bytes


def chain(entries: Iterable[Entry], after: Head) -> list[Link]:
    """The entries as links that continue `after`, in order."""
    links: list[Link] = []
    seq, prev = after.count, after.hash
    for entry in entries:
        seq += 1
        body = _body(entry, seq=seq, prev=prev)
        links.append(Link(seq, prev, link_hash(body), body))
        prev = links[-1].hash
    return links


def link_hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def canonical_bytes(value: Mapping[str, Any]) -> bytes:
    """RFC 8785. Our own encoder writes the same bytes, ten times faster, where the two cannot differ."""
    if _is_plain(value):
        return canonical(value).encode()
    return rfc8785.dumps(value)


def _body(entry: Entry, *, seq: int, prev: str) -> bytes:
    at = entry.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    body: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "seq": seq, "prev": prev, "at": at, "event": entry.event}
    if entry.run is not None:
        body["run"] = entry.run
    return canonical_bytes(body | dict(entry.facts))


def _is_plain(value: object) -> bool:
    """Neither floats nor large integers, which are written otherwise, nor keys beyond ASCII, which sort otherwise."""
    match value:
        case None | bool() | str():
            return True
        case int():
            return value in _SAFE_INTEGERS
        case list() | tuple():
            return set(map(type, value)) <= _TEXT or all(map(_is_plain, value))
        case dict():
            if not (set(map(type, value)) <= _TEXT and "".join(value).isascii()):
                return False
            return set(map(type, value.values())) <= _TEXT or all(map(_is_plain, value.values()))
    return False


def append(tx: Transaction, entries: Sequence[Entry]) -> Head:
    """Continue the chain in the caller's write transaction, which is alone (`database.py`); the new head."""
    before = head(tx)
    links = chain(entries, before)
    if not links:
        return before
    tx.execute(
        insert(audit),
        [{"seq": link.seq, "prev": link.prev, "hash": link.hash, "body": link.body.decode()} for link in links],
    )
    return Head(links[-1].seq, links[-1].hash)


def head(tx: Transaction) -> Head:
    """Where the chain ends now."""
    row = tx.execute(select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)).one_or_none()
    return Head() if row is None else Head(row.seq, row.hash)


def links(tx: Transaction, *, since: int = 1) -> Iterator[Link]:
    """The chain in order from entry `since` on, a page at a time."""

    def behind(seq: int, most: int) -> Sequence["Row[Any]"]:
        return tx.execute(select(audit).where(audit.c.seq > seq).order_by(audit.c.seq).limit(most)).all()

    for page in pages(behind, lambda row: int(row.seq), after=since - 1):
        yield from (Link(row.seq, row.prev, row.hash, row.body.encode()) for row in page)
