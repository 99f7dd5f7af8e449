"""Bad input: a clear error that says what, where and what to do, in both languages, with a code; and nothing is lost."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import LoginError, MapError, OtherOrgError, RulebookError
from sync.app import open_worker
from sync.run import begin
from sync.sandbox.clock import OrgClock
from sync.sandbox.generate import generate
from sync.sandbox.saved_org import SavedWorld
from sync.sandbox.server import Opened, SandboxServer
from sync.sandbox.worlds import Switches
from sync.store.vocabulary import RunVerb
from tests.command import leadsync
from tests.stage import START, Stage, staged

JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


def test_a_hidden_field_is_named_before_anything_is_read(stage: Stage) -> None:
    stage.switch(Switches(hidden=frozenset({"Lead.Title"})))
    with pytest.raises(MapError, match=r"map\.yaml:\d+:\d+.*Title"):
        stage.plan()


def test_a_write_back_field_that_is_missing_is_named(stage: Stage) -> None:
    stage.switch(Switches(hidden=frozenset({"Lead.Grade__c"})))
    with pytest.raises(MapError, match="Grade__c"):
        stage.plan()


def test_a_write_back_field_that_is_read_only_is_named(stage: Stage) -> None:
    stage.switch(Switches(read_only=frozenset({"Lead.Persona__c"})))
    stage.advance(stage.worker.settings.describe_seconds)
    with pytest.raises(MapError, match="Persona__c"):
        stage.plan()


def test_a_refused_pull_leaves_the_watermark_where_it_was(stage: Stage) -> None:
    lead = stage.add_lead(Title="課長")
    stage.switch(Switches(hidden=frozenset({"Lead.Title"})))
    with pytest.raises(MapError):
        stage.plan()
    stage.switch(Switches())
    assert [change.record_id for change in stage.plan().changes] == [lead]


def test_a_queue_that_the_org_lacks_is_named_with_those_it_has(tmp_path: Path) -> None:
    with staged(tmp_path / "folder") as stage:
        rules = stage.folder / "rulebook" / "assignment.yaml"
        rules.write_text(rules.read_text(encoding="utf-8").replace("Inbound_Leads", "Inbound_Lead"), encoding="utf-8")
        with pytest.raises(RulebookError, match=r"RB-303.*assignment\.yaml:\d+:\d+.*Inbound_Leads"):
            stage.plan()


def test_another_org_is_refused(stage: Stage) -> None:
    clock = OrgClock(lambda: START)
    other = generate(leads=0, seed=99, now=START)
    with (
        SandboxServer(other, clock) as server,
        open_worker(stage.folder, sandbox=Opened.of(server)) as worker,
        pytest.raises(OtherOrgError, match="SR-107"),
        begin(worker, RunVerb.PLAN),
    ):
        pass


def test_a_wrong_secret_is_a_login_error(stage: Stage) -> None:
    stage.server.act(lambda world, _: replace(world, app=replace(world.app, consumer_secret="changed"), sessions={}))
    with pytest.raises(LoginError):
        stage.plan()


Slip = Callable[[Path], None]


def slip(file: str, old: str, new: str) -> Slip:
    def make(folder: Path) -> None:
        path = folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return make


SLIPS = [
    pytest.param(slip("settings.yaml", "org: sandbox", "orgg: sandbox"), 5, "settings.yaml:", id="wrong key"),
    pytest.param(slip("rulebook/rulebook.yaml", "scope:", "scope: ["), 5, "rulebook/rulebook.yaml:", id="wrong YAML"),
    pytest.param(slip("map.yaml", "company: Company", "company: Compani"), 5, "map.yaml:", id="unknown field"),
    pytest.param(slip("rulebook/assignment.yaml", "[Inbound_Leads]", "[Inbound]"), 5, "assignment.yaml:", id="no such queue"),
    pytest.param(slip("rulebook/assignment.yaml", "suzuki@", "suzuky@"), 5, "assignment.yaml:", id="no such user"),
]  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize(("make", "code", "where"), SLIPS)
def test_the_command_says_what_where_and_what_to_do(
    tmp_path: Path, make: Slip, code: int, where: str, language: str
) -> None:
    folder = tmp_path / "folder"
    assert leadsync(folder, "init").returncode == 0
    make(folder)
    if language == "ja":
        slip_language(folder)
    ended = leadsync(folder, "plan", language=language)
    problem = ended.stderr.splitlines()
    assert ended.returncode == code, ended.stderr
    assert any(where in line for line in problem)
    assert re.search(r"\[[A-Z]{2}-\d{3}\]", ended.stderr)
    assert bool(JAPANESE.search(re.sub(r"'[^']*'", "", ended.stderr))) == (language == "ja")
    assert "Traceback" not in ended.stderr


def slip_language(folder: Path) -> None:
    """Say Japanese in settings.yaml too, where it can still be read."""
    path = folder / "settings.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("language: auto", "language: ja"), encoding="utf-8")


@pytest.mark.long
def test_a_wrong_login_ends_with_4(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    assert leadsync(folder, "init").returncode == 0
    saved = SavedWorld(folder / "data" / "sandbox")
    world = saved.load()
    saved.save(replace(world, app=replace(world.app, consumer_secret="changed")))
    ended = leadsync(folder, "plan")
    assert ended.returncode == 4, ended.stderr
