"""The starter is what a newcomer sees first: it loads, it is told in Japanese and English, and `init` writes it safely."""

import stat
from pathlib import Path

import pytest

from config.field_map.load import load_map
from config.rulebook.folder import load_rulebook
from config.settings.settings import load_settings
from config.starters.start import start_folder
from engine.errors import SettingsError
from engine.rulebook.rulebook import Rulebook, RuleMode
from sync.sandbox import people_names


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    start_folder(tmp_path / "leads")
    return tmp_path / "leads"


@pytest.fixture
def starter(folder: Path) -> Rulebook:
    settings = load_settings(folder, {})
    return load_rulebook(settings.rulebook_folder, load_map(settings.map_file))


def test_the_starter_loads(starter: Rulebook) -> None:
    counts = len(starter.personas), len(starter.profiles), len(starter.rules), len(starter.assignment.pools)
    assert counts == (8, 2, 8, 3)


def test_the_default_profile_has_five_criteria_of_two_thirds(starter: Rulebook) -> None:
    default = next(profile for profile in starter.profiles if profile.id == starter.default_profile)
    assert [criterion.worth for criterion in default.criteria] == [2, 2, 2, 2, 2]


def test_every_activity_of_the_map_has_points(folder: Path, starter: Rulebook) -> None:
    sources = load_map(folder / "map.yaml").activities
    kinds = {kind for source in sources for kind in (source.kind, *source.kinds.values()) if kind}
    assert {points.kind for points in starter.points} == kinds


def test_pools_name_only_people_of_the_sandbox_org(starter: Rulebook) -> None:
    reps = {
        people_names.username(stem)
        for stem in (*people_names.REPS_KANTO, *people_names.REPS_KANSAI, *people_names.REPS_ENGLISH)
    }
    assert {member.name for pool in starter.assignment.pools for member in pool.members} == reps


def test_both_modes_are_shown(starter: Rulebook) -> None:
    assert {rule.mode for rule in starter.rules} == set(RuleMode)


def test_every_persona_has_a_card(starter: Rulebook) -> None:
    assert all(persona.card for persona in starter.personas)


def test_only_its_owner_can_read_a_started_folder(folder: Path) -> None:
    modes = {stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*") if path.is_file()}
    folders = {stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.rglob("*")) if path.is_dir()}
    assert (modes, folders) == ({0o600}, {0o700})


def test_data_and_keys_stay_out_of_git(folder: Path) -> None:
    ignored = (folder / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {"data/", "*.key", "*.pem"} <= set(ignored)


def test_the_org_stands_in_the_settings(tmp_path: Path) -> None:
    start_folder(tmp_path / "real", org="https://example.my.salesforce.com")
    written = (tmp_path / "real" / "settings.yaml").read_text(encoding="utf-8")
    assert "\norg: https://example.my.salesforce.com\n" in written


def test_a_folder_with_something_in_it_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(SettingsError, match="ST-127"):
        start_folder(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_the_folder_one_stands_in_is_called_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.txt").touch()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError) as caught:
        start_folder(Path())
    assert caught.value.problems[0].params == {"folder": tmp_path.name}


def test_an_empty_folder_may_be_started(tmp_path: Path) -> None:
    assert (tmp_path / "settings.yaml") in start_folder(tmp_path)


@pytest.fixture
def software(tmp_path: Path) -> Path:
    start_folder(tmp_path / "software", starter="Software")
    return tmp_path / "software"


def test_the_software_firm_s_starter_loads(software: Path) -> None:
    found = load_rulebook(software / "rulebook", load_map(software / "map.yaml"))
    counts = len(found.personas), len(found.profiles), len(found.rules), len(found.assignment.pools)
    assert counts == (5, 1, 6, 3)
    assert all(persona.card for persona in found.personas)


def test_the_software_firm_s_starter_gives_points_to_every_activity(software: Path) -> None:
    field_map = load_map(software / "map.yaml")
    kinds = {kind for one in field_map.activities for kind in (one.kind, *one.kinds.values()) if kind}
    assert {points.kind for points in load_rulebook(software / "rulebook", field_map).points} == kinds


def test_the_software_firm_s_starter_is_told_in_english(software: Path) -> None:
    texts = [path.read_text(encoding="utf-8") for path in sorted(software.rglob("*.yaml"))]
    # Only what Japanese customers write into a country field is in Japanese.
    assert {*"".join(texts)} - {*map(chr, range(128))} == {*"日本"}


def test_a_starter_there_is_not_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="ST-128"):
        start_folder(tmp_path / "mine", starter="bakery")
    assert not (tmp_path / "mine").exists()
