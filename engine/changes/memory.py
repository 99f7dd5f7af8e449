"""Memory: what must be remembered between runs for the next plan to be right, as an immutable value.

Keys are 18-character record ids (unique in an org, whatever the object).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from engine.changes.change import Standing
from engine.values import Scalar, Values


@dataclass(frozen=True, slots=True)
class Quiet:
    """A rejected or refused change: not proposed again while target and meaning base stay the same."""

    target_digest: str
    meaning_digest: str
    owner: str | None = None  # the owner it would have given, so that the pool is not asked again
    pool: str | None = None
    score: int | None = None  # the score it asked for or rested on: one that crept a little since is the same


@dataclass(frozen=True, slots=True)
class Overridden:
    """What somebody else made of a value of ours, and when that was first seen."""

    value: Scalar
    since: datetime


@dataclass(frozen=True, slots=True)
class Written:
    """When leadsync last wrote a record, and by which run; None: its values were only given back."""

    at: datetime
    run: str | None


@dataclass(frozen=True, slots=True)
class Memory:
    """`applied` are the last values leadsync wrote; `turns` the last sequence number per pool id and member id."""

    open_changes: Mapping[str, Standing] = field(default_factory=dict)
    applied: Mapping[str, Values] = field(default_factory=dict)
    written: Mapping[str, Written] = field(default_factory=dict)
    overrides: Mapping[str, Mapping[str, Overridden]] = field(default_factory=dict)  # by field, `owner` too
    tags: Mapping[str, frozenset[tuple[str, str]]] = field(default_factory=dict)  # (tag, rule id)
    firings: Mapping[str, frozenset[str]] = field(default_factory=dict)  # ids of `once` rules
    turns: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    quiet: Mapping[str, tuple[Quiet, ...]] = field(default_factory=dict)
    moved: Mapping[str, tuple[datetime, ...]] = field(default_factory=dict)  # when leadsync gave it another owner
    is_established: bool = False  # a baseline has been approved
    # Ids of open changes that may have been written already, though no answer said so: they are left to be settled.
    sent: frozenset[str] = frozenset()
    # Ids of open changes that would be written to other fields now: they are proposed anew.
    rewritten: frozenset[str] = frozenset()
    # What leadsync wrote until then is in what was pulled: the look-back of a pull reaches so far. None: nothing may be.
    settled_at: datetime | None = None


EMPTY = Memory()
