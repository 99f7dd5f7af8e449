"""Health over HTTP, asked as Prometheus and an orchestrator would."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from config.settings.settings import FILE
from engine.errors import UsageError
from sync.run import Run, Worker, begin
from sync.schedule.due import last_due
from sync.schedule.health import answering, listen
from sync.schedule.serve import Server
from sync.store import pauses, slots
from sync.store.vocabulary import SlotState
from tests.certificates import ending
from tests.stage import Stage

HOUR = 3_600.0


@dataclass
class Watched:
    """A server whose `leads`, due every 15 minutes, went well just now; `url` is where its health answers."""

    stage: Stage
    server: Server
    url: str

    def ready(self) -> tuple[int, dict[str, object]]:
        answer = requests.get(f"{self.url}/readyz", timeout=10)
        return answer.status_code, answer.json()

    def figures(self) -> dict[str, dict[tuple[str, ...], float]]:
        text = requests.get(f"{self.url}/metrics", timeout=10).text
        return {
            family.name: {tuple(sample.labels.values()): sample.value for sample in family.samples}
            for family in text_string_to_metric_families(text)
        }


@pytest.fixture
def watched(stage: Stage) -> Iterator[Watched]:
    settings = "org: sandbox\nsyncs: {leads: {cron: '*/15 * * * *'}, sweep: off}\n"
    (stage.folder / FILE).write_text(settings, encoding="utf-8")
    server = Server(stage.worker, lambda: nullcontext(stage.worker), begin, lambda *_: None)
    now = stage.worker.clock.now()
    due = last_due(server.schedule.syncs["leads"], until=now)
    assert due is not None
    with stage.worker.store.transaction() as tx:
        slot = slots.take(tx, "leads", due, holder=stage.worker.holder, at=now)
        assert slot is not None
        slots.finish(tx, slot, SlotState.DONE, at=now)
    door = listen(0, host="127.0.0.1")
    with answering(server, door):
        yield Watched(stage, server, f"http://127.0.0.1:{door.getsockname()[1]}")


def test_a_worker_that_looks_at_the_clock_is_alive(watched: Watched) -> None:
    answer = requests.get(f"{watched.url}/livez", timeout=10)

    assert (answer.status_code, answer.json()) == (200, {"ticking": True})


def test_a_worker_that_no_longer_looks_at_the_clock_is_not(watched: Watched) -> None:
    server = watched.server
    server.schedule = replace(server.schedule, ticked=server.schedule.ticked - HOUR)

    assert requests.get(f"{watched.url}/livez", timeout=10).status_code == 503
    assert watched.figures()["leadsync_up"] == {(): 0.0}


def test_ready_means_that_no_sync_is_late(watched: Watched) -> None:
    status, told = watched.ready()

    assert (status, told["ready"], told["late"]) == (200, True, [])


def test_silence_is_an_alarm_after_two_due_times_without_success(watched: Watched) -> None:
    watched.stage.advance(15 * 60)
    once = watched.ready()[0]
    watched.stage.advance(15 * 60)
    status, told = watched.ready()

    assert (once, status, told["late"]) == (200, 503, ["leads"])
    assert watched.figures()["leadsync_sync_late"] == {("leads",): 1.0}


def test_a_sync_that_never_went_well_has_an_age_and_becomes_late(stage: Stage) -> None:
    (stage.folder / FILE).write_text("org: sandbox\nsyncs: {leads: {cron: '*/15 * * * *'}, sweep: off}\n")
    server = Server(stage.worker, lambda: nullcontext(stage.worker), faulty, lambda *_: None)
    with answering(server, door := listen(0, host="127.0.0.1")):
        watched = Watched(stage, server, f"http://127.0.0.1:{door.getsockname()[1]}")
        server.run_due()
        before = watched.figures()["leadsync_last_success_age_seconds"]["leads",]
        first = watched.ready()[0]
        for _ in range(2):
            stage.advance(15 * 60)
            server.run_due()
        status, told = watched.ready()

        assert (first, status, told["late"]) == (200, 503, ["leads"])
        assert before < 60 < 30 * 60 <= watched.figures()["leadsync_last_success_age_seconds"]["leads",]


def faulty(_worker: Worker, _verb: str) -> AbstractContextManager[Run]:
    raise ZeroDivisionError


def test_a_paused_sync_is_not_late(watched: Watched) -> None:
    worker = watched.stage.worker
    with worker.store.transaction() as tx:
        pauses.pause(tx, sync=None, by="os:a@b", reason="", at=worker.clock.now())
    watched.stage.advance(HOUR)
    status, told = watched.ready()

    assert (status, told["late"], told["paused"]) == (200, [], True)
    assert watched.figures()["leadsync_paused"] == {(): 1.0}


def test_a_run_that_is_at_work_is_not_late_before_its_deadline(watched: Watched) -> None:
    worker = watched.stage.worker
    watched.stage.advance(HOUR)
    now = worker.clock.now()
    with worker.store.transaction() as tx:
        slots.take(tx, "leads", now, holder=worker.holder, at=now)
    working = watched.ready()[0]
    watched.stage.advance(worker.settings.run_deadline_seconds)

    assert (working, watched.ready()[0]) == (200, 503)


def test_a_worker_that_was_told_to_end_is_not_ready(watched: Watched) -> None:
    watched.server.shutdown.ask()
    status, told = watched.ready()

    assert (status, told["ending"]) == (503, True)


def test_the_metrics_tell_the_age_of_each_syncs_last_success_and_what_its_slots_came_to(watched: Watched) -> None:
    watched.stage.advance(300)
    figures = watched.figures()

    assert figures["leadsync_last_success_age_seconds"]["leads",] >= 300
    assert figures["leadsync_slots"] == {(SlotState.DONE.value, "leads"): 1.0}
    assert figures["leadsync_api_calls_left"][()] > figures["leadsync_api_calls"][()] >= 0
    assert all(len(labels) <= 2 for family in figures.values() for labels in family)


def test_nothing_else_is_answered(watched: Watched) -> None:
    assert requests.get(f"{watched.url}/", timeout=10).status_code == 404
    assert requests.post(f"{watched.url}/livez", timeout=10).status_code == 405


def test_a_port_that_is_taken_is_said_at_once() -> None:
    with listen(0, host="127.0.0.1") as door, pytest.raises(UsageError, match="SC-103") as raised:
        listen(door.getsockname()[1], host="127.0.0.1")
    (problem,) = raised.value.problems

    assert problem.params["reason"] == "Address already in use"


def test_the_days_a_certificate_is_good_for_are_metered(watched: Watched) -> None:
    file = watched.stage.folder / "app.crt"
    file.write_text(ending(watched.stage.worker.clock.now() + timedelta(days=5, hours=12))[0], encoding="ascii")
    settings = watched.stage.worker.settings.model_copy(update={"ca_file": file})
    watched.server.worker = replace(watched.stage.worker, settings=settings)

    assert watched.figures()["leadsync_certificate_days_left"] == {("ca file",): 5}
