"""The audit: entries, the chain they form, and its rows, appended in the transaction of the state they record.

An entry's body is canonical JSON (RFC 8785) that holds its number and the hash of the entry before it; its hash is the
SHA-256 of those bytes. What an entry may say stands in `events.py`: ids, states, counts and hashes, never a value.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import rfc8785
from sqlalchemy import insert, select
from sqlalchemy.engine import Row

from engine.digests import canonical
from sync.store.database import Transaction
from sync.store.events import Event, Facts, refuse_strange
from sync.store.paging import pages
from sync.store.tables import audit

SCHEMA_VERSION = 1
GENESIS = "0" * 64

_TEXT = {str}
_SAFE_INTEGERS = range(-(2**53) + 1, 2**53)


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that happened. `at` is the org's time, or the store's for leases; `facts` are those of its event."""

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
    for entry in entries:
        refuse_strange(entry.event, entry.run, entry.facts)
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
