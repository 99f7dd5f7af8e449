"""What a dead run left is settled before anything goes, and what is approved then goes slice by slice, without an org."""

from collections.abc import Callable

import pytest

from engine.changes.change import Change, Reach
from engine.changes.states import State
from engine.messages import Message
from sync.apply.answers import Touched
from sync.apply.budget import Share
from sync.apply.outbox import Sending
from sync.salesforce.writes import WriteResult
from sync.store import batches, changes, jobs
from sync.store.changes import Move
from sync.store.vocabulary import WriteMode
from tests.sync.apply.willing_org import Table, ids

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)

TableOf = Callable[..., Table]


def send(table: Table, *made: Change, job: str | None = None) -> None:
    """A run sends these and dies; by a job of this id."""
    lease, at = table.outbox.leased.lease, table.org.at
    with table.store.transaction() as tx:
        if job:
            jobs.expect(tx, lease, "Lead", run=table.outbox.answers.run_id, version="66.0", at=at)
        moves = [Move(each.change_id, State.SENDING) for each in made]
        batches.intend(tx, lease, moves, run=table.outbox.answers.run_id, mode="bulk", at=at, job=job)


def left(table: Table) -> list[str]:
    """The jobs about which something is left to do."""
    with table.store.read() as tx:
        return [upload.job_id for upload in jobs.uploads(tx)]


def test_what_was_on_its_way_without_a_job_is_unknown_and_read_back(table_of: TableOf) -> None:
    table = table_of(3)
    send(table, *table.made[:2])
    table.org.settled = {table.made[0].change_id}
    sending = table.outbox.settled()
    assert table.states() == [State.UNKNOWN] * 2 + [State.APPROVED]
    assert sending == Sending(table.outbox, Touched({table.made[0].change_id}))
    assert (table.org.stops, table.org.settlings, table.org.recovered) == (1, 1, [])


def test_a_job_that_has_ended_says_what_became_of_its_rows(table_of: TableOf) -> None:
    table = table_of(2)
    send(table, *table.made, job="750A")
    table.org.results[table.made[1].record_id] = [WriteResult.GONE]
    sending = table.outbox.settled()
    assert table.org.recovered == [("750A", ids(table.made))]
    assert (table.states(), left(table)) == ([State.APPLIED, State.GONE], [])
    assert sending == Sending(table.outbox, Touched({each.change_id for each in table.made}, table.made[:1]))


def test_while_a_job_is_at_work_its_rows_stay_sent_and_no_other_job_is_made(table_of: TableOf) -> None:
    table = table_of(3)
    send(table, table.made[0], job="750A")
    send(table, table.made[1])
    table.org.is_at_work = True
    sending = table.outbox.settled()
    assert (table.states(), left(table)) == ([State.SENDING, State.UNKNOWN, State.APPROVED], ["750A"])
    assert sending == Sending(table.outbox, Touched(), is_under_way=True)


def test_a_job_whose_rows_others_have_moved_on_is_closed(table_of: TableOf) -> None:
    table = table_of(1)
    send(table, *table.made, job="750A")
    with table.store.transaction() as tx:
        changes.move(tx, [Move(table.made[0].change_id, State.UNKNOWN)], run=None, at=table.org.at)
    table.outbox.settled()
    assert (table.org.recovered, left(table), table.states()) == ([("750A", [])], [], [State.UNKNOWN])


FIELDS, OWNERS = ("Lead", Reach.FIELDS), ("Lead", Reach.OWNER)


def told(sending: Sending, share: Share) -> list[int]:
    """How many changes each slice touched."""
    return [len(touched.change_ids) for touched in sending.send(share)]


def test_of_what_is_approved_as_much_goes_as_the_share_says_in_order_of_records(table_of: TableOf) -> None:
    table = table_of(4)
    sending = Sending(table.outbox, Touched())
    assert told(sending, Share(*FIELDS, WriteMode.GUARDED, 3)) == [3]
    assert (table.batches(), sending.waits) == ([ids(table.made[:3])], None)
    assert told(sending, Share(*OWNERS, WriteMode.GUARDED, 3)) == []


def test_what_closed_the_gate_for_one_share_closes_it_for_the_next(table_of: TableOf) -> None:
    late = Message.of("wait.deadline", seconds=600)
    table = table_of(3, size=1, closes=[None, late])
    sending = Sending(table.outbox, Touched())
    assert told(sending, Share(*FIELDS, WriteMode.GUARDED, 3)) == [1]
    assert told(sending, Share(*FIELDS, WriteMode.GUARDED, 3)) == []
    assert (sending.waits, len(table.org.sent)) == (late, 1)


@pytest.mark.parametrize(("is_under_way", "waits"), [(True, Message.of("wait.job")), (False, None)])
def test_no_job_is_made_beside_one_of_an_earlier_run(
    table_of: TableOf, waits: Message | None, *, is_under_way: bool
) -> None:
    table = table_of(1, mode=WriteMode.BULK)
    sending = Sending(table.outbox, Touched(), is_under_way=is_under_way)
    assert told(sending, Share(*FIELDS, WriteMode.BULK, 1)) == ([] if is_under_way else [1])
    assert sending.waits == waits


def test_single_writes_go_beside_a_job(table_of: TableOf) -> None:
    sending = Sending(table_of(1).outbox, Touched(), is_under_way=True)
    assert told(sending, Share(*FIELDS, WriteMode.GUARDED, 1)) == [1]


def test_what_only_memory_keeps_is_remembered_and_not_sent(table_of: TableOf) -> None:
    table = table_of(2, values={})
    sending = Sending(table.outbox, Touched())
    assert told(sending, Share("Lead", Reach.MEMORY, WriteMode.GUARDED, 1)) == [1]
    assert (table.states(), table.org.sent) == ([State.APPLIED, State.APPROVED], [])
