"""What can go wrong on the way to the org while reading (rows T of the fault table)."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import BudgetError, LoginError, TransientError
from sync.cli.exit_codes import Code, code_of
from sync.pull.pull import pull
from sync.run import Run, begin
from sync.salesforce.org import Org
from sync.sandbox.faults import Fault, FaultKind
from sync.sandbox.worlds import Switches
from sync.store import api_ledger
from sync.store.api_ledger import Terms
from sync.store.vocabulary import LeaseName, RunVerb
from tests.stage import RULEBOOK, Stage, staged


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """An org of one lead, where retries take no time."""
    with staged(tmp_path / "folder", rulebook=RULEBOOK) as stage:
        stage.add_lead()
        stage.advance(120)
        yield replace(stage, worker=replace(stage.worker, new_org=hurried(stage.worker.new_org, stage.advance)))


def hurried(new_org: Callable[[], Org], advance: Callable[[float], None]) -> Callable[[], Org]:
    """Conversations that let the org's time pass instead of waiting."""

    def begun() -> Org:
        org = new_org()
        return Org(org.wire.connection, session=org.wire.session, sleep=advance)

    return begun


def pulled(stage: Stage) -> Run:
    with begin(stage.worker, RunVerb.PLAN) as run, stage.worker.hold(LeaseName.PULL) as lease:
        pull(run, lease)
    return run


def until_refused(stage: Stage) -> BudgetError:
    for _ in range(50):
        try:
            pulled(stage)
        except BudgetError as error:
            return error
    raise AssertionError


def leads(stage: Stage) -> int:
    return stage.worker.mirror.latest("Lead").collect().height


@pytest.mark.long
@pytest.mark.parametrize("call", range(6))
def test_t1_a_session_that_ends_at_any_call_is_renewed_and_the_pull_is_whole(stage: Stage, call: int) -> None:
    stage.break_with(Fault(FaultKind.EXPIRED, path="/services/data", skip=call))
    pulled(stage)
    assert leads(stage) == 1


def test_t3_a_session_that_is_refused_for_ever_is_asked_twice(stage: Stage) -> None:
    stage.break_with(Fault(FaultKind.EXPIRED, path="/services/data", times=50))
    before = stage.server.world.requests
    with pytest.raises(LoginError):
        pulled(stage)
    # Two logins and two calls.
    assert stage.server.world.requests - before == 4


@pytest.mark.long
@pytest.mark.parametrize(
    "kind",
    [FaultKind.MAINTENANCE, FaultKind.BUSY, FaultKind.GATEWAY, FaultKind.RESET, FaultKind.ERROR, FaultKind.EDGE,
     FaultKind.UNACCEPTABLE, FaultKind.EMPTY],
)  # fmt: skip
def test_t8_a_page_of_the_edge_or_a_cut_connection_is_waited_out(stage: Stage, kind: FaultKind) -> None:
    stage.break_with(Fault(kind, path="/composite", times=3))
    pulled(stage)
    assert leads(stage) == 1


def test_t8_an_org_that_stays_away_fails_the_run(stage: Stage) -> None:
    stage.break_with(Fault(FaultKind.MAINTENANCE, path="/composite", times=50))
    with pytest.raises(TransientError, match="SF-111"):
        pulled(stage)
    assert leads(stage) == 0


def test_t5_a_day_that_is_used_up_is_not_waited_for(stage: Stage) -> None:
    stage.break_with(Fault(FaultKind.LIMIT, path="/composite", skip=1))
    with pytest.raises(TransientError, match="SF-110"):
        pulled(stage)


def test_t5_the_reserve_is_left_alone_and_the_run_ends_as_held(stage: Stage) -> None:
    stage.switch(Switches(daily_limit=50))
    pulled(stage)
    refused = until_refused(stage)
    assert (refused.problems[0].code, code_of(refused)) == ("SF-140", Code.PARTLY)
    assert stage.server.world.api_calls <= 50 * stage.worker.settings.api_budget_percent // 100
    with stage.worker.store.read() as tx:
        terms = Terms(stage.worker.settings.api_budget_percent, stage.worker.settings.api_reserve_percent)
        assert api_ledger.room(tx, terms, at=stage.worker.clock.now()).ours >= stage.server.world.api_calls
