"""What the exit codes mean: one table, in the design's words.

0 done · 1 failed · 2 there are changes (only with --detailed-exitcode) · 3 partly done or held · 4 login ·
5 configuration · 6 plan stale · 7 audit broken · 8 another run holds the lease · 64 usage · 130 interrupted
"""

from collections.abc import Iterable, Mapping
from enum import IntEnum

from engine import errors
from engine.changes.states import UNDONE, State
from engine.errors import LeadsyncError


class Code(IntEnum):
    DONE = 0
    FAILED = 1
    CHANGES = 2
    PARTLY = 3
    LOGIN = 4
    CONFIGURATION = 5
    STALE = 6
    AUDIT = 7
    LEASE = 8
    USAGE = 64
    INTERRUPTED = 130


_CODES: Mapping[type[LeadsyncError], Code] = {
    errors.LoginError: Code.LOGIN,
    errors.RulebookError: Code.CONFIGURATION,
    errors.MapError: Code.CONFIGURATION,
    errors.SettingsError: Code.CONFIGURATION,
    errors.OtherOrgError: Code.CONFIGURATION,
    # Nothing is wrong: what is left waits until calls are free again.
    errors.BudgetError: Code.PARTLY,
    errors.PlanStaleError: Code.STALE,
    errors.AuditError: Code.AUDIT,
    errors.LeaseError: Code.LEASE,
    errors.ShutdownError: Code.PARTLY,
    errors.UsageError: Code.USAGE,
}

# Of several codes the worst is told: the later here, the worse.
_BY_WEIGHT = (
    Code.DONE, Code.CHANGES, Code.PARTLY, Code.LEASE, Code.STALE, Code.FAILED, Code.USAGE, Code.INTERRUPTED,
    Code.LOGIN, Code.CONFIGURATION, Code.AUDIT,
)  # fmt: skip


def code_of(error: LeadsyncError) -> Code:
    """The code of an error's class, or of the nearest class above it."""
    return next((_CODES[kind] for kind in type(error).__mro__ if kind in _CODES), Code.FAILED)


def code_after(states: Mapping[State, int]) -> Code:
    """The code of a run by where it left its changes."""
    return Code.PARTLY if any(states.get(state) for state in UNDONE) else Code.DONE


def worst(codes: Iterable[Code]) -> Code:
    """What several things came to together; DONE when there were none."""
    return max(codes, key=_BY_WEIGHT.index, default=Code.DONE)
