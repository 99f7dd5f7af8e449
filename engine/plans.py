"""A plan: what one run proposes, as an immutable value with a digest."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from engine.changes import Change
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


@dataclass(frozen=True)
class Plan:
    """`changes` are first proposed here, ordered by record id; `kept` are open changes of earlier plans that still hold.

    `counts`: evaluated, in_scope, kept, quiet, respected, undecided, unassigned (numbers of prospects).
    """

    org_id: str
    at: datetime
    zone: str  # IANA name: `at` and `zone` are the moment the rules were asked at
    rulebook: str  # digest
    snapshot: str  # the pull it was made from
    is_baseline: bool
    changes: tuple[Change, ...]
    kept: tuple[str, ...] = ()
    withdrawn: tuple[Withdrawal, ...] = ()
    notices: tuple[Notice, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def digest(self) -> str:
        """Leaves the ids of changes out: the same rulebook, snapshot, memory and moment give the same digest."""
        return digest(
            [
                self.org_id,
                self.at.isoformat(),
                self.zone,
                self.rulebook,
                self.is_baseline,
                [change.digest for change in self.changes],
                sorted(withdrawal.record_id for withdrawal in self.withdrawn),
                dict(self.counts),
            ]
        )
