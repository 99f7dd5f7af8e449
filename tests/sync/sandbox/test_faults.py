"""What goes wrong on purpose: which requests are hit, how often, and whether they took effect."""

import socket
import struct
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import requests

from sync.sandbox.clock import OrgClock
from sync.sandbox.faults import Fault, FaultKind
from sync.sandbox.server import SandboxOrg, SandboxServer
from sync.sandbox.worlds import World
from tests.sandbox_org import firings

Ask = Callable[..., requests.Response]


def plan(org: SandboxOrg, *faults: Fault) -> None:
    org.act(lambda world, _: replace(world, faults=faults))


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (FaultKind.EXPIRED, 401),
        (FaultKind.LIMIT, 403),
        (FaultKind.MOVED, 412),
        (FaultKind.BUSY, 429),
        (FaultKind.ERROR, 500),
        (FaultKind.GATEWAY, 502),
        (FaultKind.MAINTENANCE, 503),
        (FaultKind.TIMEOUT, 504),
    ],
)
def test_a_fault_hits_its_request_and_is_used_up(org: SandboxOrg, ask: Ask, kind: FaultKind, status: int) -> None:
    plan(org, Fault(kind, path="limits"))
    seen = [ask("GET", path).status_code for path in ("sobjects", "limits", "limits")]
    assert seen == [200, status, 200]


def test_a_fault_can_let_some_requests_pass(org: SandboxOrg, ask: Ask) -> None:
    plan(org, Fault(FaultKind.ERROR, skip=1, times=2))
    assert [ask("GET", "limits").status_code for _ in range(4)] == [200, 500, 500, 200]


@pytest.mark.parametrize("applied", [False, True])
def test_a_reset_may_come_before_or_after_the_write(org: SandboxOrg, ask: Ask, lead_id: str, applied: bool) -> None:  # noqa: FBT001  # a parameter of the table
    plan(org, Fault(FaultKind.RESET, method="PATCH", applied=applied))
    with pytest.raises(requests.ConnectionError):
        ask("PATCH", f"sobjects/Lead/{lead_id}", json={"Title": "部長"})
    assert (len(org.world.writes) == 1) is applied


def test_a_hanging_request_times_out(org: SandboxOrg, ask: Ask) -> None:
    plan(org, Fault(FaultKind.HANG))
    with pytest.raises(requests.ReadTimeout):
        ask("GET", "limits")


def test_a_row_is_locked_as_often_as_planned(org: SandboxOrg, ask: Ask, lead_id: str) -> None:
    plan(org, Fault(FaultKind.LOCKED, record_id=lead_id, times=2))
    rows = {"records": [{"attributes": {"type": "Lead"}, "id": lead_id, "Title": "部長"}]}
    answers = [ask("PATCH", "composite/sobjects", json=rows).json()[0] for _ in range(3)]
    codes = [answer["errors"][0]["statusCode"] if answer["errors"] else "" for answer in answers]
    assert codes == ["UNABLE_TO_LOCK_ROW", "UNABLE_TO_LOCK_ROW", ""]
    assert firings(org.world) == {lead_id: 1}


def test_the_server_resets_and_hangs_for_real(world: World) -> None:
    faults = (Fault(FaultKind.RESET), Fault(FaultKind.HANG))
    clock = OrgClock(lambda: datetime(2026, 11, 21, 9, 0, tzinfo=UTC))
    with SandboxServer(replace(world, faults=faults), clock) as org:
        with pytest.raises(requests.ConnectionError):
            requests.get(f"{org.url}/services/data", timeout=5)
        with pytest.raises(requests.ReadTimeout):
            requests.get(f"{org.url}/services/data", timeout=0.2)
        assert requests.get(f"{org.url}/services/data", timeout=5).status_code == 200


def test_a_client_that_goes_away_is_not_worth_a_word(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    clock = OrgClock(lambda: datetime(2026, 11, 21, 9, 0, tzinfo=UTC))
    with SandboxServer(world, clock) as org:
        for _ in range(5):
            with socket.create_connection(("127.0.0.1", int(org.url.rpartition(":")[2]))) as client:
                client.sendall(b"GET /services/data HTTP/1.1\r\n\r\n")
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        assert requests.get(f"{org.url}/services/data", timeout=5).status_code == 200
    assert capfd.readouterr().err == ""
