"""Verify the audit, in the store or in an export: the first entry that is not as it was written is named.

Found are edits, deletions, insertions, reordering and gaps. Whoever can write the whole chain anew, or cut its end off,
can only be found out with a head that was kept elsewhere: give it as `expect_head`.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import AuditError
from sync.audit.last_states import LastStates
from sync.store import audit, changes, pauses
from sync.store.audit import GENESIS, Head, Link, link_hash
from sync.store.database import Transaction
from sync.store.events import Event

_LINE = re.compile(rb'\{"entry":(\{.*\}),"hash":"([0-9a-f]{64})"\}\n')


def verify_store(tx: Transaction, *, expect_head: str | None = None) -> Head:
    """Verify the chain, that every change stands where its last entry says, and that the words of pauses are those the
    audit committed to. AuditError at the first fault.

    However many changes there ever were, only some thousands are held at a time.
    """
    check, paused = _Check(expect_head), dict[int, str]()
    with LastStates() as told:
        for link in audit.links(tx):
            entry = check.next(link, f"audit {link.seq}")
            told.note(entry)
            if entry["event"] == Event.PAUSED:
                paused[entry["pause"]] = entry["terms"]
        head = check.end()
        _compare(told.last(), changes.states(tx))
    if strange := [number for number, terms in pauses.terms(tx).items() if paused.get(number) != terms]:
        raise AuditError.of("AU-110", pause=strange[0])  # pause {pause} has another sync or reason than the one the…
    return head


def _compare(told: Iterator[tuple[str, str]], stored: Iterator[tuple[str, str]]) -> None:
    """Both in the order of the change's id: what the audit says of each, and where the store has it."""
    nothing = ("", "")
    entry, row = next(told, nothing), next(stored, nothing)
    while entry != nothing or row != nothing:
        if row == nothing or (entry != nothing and entry[0] < row[0]):
            raise AuditError.of("AU-109", entry[0])  # the audit tells of a change that the store does not have
        if entry != row:
            raise AuditError.of("AU-108", row[0], state=row[1])  # the store says the change is {state!r}, the audit…
        entry, row = next(told, nothing), next(stored, nothing)


def verify_export(path: Path, *, expect_head: str | None = None) -> Head:
    """Verify a file of `audit export`. AuditError at the first fault, with the number of its line."""
    check = _Check(expect_head)
    for number, link in _links(path):
        check.next(link, f"{path}:{number}")
    return check.end()


@dataclass(slots=True)
class _Check:
    """Walks a chain. Which fault is named first is part of the promise: what a person can see comes before hashes."""

    expect_head: str | None
    count: int = 0
    hash: str = GENESIS
    has_expected: bool = False

    def next(self, link: Link, where: str) -> dict[str, Any]:
        seq = self.count + 1
        if link.seq > seq:
            raise AuditError.of("AU-102", where, seq=seq, found=link.seq)  # audit entry {seq} is missing: {found}…
        if link.seq < seq:
            raise AuditError.of("AU-103", where, seq=seq, found=link.seq)  # audit entry {found} stands where {seq}…
        if link_hash(link.body) != link.hash:
            raise AuditError.of("AU-101", where, seq=seq)  # audit entry {seq} was edited: it does not have the digest…
        body = _body(link, where)
        if link.prev != self.hash:
            raise AuditError.of("AU-104", where, seq=seq)  # audit entry {seq} does not follow the entry before it:…
        self.count, self.hash = seq, link.hash
        self.has_expected = self.has_expected or link.hash == self.expect_head
        return body

    def end(self) -> Head:
        if self.expect_head is not None and not self.has_expected:
            raise AuditError.of("AU-106", seq=self.count, expected=self.expect_head)  # the expected head {expected}…
        return Head(self.count, self.hash)


def _links(path: Path) -> Iterator[tuple[int, Link]]:
    with path.open("rb") as file:
        for number, text in enumerate(file, start=1):
            where = f"{path}:{number}"
            if not text.endswith(b"\n"):
                raise AuditError.of("AU-107", where, seq=number)  # audit entry {seq} is incomplete: the file ends in…
            match = _LINE.fullmatch(text)
            if match is None:
                raise AuditError.of("AU-105", where, seq=number)  # audit entry {seq} is not in the form it was…
            body, digest = match.groups()
            seq, prev = _place(body, where, number)
            yield number, Link(seq, prev, digest.decode(), body)


def _place(body: bytes, where: str, number: int) -> tuple[int, str]:
    """What the entry says of its place; unverified as yet."""
    try:
        read = json.loads(body)
    except ValueError:
        # An edit that leaves no JSON is an edit all the same.
        raise AuditError.of("AU-101", where, seq=number) from None  # audit entry {seq} was edited: it does not have…
    match read:
        case {"seq": int(seq), "prev": str(prev)}:
            return seq, prev
    raise AuditError.of("AU-105", where, seq=number)  # audit entry {seq} is not in the form it was written in


def _body(link: Link, where: str) -> dict[str, Any]:
    """The entry itself; its bytes must say the same place as the row that holds them."""
    try:
        body: dict[str, Any] = json.loads(link.body)
    except ValueError:
        raise AuditError.of("AU-105", where, seq=link.seq) from None  # audit entry {seq} is not in the form it was…
    if (body.get("seq"), body.get("prev")) != (link.seq, link.prev):
        raise AuditError.of("AU-105", where, seq=link.seq)  # audit entry {seq} is not in the form it was written in
    return body
