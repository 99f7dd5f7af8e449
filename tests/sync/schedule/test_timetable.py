"""The syncs as an org has them: the time zone of those without one, and the share of a jitter that falls to it."""

from datetime import timedelta
from pathlib import Path

import pytest

from config.settings.syncs import Sync, Verb
from sync.schedule.due import next_times
from sync.schedule.schedule import Origin, Timetable, timetable
from tests.stage import RULEBOOK, Stage, staged, write_rulebook

SYNCS = {
    "sweep": Sync(verb=Verb.SWEEP, cron="30 2 * * *"),
    "abroad": Sync(verb=Verb.PLAN, cron="0 9 * * *", time_zone="Europe/Berlin"),
}


def found(stage: Stage) -> Timetable:
    return timetable(stage.worker, SYNCS)


def test_until_the_org_has_told_its_zone_it_is_utc(tmp_path: Path) -> None:
    with staged(tmp_path / "folder", rulebook=RULEBOOK) as stage:
        assert (found(stage).zone, found(stage).origin) == ("UTC", Origin.NOBODY)


def test_until_there_is_a_plan_it_is_the_zone_of_the_rulebook(tmp_path: Path) -> None:
    zoned = RULEBOOK | {"rulebook.yaml": RULEBOOK["rulebook.yaml"] + "time zone: America/New_York\n"}
    with staged(tmp_path / "folder", rulebook=zoned) as stage:
        assert (found(stage).zone, found(stage).origin) == ("America/New_York", Origin.RULEBOOK)


def test_a_rulebook_that_cannot_be_read_tells_no_zone(tmp_path: Path) -> None:
    with staged(tmp_path / "folder", rulebook=RULEBOOK) as stage:
        write_rulebook(stage.folder, {"rulebook.yaml": "nam: x\n"})

        assert found(stage).origin is Origin.NOBODY


def test_a_sync_without_a_zone_has_the_orgs_and_another_keeps_its_own(stage: Stage) -> None:
    assert (found(stage).zone, found(stage).origin) == ("Asia/Tokyo", Origin.PLAN)
    assert {name: sync.time_zone for name, sync in found(stage).syncs.items()} == {
        "sweep": "Asia/Tokyo",
        "abroad": "Europe/Berlin",
    }


def test_a_jitter_is_the_same_for_an_org_whenever_it_is_asked_and_another_for_each_sync(stage: Stage) -> None:
    jittered = {name: sync.model_copy(update={"jitter_seconds": 3_600}) for name, sync in SYNCS.items()}
    first, second = (timetable(stage.worker, jittered).syncs for _ in range(2))

    assert first == second
    assert len({sync.jitter_seconds for sync in first.values()}) == len(SYNCS)
    assert all(0 <= sync.jitter_seconds <= 3_600 for sync in first.values())


@pytest.mark.parametrize("seconds", [0, 40])
def test_the_next_times_are_told_as_late_as_they_are_looked_at(stage: Stage, seconds: int) -> None:
    now = stage.worker.clock.now()
    sync = SYNCS["sweep"].model_copy(update={"jitter_seconds": seconds})

    assert next_times(sync, after=now) == tuple(
        due + timedelta(seconds=seconds) for due in next_times(SYNCS["sweep"], after=now)
    )
