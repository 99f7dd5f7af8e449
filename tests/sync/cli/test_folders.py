"""Before there is an org: a missing folder, a new one, and the fields an admin deploys. Later on: what goes from it again."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from config.words.catalogue import catalogue
from sync.app import open_worker
from sync.store import runs
from sync.store.vocabulary import RunVerb


@pytest.mark.parametrize("verb", ["plan", "apply", "run", "doctor", "show", "validate", "config"])
def test_a_folder_without_settings_names_init(call: Any, tmp_path: Path, language: str, verb: str) -> None:
    told = call(verb, "--folder", tmp_path)

    assert (told.code, told.out) == (5, "")
    assert catalogue()["ST-121"][language] in told.err
    assert "leadsync init" in told.err


def test_with_json_an_error_is_an_object_too(call: Any, tmp_path: Path) -> None:
    told = call("plan", "--folder", tmp_path, "--json")

    assert told.document["exit_code"] == told.code == 5
    assert told.document["problems"][0]["code"] == "ST-121"
    assert "[ST-121]" in told.err


def test_init_starts_a_folder_that_validates(call: Any, tmp_path: Path) -> None:
    assert call("init", "--folder", tmp_path / "new").code == 0

    assert call("validate", "--folder", tmp_path / "new").code == 0


def test_fields_are_exported_without_a_folder(call: Any, tmp_path: Path) -> None:
    told = call("fields", "export", "--to", tmp_path / "source", "--folder", tmp_path)

    assert told.code == 0
    for name in ("Lead", "Contact"):
        assert (tmp_path / f"source/force-app/main/default/objects/{name}/fields/Persona__c.field-meta.xml").is_file()


def test_one_object_may_be_asked_for(call: Any, tmp_path: Path) -> None:
    call("fields", "export", "--to", tmp_path / "source", "--object", "Lead", "--folder", tmp_path)

    assert not (tmp_path / "source/force-app/main/default/objects/Contact").exists()


def test_fields_carry_the_maps_own_names(call: Any, folder: Path, tmp_path: Path) -> None:
    map_file = folder / "map.yaml"
    text = map_file.read_text(encoding="utf-8")
    map_file.write_text(
        text.replace("    fields:\n", "    write back: {persona: LS_Persona__c}\n    fields:\n", 1), encoding="utf-8"
    )

    call("fields", "export", "--to", tmp_path / "source", "--object", "Lead", "--folder", folder)

    fields = tmp_path / "source/force-app/main/default/objects/Lead/fields"
    assert (fields / "LS_Persona__c.field-meta.xml").is_file()
    assert not (fields / "Persona__c.field-meta.xml").exists()


def test_nothing_of_yours_is_overwritten(call: Any, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")

    told = call("fields", "export", "--to", tmp_path)

    assert told.code == 64
    assert "[CL-103]" in told.err


def test_an_object_without_fields_is_refused(call: Any, tmp_path: Path) -> None:
    told = call("fields", "export", "--to", tmp_path / "source", "--object", "Account")

    assert told.code == 64
    assert "[CL-102]" in told.err


def test_the_first_run_of_a_day_removes_reports_that_have_been_kept_long_enough(call: Any, folder: Path) -> None:
    with open_worker(folder) as worker, worker.store.transaction() as tx:
        run = runs.start(tx, verb=RunVerb.PLAN, at=datetime(2020, 1, 1, tzinfo=UTC), holder=worker.holder)
    old = folder / "data" / "reports" / f"{run}.html"
    old.parent.mkdir(parents=True, exist_ok=True)
    old.touch()
    call("plan", "--folder", folder)
    assert not old.exists()
