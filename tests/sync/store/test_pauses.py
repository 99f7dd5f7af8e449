"""Pauses: one sync or everything stands still until a date, or until somebody lifts it."""

from datetime import datetime, timedelta

from sync.store import audit, pauses
from sync.store.database import Store

WHO = "os:reviewer@desk"
HOUR = timedelta(hours=1)


def test_a_pause_of_one_sync_leaves_the_others_and_writing_alone(store: Store, at: datetime) -> None:
    with store.transaction() as tx:
        made = pauses.pause(tx, sync="leads", by=WHO, reason="quarter's end", at=at)
        stopped = [pauses.stopping(tx, at=at, sync=sync) for sync in ("leads", "sweep", None)]

    assert stopped == [made, None, None]


def test_a_pause_of_everything_stops_each_sync_and_writing(store: Store, at: datetime) -> None:
    with store.transaction() as tx:
        made = pauses.pause(tx, sync=None, by=WHO, reason="migration", at=at)
        stopped = [pauses.stopping(tx, at=at, sync=sync) for sync in ("leads", "sweep", None)]

    assert stopped == [made, made, made]


def test_a_pause_ends_by_itself_at_its_date(store: Store, at: datetime) -> None:
    with store.transaction() as tx:
        pauses.pause(tx, sync="leads", by=WHO, reason="", at=at, until=at + HOUR)

        assert pauses.stopping(tx, at=at + HOUR / 2, sync="leads") is not None
        assert pauses.stopping(tx, at=at + HOUR, sync="leads") is None


def test_lifting_ends_what_it_names_and_nothing_else(store: Store, at: datetime) -> None:
    with store.transaction() as tx:
        everything = pauses.pause(tx, sync=None, by=WHO, reason="", at=at)
        leads = pauses.pause(tx, sync="leads", by=WHO, reason="", at=at)

        assert pauses.lift(tx, sync="leads", by=WHO, at=at + HOUR) == (leads,)
        assert pauses.current(tx, at=at + HOUR) == (everything,)
        assert pauses.lift(tx, sync="leads", by=WHO, at=at + HOUR) == ()


def test_the_audit_tells_who_paused_and_who_resumed_but_not_why(store: Store, at: datetime) -> None:
    with store.transaction() as tx:
        pauses.pause(tx, sync="leads", by=WHO, reason="Suzuki is ill", at=at, until=at + HOUR)
        pauses.lift(tx, sync="leads", by=WHO, at=at)
        told = [link.body.decode() for link in audit.links(tx)]

    assert ['"event":"paused"' in told[0], '"event":"resumed"' in told[1]] == [True, True]
    assert all(WHO in body and "Suzuki" not in body for body in told)
