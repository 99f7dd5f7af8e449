"""Follow-ups: what a plan knows of single prospects that the next one must know too, should it not look at them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class FollowUp:
    """`is_next`: to be looked at by the next plan whatever happens; `due_at`: by the first plan from then on.

    The others are what plans count: what they propose was turned down, a person's value stays, a rule cannot be decided.
    """

    is_next: bool = False
    due_at: datetime | None = None
    is_quiet: bool = False
    is_respected: bool = False
    is_undecided: bool = False


def follow_ups(
    *,
    following: Collection[str],
    due: Mapping[str, datetime],
    quiet: Collection[str],
    respected: Collection[str],
    undecided: Collection[str],
) -> dict[str, FollowUp]:
    """By record id, in no order; `following` are those of the next plan."""
    return {
        record_id: FollowUp(
            record_id in following,
            due.get(record_id),
            record_id in quiet,
            record_id in respected,
            record_id in undecided,
        )
        for record_id in {*following, *due, *quiet, *respected, *undecided}
    }
