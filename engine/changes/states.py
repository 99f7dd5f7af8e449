"""The states of a change and the moves between them: the only such list. `design: the life of a change`."""

from enum import StrEnum


class State(StrEnum):
    """Where a change stands. The first five are open, the rest are final."""

    PLANNED = "planned"  # waits for a person because policy asks
    HELD = "held"  # waits because a limit was hit
    APPROVED = "approved"
    SENDING = "sending"  # intent committed
    UNKNOWN = "unknown"  # sent, no answer

    APPLIED = "applied"
    UNCHANGED = "unchanged"  # the values were already there, by another hand
    CONFLICT = "conflict"  # somebody changed what the decision rests on
    BLOCKED = "blocked"  # the target is not allowed now
    GONE = "gone"
    REFUSED = "refused"  # the org said no for good
    REJECTED = "rejected"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"


OPEN = frozenset({State.PLANNED, State.HELD, State.APPROVED, State.SENDING, State.UNKNOWN})
# For a person to decide.
WAITING = frozenset({State.PLANNED, State.HELD})
# A change left in one of these after a run means that the run did part of what it set out to do.
UNDONE = frozenset({
    State.HELD, State.APPROVED, State.SENDING, State.UNKNOWN, State.CONFLICT, State.BLOCKED, State.GONE, State.REFUSED,
})  # fmt: skip
# What was decided against for good is remembered and not proposed again until it means something else.
QUIET = frozenset({State.REJECTED, State.REFUSED})

_WITHDRAWN = {State.SUPERSEDED, State.EXPIRED, State.CANCELLED}
MOVES: dict[State, frozenset[State]] = {
    State.PLANNED: frozenset({State.APPROVED, State.HELD, State.REJECTED} | _WITHDRAWN),
    State.HELD: frozenset({State.APPROVED, State.REJECTED} | _WITHDRAWN),
    # A change with only a memory part goes from approved to applied in one store transaction.
    State.APPROVED: frozenset(
        {State.SENDING, State.APPLIED, State.UNCHANGED, State.CONFLICT, State.BLOCKED, State.GONE} | _WITHDRAWN
    ),
    State.SENDING: frozenset({State.APPLIED, State.REFUSED, State.CONFLICT, State.GONE, State.APPROVED, State.UNKNOWN}),
    State.UNKNOWN: frozenset({State.APPLIED, State.UNCHANGED, State.APPROVED, State.CONFLICT, State.GONE}),
}


def allows(before: State, after: State) -> bool:
    """Whether a change may go from one state to the other."""
    return after in MOVES.get(before, frozenset())
