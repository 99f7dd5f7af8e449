"""A plan: what one run proposes, as an immutable value with a digest."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from engine.changes.change import Change
from engine.changes.memory import Overridden
from engine.digests import digest
from engine.messages import Message


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """An open change that this plan supersedes, and why."""

    change_id: str
    record_id: str
    because: Message


@dataclass(frozen=True, slots=True)
class Notice:
    """A prospect about which people should know something though nothing is proposed for it."""

    record_id: str
    message: Message


@dataclass(frozen=True, slots=True)
class Outline:
    """A plan without its changes, which may be too many to hold at once.

    `counts`: evaluated, in_scope, kept, quiet, respected, undecided, unassigned and more (numbers of prospects).
    `notices` are the first of those counted as unassigned.
    """

    org_id: str
    at: datetime
    zone: str  # IANA name: `at` and `zone` are the moment the rules were asked at
    rulebook: str  # digest
    snapshot: str  # the pull it was made from
    is_baseline: bool
    withdrawn: tuple[Withdrawal, ...] = ()
    notices: tuple[Notice, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    # Records on which somebody else's values are others than remembered: to be noted with the plan, all of each record.
    overrides: Mapping[str, Mapping[str, Overridden]] = field(default_factory=dict)

    def digest(self, changes: "ChangesDigest") -> str:
        """The plan's digest. It leaves the ids of changes out: the same rulebook, snapshot, memory and moment give the
        same digest.
        """
        return digest(
            [
                self.org_id,
                self.at.isoformat(),
                self.zone,
                self.rulebook,
                self.is_baseline,
                changes.hexdigest(),
                sorted(withdrawal.record_id for withdrawal in self.withdrawn),
                dict(self.counts),
            ]
        )


class ChangesDigest:
    """The digest of a plan's changes, rolled on one by one in the order of record ids."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def add(self, change_digest: str) -> None:
        self._hash.update(bytes.fromhex(change_digest))

    def hexdigest(self) -> str:
        return self._hash.hexdigest()


@dataclass(frozen=True)
class Plan:
    """A plan that is small enough to be one value. `changes` are first proposed here, ordered by record id."""

    org_id: str
    at: datetime
    zone: str
    rulebook: str
    snapshot: str
    is_baseline: bool
    changes: tuple[Change, ...]
    withdrawn: tuple[Withdrawal, ...] = ()
    notices: tuple[Notice, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    overrides: Mapping[str, Mapping[str, Overridden]] = field(default_factory=dict)

    @property
    def outline(self) -> Outline:
        return Outline(
            self.org_id,
            self.at,
            self.zone,
            self.rulebook,
            self.snapshot,
            self.is_baseline,
            self.withdrawn,
            self.notices,
            self.counts,
            self.overrides,
        )

    @cached_property
    def digest(self) -> str:
        rolled = ChangesDigest()
        for change in self.changes:
            rolled.add(change.digest)
        return self.outline.digest(rolled)
