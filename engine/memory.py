"""Memory: what must be remembered between runs for the next plan to be right, as an immutable value.

Keys are 18-character record ids (unique in an org, whatever the object).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.changes import Standing, Values


@dataclass(frozen=True, slots=True)
class Quiet:
    """A rejected or refused change: not proposed again while target and meaning base stay the same."""

    target_digest: str
    meaning_digest: str
    owner: str | None = None  # the owner it would have given, so that the pool is not asked again
    pool: str | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """`applied` are the last values leadsync wrote; `turns` the last sequence number per pool id and member id."""

    open_changes: Mapping[str, Standing] = field(default_factory=dict)
    applied: Mapping[str, Values] = field(default_factory=dict)
    tags: Mapping[str, frozenset[tuple[str, str]]] = field(default_factory=dict)  # (tag, rule id)
    firings: Mapping[str, frozenset[str]] = field(default_factory=dict)  # ids of `once` rules
    turns: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    quiet: Mapping[str, tuple[Quiet, ...]] = field(default_factory=dict)
    is_established: bool = False  # a baseline has been approved
    # Ids of open changes that may have been written already, though no answer said so: they are left to be settled.
    sent: frozenset[str] = frozenset()
    # Ids of open changes that would be written to other fields now: they are proposed anew.
    rewritten: frozenset[str] = frozenset()


EMPTY = Memory()
