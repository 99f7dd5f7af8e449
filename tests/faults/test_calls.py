"""What can go wrong with one call of a write, or with one that is never answered (rows T of the fault table)."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from requests import PreparedRequest

from engine.changes.states import State
from engine.errors import TransientError
from sync.salesforce.login_settings import Patience, Timeouts
from sync.salesforce.org import Org
from sync.salesforce.session import Session
from sync.sandbox.faults import Fault, FaultKind
from tests.faults.test_transport import leads, pulled
from tests.scenes import begun
from tests.stage import RULEBOOK, Stage, in_blocks

# Long enough for the sandbox org, which answers in milliseconds; nobody waits for it but these tests.
IMPATIENT = Timeouts(connect_seconds=5, read_seconds=1)


@pytest.fixture
def waits() -> list[float]:
    """The seconds a conversation waited."""
    return []


@pytest.fixture
def sent() -> list[PreparedRequest]:
    """What was sent and answered, in order."""
    return []


@pytest.fixture
def stage(tmp_path: Path, waits: list[float], sent: list[PreparedRequest]) -> Iterator[Stage]:
    """Three leads with fields to write, whose conversations wait in the org's time only and remember what they sent."""
    with begun(tmp_path / "folder", after_a_plan, rulebook=RULEBOOK) as stage:
        yield replace(stage, worker=replace(stage.worker, new_org=heard(stage, waits, sent)))


@pytest.fixture
def planned(tmp_path: Path, waits: list[float], sent: list[PreparedRequest]) -> Iterator[Stage]:
    """The same with a plan of all three that policy has approved."""
    with begun(tmp_path / "folder", and_another, rulebook=RULEBOOK) as stage:
        yield replace(stage, worker=replace(stage.worker, new_org=heard(stage, waits, sent)))


def after_a_plan(stage: Stage) -> None:
    stage.plan()
    for _ in range(3):
        stage.add_lead(Title="課長")


def and_another(stage: Stage) -> None:
    after_a_plan(stage)
    stage.plan()


def heard(stage: Stage, waits: list[float], sent: list[PreparedRequest]) -> Callable[[], Org]:
    new_org = stage.worker.new_org

    def wait(seconds: float) -> None:
        waits.append(seconds)
        stage.advance(seconds)

    def begun() -> Org:
        first = new_org()
        connection = replace(first.wire.connection, timeouts=IMPATIENT, patience=Patience(attempts=3))
        session = Session(connection, budget=first.wire.session.budget)
        session.hooks["response"].append(lambda response, *_, **__: sent.append(response.request))
        return Org(connection, session=session, sleep=wait)

    return begun


def guarded(stage: Stage) -> Stage:
    return stage


MODES = pytest.mark.parametrize("mode", [guarded, in_blocks])
WRITE = "/composite"


def applied_once(stage: Stage) -> bool:
    records = list(stage.server.world.tables["Lead"])
    return [(stage.standing_of(each), len(stage.our_writes(each))) for each in records] == [(State.APPLIED, 1)] * 3


def tokens(sent: list[PreparedRequest]) -> int:
    return sum("/oauth2/token" in str(request.url) for request in sent)


def writes(sent: list[PreparedRequest]) -> list[PreparedRequest]:
    return [request for request in sent if "Leadsync_Run__c" in str(request.body)]


def as_it_was(request: PreparedRequest) -> tuple[object, ...]:
    headers = {name: value for name, value in request.headers.items() if name != "Authorization"}
    return request.method, request.url, request.body, headers


@MODES
def test_t1_a_write_whose_session_ended_is_sent_once_more_as_it_was_after_one_login(
    planned: Stage, sent: list[PreparedRequest], mode: Callable[[Stage], Stage]
) -> None:
    planned.break_with(Fault(FaultKind.EXPIRED, path=WRITE, holds="Leadsync_Run__c"))
    mode(planned).apply()

    first, second = writes(sent)
    assert as_it_was(first) == as_it_was(second)
    assert first.headers["Authorization"] != second.headers["Authorization"]
    assert tokens(sent) == 2
    assert applied_once(planned)


@pytest.mark.parametrize("call", range(6))
def test_t1_a_read_whose_session_ended_is_asked_once_more_as_it_was_after_one_login(
    stage: Stage, sent: list[PreparedRequest], call: int
) -> None:
    stage.break_with(Fault(FaultKind.EXPIRED, path="/services/data", skip=call))
    stage.plan()

    asked = [as_it_was(request) for request in sent if "/oauth2/token" not in str(request.url)]
    # A plan of so small an org takes fewer calls than there are here to be hit.
    again = [later for earlier, later in itertools.pairwise(asked) if earlier == later]
    assert (len(again), tokens(sent)) == ((1, 2) if call < len(asked) - 1 else (0, 1))


@MODES
def test_t7_a_write_that_meets_too_many_long_calls_waits_half_a_minute_and_is_applied_once(
    planned: Stage, waits: list[float], mode: Callable[[Stage], Stage]
) -> None:
    planned.break_with(Fault(FaultKind.CONCURRENT, path=WRITE, holds="Leadsync_Run__c", times=2))
    mode(planned).apply()

    assert [seconds for seconds in waits if seconds >= 30] == [30.0, 30.0]
    assert applied_once(planned)


LIKE_THE_EDGE = [FaultKind.MAINTENANCE, FaultKind.UNACCEPTABLE, FaultKind.GATEWAY]


@MODES
@pytest.mark.parametrize(
    "kind", [FaultKind.EDGE, FaultKind.EMPTY, *(pytest.param(kind, marks=pytest.mark.long) for kind in LIKE_THE_EDGE)]
)
@pytest.mark.parametrize("taken", ["taken", "not taken"])
def test_t8_a_write_answered_by_the_edge_is_applied_once_whether_the_org_took_it_or_not(
    planned: Stage, kind: FaultKind, taken: str, mode: Callable[[Stage], Stage]
) -> None:
    is_taken = taken == "taken" and kind is not FaultKind.EDGE  # 420 comes from before the org
    planned.break_with(Fault(kind, path=WRITE, holds="Leadsync_Run__c", applied=is_taken))
    for _ in range(2):
        mode(planned).apply()

    assert applied_once(planned)


def test_t9_a_read_that_is_never_answered_is_asked_again(stage: Stage) -> None:
    stage.break_with(Fault(FaultKind.HANG, path=WRITE))
    pulled(stage)

    assert leads(stage) == 3


@pytest.mark.long
def test_t9_an_org_that_never_answers_fails_the_run_and_keeps_nothing_half(stage: Stage) -> None:
    stage.break_with(Fault(FaultKind.HANG, path=WRITE, times=50))
    with pytest.raises(TransientError, match="SF-114"):
        pulled(stage)

    assert leads(stage) == 0


@pytest.mark.long
@MODES
@pytest.mark.parametrize("taken", ["taken", "not taken"])
def test_t9_a_write_that_is_never_answered_is_read_back_and_applied_once(
    planned: Stage, taken: str, mode: Callable[[Stage], Stage]
) -> None:
    planned.break_with(Fault(FaultKind.HANG, path=WRITE, holds="Leadsync_Run__c", applied=taken == "taken"))
    for _ in range(2):
        mode(planned).apply()

    assert applied_once(planned)
