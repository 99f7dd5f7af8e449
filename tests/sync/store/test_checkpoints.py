"""What a plan leaves for the next, kept a page at a time."""

from collections.abc import Iterable
from datetime import UTC, datetime

from engine.plan.follow_ups import FollowUp
from sync.store import checkpoints
from sync.store.database import Store

AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def of_next(record_ids: Iterable[str]) -> dict[str, FollowUp]:
    return {record_id: FollowUp(is_next=True) for record_id in record_ids}


def due(store: Store) -> list[str]:
    with store.read() as tx:
        return sorted(checkpoints.due(tx, at=AT, most=100))


def test_pages_that_follow_each_other_replace_all_that_was_kept(store: Store) -> None:
    with store.transaction() as tx:
        checkpoints.leave_between(tx, of_next("Aaceg"), after="", last=None)
    for page, after, last in (("Bb", "", "b"), ("cd", "b", "d"), ("f", "d", None)):
        with store.transaction() as tx:
            checkpoints.leave_between(tx, of_next(page), after=after, last=last)

    assert due(store) == ["B", "b", "c", "d", "f"]


def test_a_plan_of_a_part_leaves_what_was_kept_of_the_others(store: Store) -> None:
    with store.transaction() as tx:
        checkpoints.leave_between(tx, of_next("abc"), after="", last=None)
    with store.transaction() as tx:
        checkpoints.leave(tx, of_next("d"), looked_at="bd")

    assert due(store) == ["a", "c", "d"]
