"""`run --once`, `status`, `pause`, `resume` and `serve` as the terminal sees them; in both languages where people read."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sync.app import open_worker
from sync.schedule.health import listen
from sync.store import slots
from sync.store.vocabulary import LeaseName, SlotState

SETTINGS = "org: sandbox\nsyncs: {leads: {cron: '0 0 1 1 *', time zone: UTC}, sweep: off}\n"
DAY = timedelta(days=1)
LAST_YEAR = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.fixture
def owing(folder: Path) -> Path:
    """A folder with one slot that is owed: this year's."""
    (folder / "settings.yaml").write_text(SETTINGS, encoding="utf-8")
    with open_worker(folder) as worker, worker.store.transaction() as tx:
        slot = slots.take(tx, "leads", LAST_YEAR, holder=worker.holder, at=LAST_YEAR)
        assert slot
        slots.finish(tx, slot, SlotState.DONE, at=LAST_YEAR)
    return folder


@pytest.mark.long
def test_once_runs_what_is_due_and_then_nothing(call: Any, owing: Path) -> None:
    first = call("run", "--once", "--folder", owing, "--json")
    second = call("run", "--once", "--folder", owing, "--json")

    assert (first.code, second.code, second.document["slots"]) == (0, 0, [])
    (slot,) = first.document["slots"]
    assert (slot["sync"], slot["state"], slot["codes"]) == ("leads", "done", [])
    assert slot["run"]


@pytest.mark.long
def test_once_says_in_a_line_what_ran_and_how_it_ended(call: Any, owing: Path, language: str) -> None:
    told = call("run", "--once", "--folder", owing).out.splitlines()[0]

    assert re.match(
        {"en": r"leads \(due .+\): run, done; \d+ proposed", "ja": r"leads（予定 .+）: 計画と反映、完了、提案 \d+ 件"}[
            language
        ],
        told,
    )


@pytest.mark.long
def test_once_ends_with_three_when_something_is_left(call: Any, owing: Path) -> None:
    with open_worker(owing) as worker:
        today = worker.clock.now().date()
    # Wherever the rulebook's zone is, and though midnight may pass meanwhile: never the first day, nor the last.
    with (owing / "rulebook" / "rulebook.yaml").open("a", encoding="utf-8") as file:
        file.write(f"freeze: [{{from: {today - 3 * DAY}, until: {today + 3 * DAY}}}]\n")
    call("plan", "--folder", owing)
    call("approve", "--all", "--folder", owing)
    told = call("run", "--once", "--folder", owing, "--json")

    assert (told.code, [slot["state"] for slot in told.document["slots"]]) == (3, ["partly"])


def test_once_ends_with_three_while_what_is_owed_is_paused(call: Any, owing: Path) -> None:
    call("pause", "--folder", owing)
    told = call("run", "--once", "--folder", owing)

    assert (told.code, "paused" in told.out) == (3, True)


def test_once_says_when_the_next_is_due(call: Any, folder: Path, language: str) -> None:
    (folder / "settings.yaml").write_text(SETTINGS, encoding="utf-8")
    told = call("run", "--once", "--folder", folder)

    assert told.code == 0
    assert {"en": "Nothing is due.", "ja": "予定時刻を過ぎている同期はありません。"}[language] in told.out
    assert "leads" in told.out


def test_once_ends_with_eight_while_another_run_is_at_work(call: Any, owing: Path) -> None:
    with open_worker(owing) as worker, worker.hold(LeaseName.PULL):
        told = call("run", "--once", "--folder", owing)

    assert (told.code, "LS-101" in told.err) == (8, True)


def test_once_fails_with_the_code_of_what_failed(call: Any, owing: Path) -> None:
    (owing / "rulebook" / "rulebook.yaml").write_text("nam: x\n", encoding="utf-8")

    assert call("run", "--once", "--folder", owing).code == 5


@pytest.mark.usefixtures("language")
def test_status_tells_five_times_and_what_stands_still(call: Any, owing: Path) -> None:
    call("pause", "leads", "--until", "2099-01-05", "--reason", "年末年始", "--folder", owing)
    told = call("status", "--folder", owing)
    document = call("status", "--folder", owing, "--json").document

    assert told.code == 0
    assert all(word in told.out for word in ("leads", "0 0 1 1 *", "年末年始", "2099"))
    (sync,) = document["syncs"]
    assert (len(sync["next"]), sync["is_paused"], sync["last"]["state"]) == (5, True, "done")
    assert [pause["reason"] for pause in document["pauses"]] == ["年末年始"]


@pytest.mark.long
def test_status_speaks_japanese_throughout(call: Any, owing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADSYNC_LANG", "ja")
    call("run", "--once", "--folder", owing)
    call("sweep", "--folder", owing)
    told = call("status", "--folder", owing).out

    assert all(word in told for word in ("計画と反映", "照合", "完了", "承認待ち"))
    assert not re.search(r"\b(run|sweep|done|held|waiting|never)\b", told)


@pytest.mark.long
def test_status_in_shadow_asks_nobody_to_approve(call: Any, owing: Path, language: str) -> None:
    with (owing / "rulebook" / "rulebook.yaml").open("a", encoding="utf-8") as file:
        file.write("mode: shadow\n")
    call("plan", "--folder", owing)
    told = call("status", "--folder", owing)
    document = call("status", "--folder", owing, "--json").document

    assert {"en": "still waits", "ja": "承認待ちです"}[language] not in told.out
    assert (document["waiting"], len(document["compared"])) == ({}, 1)


def test_status_says_which_time_zone_it_is_until_the_org_has_told_its_own(call: Any, folder: Path) -> None:
    before = call("status", "--folder", folder).out
    call("plan", "--folder", folder)
    after = call("status", "--folder", folder).out

    assert ("are UTC until" in before, "are UTC until" in after) == (True, False)
    assert "sweep: sweep at 30 2 * * * (Asia/Tokyo)" in after


@pytest.mark.long
def test_a_paused_sync_is_not_run_before_it_is_resumed(call: Any, owing: Path) -> None:
    call("pause", "--folder", owing)
    paused = call("run", "--once", "--folder", owing, "--json").document["slots"]
    call("resume", "--folder", owing)
    resumed = call("run", "--once", "--folder", owing, "--json").document["slots"]

    assert (paused, [slot["state"] for slot in resumed]) == ([], ["done"])


def test_resuming_what_is_paused_another_way_says_so(call: Any, owing: Path, language: str) -> None:
    call("pause", "--folder", owing)
    told = call("resume", "leads", "--folder", owing)

    assert told.code == 0
    assert "`leadsync status --folder" in told.err
    assert {"en": "Nothing was paused", "ja": "一時停止されていません"}[language] in told.out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("pause", "lead"), "SC-104"), (("resume", "lead"), "SC-104"), (("pause", "leads", "--until", "soon"), "SC-105"),
     (("pause", "leads", "--until", "2020-01-01"), "SC-106")],
)  # fmt: skip
@pytest.mark.usefixtures("language")
def test_a_pause_that_makes_no_sense_is_refused(call: Any, owing: Path, arguments: tuple[str, ...], code: str) -> None:
    told = call(*arguments, "--folder", owing)

    assert (told.code, code in told.err) == (64, True)


def test_serving_on_a_port_that_is_taken_ends_before_anything_is_begun(call: Any, owing: Path) -> None:
    with listen(0, host="127.0.0.1") as door:
        told = call("serve", "--port", door.getsockname()[1], "--folder", owing)

    assert (told.code, "SC-103" in told.err) == (64, True)


def test_a_demo_on_a_port_that_is_taken_makes_no_folder(call: Any, tmp_path: Path) -> None:
    with listen(0, host="127.0.0.1") as door:
        told = call("demo", "--serve", "--port", door.getsockname()[1], "--folder", tmp_path / "demo")

    assert (told.code, "SC-103" in told.err, (tmp_path / "demo").exists()) == (64, True, False)


def test_config_shows_each_sync_and_where_it_is_from(call: Any, owing: Path) -> None:
    rows = {row["name"]: row for row in call("config", "--folder", owing, "--json").document["settings"]}

    assert (rows["syncs.leads"]["value"], rows["syncs.leads"]["origin"]) == (
        "run, 0 0 1 1 *, UTC, coalesce",
        "settings.yaml:2:16",
    )
