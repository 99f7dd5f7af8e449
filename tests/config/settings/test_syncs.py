"""The syncs of settings.yaml: two are there, each key of each may be changed, others added, and any taken away."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from config.settings.settings import Settings, load_settings
from config.settings.syncs import CatchUp, Fold, Gap, Sync, Verb
from config.words.catalogue import Language, Words
from engine.errors import SettingsError

Load = Callable[..., Settings]
LEADS = Sync(verb=Verb.RUN, cron="*/15 * * * *")
SWEEP = Sync(verb=Verb.SWEEP, cron="30 2 * * *")


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """The settings of a folder whose settings.yaml holds this below `org`."""

    def make(text: str = "", environment: Mapping[str, str] | None = None) -> Settings:
        (tmp_path / "settings.yaml").write_text(f"org: sandbox\n{text}", encoding="utf-8")
        return load_settings(tmp_path, environment or {})

    return make


def test_without_a_word_leads_run_every_quarter_of_an_hour_and_a_sweep_every_night(load: Load) -> None:
    assert load().syncs == {"leads": LEADS, "sweep": SWEEP}


def test_what_is_written_of_a_sync_changes_that_and_nothing_else(load: Load) -> None:
    syncs = load("syncs: {leads: {cron: '0 9 * * mon-fri', catch up: skip}}\n").syncs

    assert syncs == {"leads": Sync(verb=Verb.RUN, cron="0 9 * * mon-fri", catch_up=CatchUp.SKIP), "sweep": SWEEP}


def test_another_sync_needs_a_verb_and_a_time(load: Load) -> None:
    syncs = load(
        "syncs:\n  evening: {verb: apply, cron: '0 20 * * *', time zone: Europe/Berlin, gap: skip, fold: both, late seconds: 600}\n"
    ).syncs

    assert list(syncs) == ["leads", "sweep", "evening"]
    assert syncs["evening"] == Sync(
        verb=Verb.APPLY, cron="0 20 * * *", time_zone="Europe/Berlin", gap=Gap.SKIP, fold=Fold.BOTH, late_seconds=600
    )


def test_off_takes_a_sync_away(load: Load) -> None:
    assert load("syncs: {sweep: off}\n").syncs == {"leads": LEADS}


def test_the_environment_wins_key_by_key(load: Load) -> None:
    settings = load(
        "syncs: {leads: {cron: '0 * * * *', time zone: UTC}}\n", {"LEADSYNC_SYNCS__LEADS__CRON": "5 * * * *"}
    )

    assert settings.syncs["leads"] == Sync(verb=Verb.RUN, cron="5 * * * *", time_zone="UTC")
    assert settings.origin("syncs.leads.cron") == "LEADSYNC_SYNCS__LEADS__CRON"
    assert settings.origin("syncs.leads.time_zone") == "settings.yaml:2:47"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("{leads: {cron: '*/15 * * *'}}", "ST-140 settings.yaml:2:23", id="four fields"),
        pytest.param("{leads: {cron: '0 0 * * * *'}}", "ST-140 settings.yaml:2:23", id="seconds"),
        pytest.param("{leads: {cron: '0 25 * * *'}}", "ST-140 settings.yaml:2:23", id="no such hour"),
        pytest.param("{leads: {cron: '0 0 30 2 *'}}", "ST-140 settings.yaml:2:23", id="never due"),
        pytest.param("{leads: {cron: 15 minutes}}", "ST-140 settings.yaml:2:23", id="no cron at all"),
        pytest.param("{leads: {time zone: Tokyo}}", "ST-141 settings.yaml:2:28", id="no time zone"),
        pytest.param("{leads: {verb: dance}}", "ST-118 settings.yaml:2:23", id="no verb"),
        pytest.param("{leads: {catch up: never}}", "ST-118 settings.yaml:2:27", id="no policy"),
        pytest.param("{leads: {late seconds: 0}}", "ST-117 settings.yaml:2:31", id="too small"),
        pytest.param("{leads: {crom: 1}}", "ST-103 settings.yaml:2:23", id="unknown key"),
        pytest.param("{evening: {cron: '0 20 * * *'}}", "ST-142 settings.yaml:2:18", id="no verb given"),
        pytest.param("{leads: daily}", "ST-119 settings.yaml:2:16", id="a word"),
        pytest.param("daily", "ST-119 settings.yaml:2:8", id="only a word"),
        pytest.param("[leads]", "ST-109 settings.yaml:2:8", id="a list"),
    ],
)
def test_what_is_wrong_is_named_where_it_is(load: Load, text: str, expected: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(f"syncs: {text}\n")
    for language in Language:
        Words(language).error(caught.value)

    assert [f"{problem.code} {problem.where}" for problem in caught.value.problems] == [expected]
