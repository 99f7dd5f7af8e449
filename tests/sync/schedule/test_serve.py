"""What one look at the clock comes to: runs, lost and skipped slots, pauses, leases, and edited settings."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event

import pytest

from config.settings.settings import FILE
from config.settings.syncs import Sync, Verb
from engine.errors import LeadsyncError
from sync.run import Run, Worker, begin
from sync.schedule.due import last_due, next_times
from sync.schedule.runner import Opening
from sync.schedule.schedule import Schedule
from sync.schedule.serve import Server
from sync.store import pauses, runs, slots
from sync.store.figures import DueTime
from sync.store.slots import Slot
from sync.store.vocabulary import LeaseName, RunVerb, SlotState
from tests.stage import Stage

HOUR = 3_600.0
SYNCS = "org: sandbox\nlanguage: en\nsyncs: {leads: {cron: '*/15 * * * *'}, sweep: off}\n"


@dataclass
class Watched:
    """A server on the stage whose `leads` went well at its last due time; `told` is what it said."""

    stage: Stage
    beginning: Callable[..., object] = begin
    told: list[tuple[Slot | None, LeadsyncError | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        (self.stage.folder / FILE).write_text(SYNCS, encoding="utf-8")
        self.server = self.another()
        worker = self.stage.worker
        now = worker.clock.now()
        due = last_due(self.server.look().syncs["leads"], until=now)
        assert due is not None
        with worker.store.transaction() as tx:
            slot = slots.take(tx, "leads", due, holder=worker.holder, at=now)
            assert slot
            slots.finish(tx, slot, SlotState.DONE, at=now)

    def another(self) -> Server:
        worker = self.stage.worker
        return Server(worker, lambda: nullcontext(worker), self.beginning, lambda *said: self.told.append(said))  # type: ignore[arg-type]  # one of the two beginnings here

    def look(self) -> SlotState | None:
        ended = self.server.run_due()
        return ended[0].state if ended else None

    def last(self) -> Slot:
        with self.stage.worker.store.read() as tx:
            found = slots.last(tx, "leads")
        assert found is not None
        return found

    def runs(self) -> list[str]:
        """Verbs of all runs but the stage's own first plan."""
        with self.stage.worker.store.read() as tx:
            return [run.verb for run in runs.latest(tx)][:-1]


@pytest.fixture
def watched(stage: Stage) -> Watched:
    return Watched(stage)


def test_nothing_runs_before_it_is_due(watched: Watched) -> None:
    assert watched.look() is None
    assert watched.runs() == []


def test_s2_eight_hours_away_are_caught_up_by_one_run_that_says_so(watched: Watched) -> None:
    watched.stage.advance(8 * HOUR)

    assert [watched.look(), watched.look()] == [SlotState.DONE, None]
    assert (watched.runs(), watched.last().missed) == (["run"], 31)
    with watched.stage.worker.store.read() as tx:
        (run, _) = runs.latest(tx)
    assert (run.run_id, run.figures.due) == (watched.last().run_id, DueTime("leads", 31))


def test_the_run_writes_what_policy_lets_through(watched: Watched) -> None:
    lead = watched.stage.add_lead(owner="suzuki", Title="部長")
    watched.stage.advance(HOUR)

    assert watched.look() is SlotState.DONE
    assert [write.record_id for write in watched.stage.our_writes()] == [lead]


def test_a_run_that_leaves_something_held_is_done_in_part(watched: Watched) -> None:
    for _ in range(2):
        watched.stage.add_lead(owner="suzuki", Title="部長")
    with (watched.stage.folder / "rulebook" / "rulebook.yaml").open("a", encoding="utf-8") as file:
        file.write("change limit: {percent: 0, min: 1, max: 1}\n")
    watched.server.opening = opening_anew(watched.stage)
    watched.stage.advance(HOUR)

    assert (watched.look(), watched.last().codes) == (SlotState.PARTLY, ())


def test_a_sync_due_with_another_is_not_too_late_because_that_one_was_at_work(stage: Stage) -> None:
    @contextmanager
    def long(worker: Worker, verb: RunVerb) -> Iterator[Run]:
        stage.advance(HOUR / 6)
        with begin(worker, verb) as run:
            yield run

    watched = Watched(stage, beginning=long)
    nightly = "nightly: {verb: plan, cron: '0 10 * * *', catch up: skip}, leads: "
    (stage.folder / FILE).write_text(SYNCS.replace("leads: ", nightly), encoding="utf-8")
    first = watched.look()
    clock = stage.worker.clock
    begun = clock.now()
    while clock.now() - begun < timedelta(hours=1):
        # As the thread at the clock does: somebody looks all the time.
        watched.server._tick()
        stage.advance(30)

    assert first is None
    assert [watched.look(), watched.look()] == [SlotState.DONE, SlotState.DONE]
    with stage.worker.store.read() as tx:
        assert [slots.last(tx, name).state for name in ("leads", "nightly")] == [SlotState.DONE, SlotState.DONE]  # type: ignore[union-attr]  # both were seen


def test_a_paused_sync_stands_still_and_is_caught_up_afterwards(watched: Watched) -> None:
    worker = watched.stage.worker
    with worker.store.transaction() as tx:
        pauses.pause(tx, sync="leads", by="os:a@b", reason="", at=worker.clock.now())
    watched.stage.advance(HOUR)
    paused = watched.look()
    with worker.store.transaction() as tx:
        pauses.lift(tx, sync="leads", by="os:a@b", at=worker.clock.now())

    assert (paused, watched.look(), watched.last().missed) == (None, SlotState.DONE, 3)


def test_while_another_run_holds_a_lease_nothing_is_claimed(watched: Watched) -> None:
    watched.stage.advance(HOUR)
    with watched.stage.worker.hold(LeaseName.PULL):
        busy = watched.look()

    assert (busy, watched.look()) == (None, SlotState.DONE)


def test_a_run_that_fails_is_told_and_the_next_due_time_comes(watched: Watched) -> None:
    watched.stage.advance(HOUR)
    rules = watched.stage.folder / "rulebook" / "rulebook.yaml"
    whole = rules.read_text(encoding="utf-8")
    rules.write_text("name: [\n", encoding="utf-8")
    watched.server.opening = opening_anew(watched.stage)

    assert [watched.look(), watched.look()] == [SlotState.FAILED, None]
    assert watched.last().codes
    rules.write_text(whole, encoding="utf-8")
    watched.stage.advance(HOUR / 4)
    assert watched.look() is SlotState.DONE


def test_a_fault_of_its_own_fails_one_run_and_not_the_worker(stage: Stage) -> None:
    def faulty(_worker: Worker, _verb: RunVerb) -> Run:
        raise ZeroDivisionError

    watched = Watched(stage, beginning=faulty)
    stage.advance(HOUR)

    assert (watched.look(), watched.last().codes) == (SlotState.FAILED, ("SC-102",))
    error = watched.told[-1][1]
    assert error is not None
    [problem] = error.problems
    assert str(problem.params["place"]).split(", ")[-1].startswith("test_serve.")


def test_s7_told_to_end_it_begins_nothing_new(watched: Watched) -> None:
    watched.stage.advance(HOUR)
    watched.server.shutdown.ask()

    assert (watched.look(), watched.runs()) == (None, [])


def test_s7_told_to_end_between_plan_and_apply_the_rest_is_taken_up_by_whoever_starts_next(stage: Stage) -> None:
    watched = Watched(stage, beginning=told_to_end)
    lead = stage.add_lead(owner="suzuki", Title="部長")
    stage.advance(HOUR)

    assert (watched.look(), stage.our_writes()) == (SlotState.LOST, [])
    watched.beginning = begin
    watched.server = watched.another()
    assert watched.look() is SlotState.DONE
    assert [write.record_id for write in stage.our_writes()] == [lead]
    assert watched.last().attempts == 2


def test_s7_a_run_that_was_told_to_end_has_not_failed(stage: Stage) -> None:
    watched = Watched(stage, beginning=told_to_end)
    stage.advance(HOUR)
    watched.look()
    with stage.worker.store.read() as tx:
        (last,) = runs.latest(tx, limit=1)

    assert last.outcome == runs.INTERRUPTED


def test_a_schedule_edited_meanwhile_counts(watched: Watched) -> None:
    (watched.stage.folder / FILE).write_text(
        SYNCS.replace("'*/15 * * * *'", "'0 12 * * *', verb: plan"), encoding="utf-8"
    )

    assert dict(watched.server.look().syncs) == {
        "leads": Sync(verb=Verb.PLAN, cron="0 12 * * *", time_zone="Asia/Tokyo")
    }


def test_a_schedule_edited_while_a_run_is_at_work_is_another_value_and_the_old_one_stays(stage: Stage) -> None:
    servers: list[Server] = []
    seen: list[Schedule] = []

    @contextmanager
    def edited(worker: Worker, verb: RunVerb) -> Iterator[Run]:
        seen.append(servers[0].schedule)
        (stage.folder / FILE).write_text(SYNCS.replace("'*/15 * * * *'", "'0 12 * * *'"), encoding="utf-8")
        servers[0]._tick()
        seen.append(servers[0].schedule)
        with begin(worker, verb) as run:
            yield run

    watched = Watched(stage, beginning=edited)
    servers.append(watched.server)
    stage.advance(HOUR)

    assert watched.look() is SlotState.DONE
    assert [schedule.syncs["leads"].cron for schedule in seen] == ["*/15 * * * *", "0 12 * * *"]
    assert [schedule.at_work is None for schedule in (*seen, watched.server.schedule)] == [False, False, True]


def test_a_schedule_that_cannot_be_read_leaves_the_one_before_and_is_told_once(watched: Watched) -> None:
    before = dict(watched.server.look().syncs)
    (watched.stage.folder / FILE).write_text(SYNCS.replace("*/15", "*/x"), encoding="utf-8")

    assert [dict(watched.server.look().syncs), dict(watched.server.look().syncs)] == [before, before]
    assert [error.problems[0].code for _, error in watched.told if error] == ["ST-140"]


def test_served_until_told_to_end(watched: Watched) -> None:
    watched.stage.advance(HOUR)
    server = watched.server

    def ended(slot: Slot | None, _: LeadsyncError | None) -> None:
        watched.told.append((slot, None))
        server.shutdown.ask()

    server.tell = ended
    server.serve()

    assert [slot.state for slot, _ in watched.told if slot] == [SlotState.DONE]


def opening_anew(stage: Stage) -> Opening:
    """As `serve` opens it: files are read again."""
    from sync.app import open_worker
    from sync.sandbox.server import Opened

    return lambda: open_worker(stage.folder, sandbox=Opened.of(stage.server))


@contextmanager
def told_to_end(worker: Worker, verb: RunVerb) -> Iterator[Run]:
    """A run during which TERM arrives."""
    with begin(worker, verb) as run:
        run.worker.shutdown.ask()
        yield run


def test_a_jittered_time_is_run_so_much_later_and_keeps_its_name(watched: Watched) -> None:
    (watched.stage.folder / FILE).write_text(SYNCS.replace("{cron", "{jitter seconds: 600, cron"), encoding="utf-8")
    wait = watched.server.look().syncs["leads"].jitter_seconds
    due = next_times(watched.server.look().syncs["leads"], after=watched.stage.worker.clock.now(), count=1)[0]
    watched.stage.advance((due - watched.stage.worker.clock.now()).total_seconds() - 20)
    early = watched.look()
    watched.stage.advance(30)

    assert (early, watched.look(), 0 < wait <= 600) == (None, SlotState.DONE, True)
    assert watched.last().due_at == due - timedelta(seconds=wait)


def test_a_look_at_the_clock_that_the_store_does_not_take_is_made_again_without_a_word(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    looks: list[str] = []

    def wait_for_looks(number: int) -> None:
        while len(looks) < number:
            Event().wait(0.01)

    @contextmanager
    def without_slots(worker: Worker, verb: RunVerb) -> Iterator[Run]:
        for command in ("ALTER TABLE slots RENAME TO hidden", "ALTER TABLE hidden RENAME TO slots"):
            with worker.store.transaction() as tx:
                tx.exec_driver_sql(command)
            wait_for_looks(len(looks) + 2)
        with begin(worker, verb) as run:
            yield run

    watched = Watched(stage, beginning=without_slots)
    watched.server.notify, watched.server.tick_seconds = looks.append, 0.02
    stage.advance(HOUR)
    with watched.server.watching():
        assert watched.look() is SlotState.DONE

    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []
