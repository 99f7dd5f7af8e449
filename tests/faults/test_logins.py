"""Logins that end, and addresses that lead elsewhere (rows T4, T11 and T12 of the fault table)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.changes.states import State
from engine.errors import LoginError, OtherOrgError
from sync.app import open_worker
from sync.cycle import settle
from sync.run import begin
from sync.sandbox.clock import OrgClock
from sync.sandbox.faults import Fault, FaultKind
from sync.sandbox.generate import generate
from sync.sandbox.server import Opened, SandboxServer
from sync.sandbox.worlds import World
from sync.store.vocabulary import RunVerb
from tests.command import leadsync
from tests.sandbox_org import with_rows
from tests.stage import START, Stage, waiting


def settled_without_login(stage: Stage) -> None:
    """The admin takes the app's login away while a run is at work."""
    settled_after(stage, lambda world: replace(world, app=replace(world.app, consumer_secret="another"), sessions={}))


def settled_after(stage: Stage, change: Callable[[World], World]) -> None:
    """A run of settle, with the org changed once it has begun."""
    with begin(stage.worker, RunVerb.APPLY) as run:
        stage.server.act(lambda world, _: change(world))
        settle(run)


def test_t4_a_login_that_is_revoked_in_mid_run_ends_it_with_everything_still_approved(stage: Stage) -> None:
    leads = waiting(stage)
    with pytest.raises(LoginError):
        settled_without_login(stage)

    assert [stage.standing_of(lead) for lead in leads] == [State.APPROVED] * 3
    assert stage.our_writes() == []


def test_t4_the_next_run_logs_in_anew_and_goes_on(stage: Stage) -> None:
    leads = waiting(stage)
    secret = stage.server.world.app.consumer_secret
    with pytest.raises(LoginError):
        settled_without_login(stage)
    stage.server.act(lambda world, _: replace(world, app=replace(world.app, consumer_secret=secret)))
    stage.apply()

    assert [stage.standing_of(lead) for lead in leads] == [State.APPLIED] * 3


def test_t4_a_session_that_somebody_else_ended_is_replaced_without_a_word(stage: Stage) -> None:
    leads = waiting(stage)
    settled_after(stage, lambda world: replace(world, sessions={}))

    assert [stage.standing_of(lead) for lead in leads] == [State.APPLIED] * 3


def test_t4_no_token_is_kept_so_that_none_can_be_lost(stage: Stage) -> None:
    """There are no refresh tokens here: each conversation logs in by itself."""
    waiting(stage)
    tokens = [token.encode() for token in stage.server.world.sessions]
    ours = [path for path in (stage.folder / "data").rglob("*") if path.is_file() and "sandbox" not in path.parts]

    assert tokens
    assert ours
    assert not [path for path in ours for token in tokens if token in path.read_bytes()]


@contextmanager
def led_elsewhere(stage: Stage, world: World) -> Iterator[tuple[Stage, SandboxServer]]:
    """The same folder, where the login leads to this org now."""
    with (
        SandboxServer(world, OrgClock(lambda: START)) as server,
        open_worker(stage.folder, sandbox=Opened.of(server)) as worker,
    ):
        yield replace(stage, worker=worker), server


def test_t11_what_was_approved_for_one_org_is_never_written_to_another(stage: Stage) -> None:
    leads = waiting(stage)
    # A copy of the whole org, records and ids included, under an id of its own: a sandbox that was refreshed.
    copy = replace(stage.server.world.copy(), org_id=generate(leads=0, seed=99, now=START).org_id)
    with led_elsewhere(stage, renamed(copy)) as (moved, server):
        with pytest.raises(OtherOrgError, match="SR-107"):
            moved.apply()

        assert server.world.writes == stage.server.world.writes
    assert [stage.standing_of(lead) for lead in leads] == [State.APPROVED] * 3


def test_t11_an_org_that_was_a_sandbox_and_is_none_now_is_refused(stage: Stage) -> None:
    leads = waiting(stage)
    stage.server.act(lambda world, _: with_organization(world, IsSandbox=False))
    with pytest.raises(OtherOrgError, match="SR-113"):
        stage.apply()

    assert stage.our_writes() == []
    assert [stage.standing_of(lead) for lead in leads] == [State.APPROVED] * 3


def test_t11_an_org_that_becomes_another_in_mid_run_is_not_written_to(stage: Stage) -> None:
    leads = waiting(stage)
    other = generate(leads=0, seed=99, now=START).org_id
    with pytest.raises(OtherOrgError, match="SR-107"):
        settled_after(stage, lambda world: replace(world, org_id=other, sessions={}))

    assert stage.our_writes() == []
    assert [stage.standing_of(lead) for lead in leads] == [State.APPROVED] * 3


def renamed(world: World) -> World:
    return with_organization(world, Id=world.org_id)


def with_organization(world: World, **values: Any) -> World:
    (known,) = world.tables["Organization"].values()
    return with_rows(world, Organization=[{**known, **values}])


@pytest.mark.parametrize("address", ["https://acme.lightning.force.com", "https://login.salesforce.com"])
@pytest.mark.parametrize("verb", ["plan", "serve", "status"])
@pytest.mark.long
def test_t12_an_address_for_people_is_refused_before_anything_is_sent(tmp_path: Path, verb: str, address: str) -> None:
    folder = tmp_path / "folder"
    assert leadsync(folder, "init").returncode == 0
    login = "login: {method: client credentials, consumer key: 3MVG9, client secret file: secret}\n"
    (folder / "settings.yaml").write_text(f"org: {address}\n{login}", encoding="utf-8")
    (folder / "secret").write_text("hidden", encoding="ascii")
    ended = leadsync(folder, verb)

    assert ended.returncode == 5, ended.stderr
    assert "settings.yaml:1:" in ended.stderr
    assert ".my.salesforce.com" in ended.stderr
    assert "hidden" not in ended.stderr


def test_t12_a_page_for_people_in_the_place_of_the_api_is_a_login_error(stage: Stage) -> None:
    stage.break_with(Fault(FaultKind.LOGIN_PAGE, path="/services/data", times=50))
    with pytest.raises(LoginError):
        stage.plan()
