"""When and how fast approved changes are written: hours, days, freezes, pauses; what waits goes later, and once."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from engine.changes.states import State
from engine.messages import Message
from sync.store import api_ledger as ledger
from sync.store import pauses, runs
from sync.store.vocabulary import WriteMode
from tests.scenes import begun
from tests.stage import RULEBOOK, Stage, in_blocks

HEAD = RULEBOOK["rulebook.yaml"]


@contextmanager
def ruled(tmp_path: Path, policy: str) -> Iterator[Stage]:
    """A stage whose rulebook says this about writing. It starts on a Friday at 9:00 in Tokyo."""
    texts = {**RULEBOOK, "rulebook.yaml": f"{HEAD}{policy}\n"}
    with begun(tmp_path / "folder", Stage.plan, rulebook=texts) as stage:
        yield stage


def planned(stage: Stage, count: int = 3) -> list[str]:
    leads = [stage.add_lead(Title="課長", LastName=f"佐藤{number}") for number in range(count)]
    stage.plan()
    return leads


def why(stage: Stage) -> str | None:
    """What a run of apply says it waits for."""
    waits = stage.apply().waits
    return waits.key if waits else None


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("freeze: [{name: year end, from: 2026-11-19, until: 2026-11-21}]", "wait.freeze"),
        ("freeze: [{from: 2026-11-18, until: 2026-11-19}]", None),
        ("pace: {from: '19:00', until: '07:00'}", "wait.hours"),
        ("pace: {days: working}\ncalendar: {closed: [2026-11-20]}", "wait.day"),
        ("pace: {days: working}", None),
    ],
)
def test_writing_keeps_to_its_hours_and_days(tmp_path: Path, policy: str, expected: str | None) -> None:
    with ruled(tmp_path, policy) as stage:
        leads = planned(stage)
        assert why(stage) == expected
        assert {stage.standing_of(lead) for lead in leads} == {State.APPROVED if expected else State.APPLIED}
        assert (stage.our_writes() == []) is (expected is not None)


@pytest.mark.long
def test_past_midnight_is_still_the_shift_of_the_evening(tmp_path: Path) -> None:
    """Saturday at 2:00 belongs to Friday's night, Monday at 2:00 to Sunday's."""
    with ruled(tmp_path, "pace: {from: '22:00', until: '06:00', days: working}") as stage:
        leads = planned(stage)
        stage.advance(timedelta(hours=17).total_seconds())
        assert why(stage) is None
        assert stage.standing_of(leads[0]) is State.APPLIED
        other = planned(stage, 1)
        stage.advance(timedelta(days=2).total_seconds())
        assert (why(stage), stage.standing_of(other[0])) == ("wait.day", State.APPROVED)


def test_so_many_records_an_hour_are_written_and_the_rest_in_the_next(tmp_path: Path) -> None:
    with ruled(tmp_path, "pace: {records per hour: 2}") as stage:
        leads = planned(stage, 5)
        first = stage.apply()
        assert (first.states, first.waits is not None) == ({State.APPROVED: 3, State.APPLIED: 2}, True)
        assert why(stage) == "wait.pace"
        assert len(stage.our_writes()) == 2
        for _ in range(2):
            stage.advance(3600)
            stage.apply()
        assert {stage.standing_of(lead) for lead in leads} == {State.APPLIED}
        assert len(stage.our_writes()) == 5


@pytest.mark.long
def test_the_pace_counts_what_other_runs_wrote(tmp_path: Path) -> None:
    with ruled(tmp_path, "pace: {records per hour: 4}") as stage:
        planned(stage, 3)
        stage.apply()
        planned(stage, 3)
        assert stage.apply().states == {State.APPROVED: 2, State.APPLIED: 1}


def test_a_pace_is_never_left_to_a_faster_way(tmp_path: Path) -> None:
    with ruled(tmp_path, "pace: {records per hour: 1}") as stage:
        planned(stage, 3)
        in_blocks(stage).apply()
        assert len(stage.our_writes()) == 1


def test_a_pause_of_everything_stops_writing_until_it_is_lifted(stage: Stage) -> None:
    lead = planned(stage, 1)[0]
    with stage.worker.store.transaction() as tx:
        pauses.pause(tx, sync=None, by="os:admin@desk", reason="audit", at=stage.worker.clock.now())
    assert (why(stage), stage.standing_of(lead)) == ("wait.paused", State.APPROVED)
    with stage.worker.store.transaction() as tx:
        pauses.lift(tx, sync=None, by="os:admin@desk", at=stage.worker.clock.now())
    assert (why(stage), stage.standing_of(lead)) == (None, State.APPLIED)


def test_a_run_past_its_deadline_leaves_the_rest_to_the_next(stage: Stage) -> None:
    leads = planned(stage, 30)
    settings = stage.worker.settings.model_copy(update={"run_deadline_seconds": 0})
    hurried = replace(stage, worker=replace(stage.worker, settings=settings))
    stage.server.advance(1)
    hurried.apply()
    assert stage.apply().waits is None
    assert {stage.standing_of(lead) for lead in leads} == {State.APPLIED}
    assert len(stage.our_writes()) == 30


def test_a_process_told_to_end_finishes_its_batch_and_no_more(stage: Stage) -> None:
    leads = planned(stage, 30)
    stage.worker.shutdown.ask()
    assert (why(stage), stage.our_writes()) == ("wait.shutdown", [])
    assert {stage.standing_of(lead) for lead in leads} == {State.APPROVED}


def test_a_plan_tells_how_it_will_be_written(stage: Stage) -> None:
    stage.add_lead(owner="Inbound_Leads", Title="課長")
    planned(stage, 2)
    with stage.worker.store.read() as tx:
        run = runs.run(tx, stage.run_id)
    assert run is not None
    assert run.figures.plan is not None
    assert (run.figures.plan.writes, run.figures.plan.calls) == ({WriteMode.GUARDED.value: 3}, 6)


def told(stage: Stage, *, used: int) -> None:
    """The org says that so many of the day's 100 calls are gone."""
    with stage.worker.store.transaction() as tx:
        ledger.tell(tx, used=used, limit=100, at=stage.worker.clock.now())


def test_what_the_day_s_calls_do_not_pay_for_is_not_begun(stage: Stage) -> None:
    leads = planned(stage, 40)
    told(stage, used=77)
    assert (why(stage), stage.our_writes()) == ("wait.calls", [])
    assert {stage.standing_of(lead) for lead in leads} == {State.APPROVED}


def test_as_much_is_written_as_the_day_s_calls_pay_for_and_the_rest_is_told(stage: Stage) -> None:
    leads = planned(stage, 45)
    told(stage, used=73)
    first = stage.apply()
    assert first.states == {State.APPROVED: 20, State.APPLIED: 25}
    assert first.waits == Message.of("wait.calls", count=20, calls=3, spare=3)
    assert [stage.standing_of(lead) for lead in sorted(leads)[:25]] == [State.APPLIED] * 25


def test_what_the_day_s_calls_did_not_pay_for_is_written_the_next_day(stage: Stage) -> None:
    leads = planned(stage, 45)
    told(stage, used=73)
    stage.apply()
    stage.advance(25 * 3600)
    assert why(stage) is None
    assert {stage.standing_of(lead) for lead in leads} == {State.APPLIED}
    assert len(stage.our_writes()) == 45
