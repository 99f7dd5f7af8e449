"""Batches on their way out while others work: what is moved on meanwhile is not sent, and what stops writing stops at once."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest

from engine.changes.change import Reach
from engine.changes.states import State
from sync.apply.apply import outbox_of
from sync.apply.outbox import Outbox, Sending
from sync.apply.writers.batches import PayloadGroup, Writer
from sync.run import begin
from sync.salesforce.writes import Answer
from sync.sandbox.worlds import JobState
from sync.store import batches, changes, jobs, pauses
from sync.store.batches import Approved
from sync.store.changes import Move
from sync.store.vocabulary import LeaseName, RunVerb, WriteMode
from tests.stage import Stage


@dataclass
class Watched:
    """A writer with somebody at work beside it: after a job is prepared, or after each batch of at most `most`."""

    inner: Writer
    size: int
    most: int = 2
    prepared: Callable[[], None] = lambda: None
    sent: Callable[[], None] = lambda: None
    batches: list[int] = field(default_factory=list)

    @property
    def mode(self) -> WriteMode:
        return self.inner.mode

    def fit(self, groups: Sequence[PayloadGroup]) -> int:
        return min(len(groups), self.most)

    def prepare(self, object_name: str) -> str | None:
        job = self.inner.prepare(object_name)
        self.prepared()
        return job

    def give_up(self, job_id: str | None) -> None:
        self.inner.give_up(job_id)

    def send(self, groups: Sequence[PayloadGroup], job_id: str | None) -> list[Answer] | None:
        answers = self.inner.send(groups, job_id)
        self.batches.append(len(groups))
        self.sent()
        return answers


def planned(stage: Stage, count: int = 4) -> list[str]:
    leads = [stage.add_lead(Title="課長", LastName=f"佐藤{number}") for number in range(count)]
    stage.plan()
    return leads


@contextmanager
def writing(stage: Stage) -> Iterator[tuple[Outbox, list[Approved]]]:
    """A run of apply that has read what is approved and sent nothing yet."""
    stage.advance(120)
    with begin(stage.worker, RunVerb.APPLY) as run, stage.worker.hold(LeaseName.WRITE) as lease:
        with stage.worker.store.read() as tx:
            approved = batches.approved(tx, "Lead", Reach.FIELDS, after="", most=100)
        yield outbox_of(run, lease), approved


def watched_by(outbox: Outbox, mode: WriteMode, watched: Watched) -> Sending:
    return replace(outbox, writers={**outbox.writers, mode: watched}).settled()


def supersede(stage: Stage, approved: Sequence[Approved]) -> None:
    moves = [Move(each.standing.change.change_id, State.SUPERSEDED) for each in approved]
    with stage.worker.store.transaction() as tx:
        changes.move(tx, moves, run=None, at=stage.worker.clock.now())


def left_of_jobs(stage: Stage) -> tuple[object, list[JobState]]:
    with stage.worker.store.read() as tx:
        expected = jobs.expected(tx)
    return expected, [job.state for job in stage.server.world.jobs.values() if job.kind == "ingest"]


def test_no_job_is_made_for_what_nobody_wants_any_more(stage: Stage) -> None:
    planned(stage)
    with writing(stage) as (outbox, approved):
        supersede(stage, approved)
        outbox.settled().carry(approved, WriteMode.BULK)
    assert left_of_jobs(stage) == (None, [])


def test_a_job_that_nobody_needs_once_it_is_made_is_stopped_and_the_next_one_can_be_made(stage: Stage) -> None:
    leads = planned(stage)
    with writing(stage) as (outbox, approved):
        early, rest = approved[:2], approved[2:]
        watched = Watched(outbox.bulk, size=100, prepared=lambda: supersede(stage, early))
        sending = watched_by(outbox, WriteMode.BULK, watched)
        sending.carry(early, WriteMode.BULK)
        watched.prepared = lambda: None
        sending.carry(rest, WriteMode.BULK)
    assert left_of_jobs(stage) == (None, [JobState.ABORTED, JobState.COMPLETE])
    assert [stage.standing_of(lead) for lead in leads] == [State.SUPERSEDED] * 2 + [State.APPLIED] * 2


@pytest.mark.parametrize("mode", [WriteMode.BULK, WriteMode.COLLECTIONS])
def test_a_pause_between_two_jobs_of_one_batch_stops_the_second(stage: Stage, mode: WriteMode) -> None:
    leads = planned(stage, 5)

    def pause() -> None:
        with stage.worker.store.transaction() as tx:
            pauses.pause(tx, sync=None, by="os:admin@desk", reason="audit", at=stage.worker.clock.now())

    with writing(stage) as (outbox, approved):
        watched = Watched(outbox.writers[mode], size=100, sent=pause)
        sending = watched_by(outbox, mode, watched)
        sending.carry(approved, mode)
        waits = sending.waits
    assert (watched.batches, waits.key if waits else None) == ([2], "wait.paused")
    assert [stage.standing_of(lead) for lead in leads] == [State.APPLIED] * 2 + [State.APPROVED] * 3
