"""What is true of every attempt, whoever makes it."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import requests
import responses
from requests.adapters import HTTPAdapter

from engine.errors import TransientError
from sync.salesforce.errors import CallError
from sync.salesforce.login_settings import Connection, Patience, Timeouts
from sync.salesforce.org import Org
from sync.salesforce.session import INSTANCE, ApiUsage, Session, usage_of

ORG = "https://acme.my.salesforce.com"
LIMITS = f"{ORG}/services/data/v66.0/limits/"


class TimeoutKeeper(HTTPAdapter):
    """Answers everything with an empty object and keeps the timeout it was asked with."""

    def __init__(self) -> None:
        super().__init__()
        self.timeouts: list[object] = []

    def send(
        self, request: requests.PreparedRequest, *_: object, timeout: object = None, **__: object
    ) -> requests.Response:
        self.timeouts.append(timeout)
        response = requests.Response()
        response.status_code = 200
        response._content = b"{}"
        response.request = request
        return response


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port where connections are taken and nobody ever answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def test_every_request_has_both_timeouts(connection: Connection) -> None:
    keeper = TimeoutKeeper()
    with Session(replace(connection, timeouts=Timeouts(connect_seconds=3, read_seconds=7))) as session:
        session.mount(ORG, keeper)
        session.get(f"https://{INSTANCE}/services/data/")
        session.post("https://login.salesforce.com/services/oauth2/token", data={}, timeout=None)
    assert keeper.timeouts == [(3, 7), (3, 7)]


def test_an_org_that_never_answers_ends_as_try_again(
    silent_port: int, reach: Callable[[Connection], Org], connection: Connection
) -> None:
    org = reach(
        replace(
            connection,
            org_url=f"http://127.0.0.1:{silent_port}",
            timeouts=Timeouts(connect_seconds=1, read_seconds=0.02),
            patience=Patience(attempts=2),
        )
    )
    with pytest.raises(TransientError) as failed:
        org.limits()
    assert failed.value.problems[0].code == "SF-114"


def test_a_port_where_nobody_listens_has_surely_not_been_written_to(
    closed_port: int, reach: Callable[[Connection], Org], connection: Connection
) -> None:
    org = reach(replace(connection, org_url=f"http://127.0.0.1:{closed_port}"))
    with pytest.raises(TransientError) as failed:
        org.update("Lead", [("00Q5g000001AbCdEAK", {"Rating": "Hot"})])
    assert failed.value.problems[0].code == "SF-113"


@pytest.mark.long
def test_a_login_without_an_answer_leaves_no_write_in_doubt(
    silent_port: int, reach: Callable[[Connection], Org], connection: Connection
) -> None:
    address = f"http://127.0.0.1:{silent_port}"
    org = reach(
        replace(connection, org_url=address, timeouts=Timeouts(read_seconds=0.02), patience=Patience(attempts=2))
    )
    with pytest.raises(TransientError):
        org.update("Lead", [("00Q5g000001AbCdEAK", {"Rating": "Hot"})])


@pytest.mark.long
def test_assignment_rules_are_off_on_every_request(wire: responses.RequestsMock, org: Org) -> None:
    wire.get(LIMITS, json={})
    org.limits()
    assert {call.request.headers["Sforce-Auto-Assign"] for call in wire.calls} == {"FALSE"}
    assert len(wire.calls) == 2


def test_only_the_configured_org_is_spoken_to(connection: Connection) -> None:
    with Session(connection) as session, pytest.raises(ValueError, match=r"evil\.example"):
        session.get("https://evil.example/services/data/")


def test_a_redirect_is_not_followed(wire: responses.RequestsMock, connection: Connection) -> None:
    wire.get(f"{ORG}/services/data/", status=302, headers={"Location": "https://evil.example/"})
    with Session(connection) as session, pytest.raises(CallError):
        session.get(f"https://{INSTANCE}/services/data/")
    assert len(wire.calls) == 1


def test_a_netrc_entry_does_not_replace_the_token(
    wire: responses.RequestsMock, org: Org, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine acme.my.salesforce.com login someone password else")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    wire.get(LIMITS, json={})
    org.limits()
    assert wire.calls[-1].request.headers["Authorization"] == "Bearer 00D!token"


def test_an_environment_proxy_does_not_stand_before_this_machine(connection: Connection) -> None:
    with Session(replace(connection, org_url="http://127.0.0.1:8123")) as local, Session(connection) as remote:
        assert (local.trust_env, remote.trust_env) == (False, True)


def test_calls_are_counted_when_they_fail_and_logins_are_not(wire: responses.RequestsMock, org: Org) -> None:
    wire.get(LIMITS, status=503, body="<html>maintenance</html>")
    wire.get(LIMITS, json={})
    org.limits()
    assert org.calls == 2


@pytest.mark.parametrize(
    ("header", "usage"),
    [
        ("api-usage=18/5000", ApiUsage(18, 5000)),
        ("api-usage=14990/15000; per-app-api-usage=17/250(appName=x)", ApiUsage(14990, 15000)),
        ("per-app-api-usage=17/250(appName=a b); api-usage=25/5000", ApiUsage(25, 5000)),
        ("api-usage=18/5000; api-bursts=1/750", ApiUsage(18, 5000)),
        ("per-app-api-usage=17/250(appName=x)", None),
        ("nonsense", None),
        (None, None),
    ],
)
def test_usage_is_read_with_and_without_the_app_s_own(header: str | None, usage: ApiUsage | None) -> None:
    assert usage_of(header) == usage


def test_an_answer_that_tells_no_usage_leaves_the_last_one_standing(wire: responses.RequestsMock, org: Org) -> None:
    wire.get(LIMITS, json={}, headers={"Sforce-Limit-Info": "api-usage=18/5000"})
    wire.get(LIMITS, json={})
    org.limits()
    org.limits()
    assert org.usage == ApiUsage(18, 5000)


def test_usage_is_read_from_a_refusal_too(wire: responses.RequestsMock, org: Org) -> None:
    wire.get(
        LIMITS,
        status=403,
        json=[{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}],
        headers={"Sforce-Limit-Info": "api-usage=5000/5000"},
    )
    with pytest.raises(TransientError):
        org.limits()
    assert org.usage == ApiUsage(5000, 5000)


def test_the_org_s_clock_is_the_first_and_the_last_answer_s(wire: responses.RequestsMock, org: Org) -> None:
    wire.get(LIMITS, json={}, headers={"Date": "Sat, 21 Nov 2026 09:30:00 GMT"})
    wire.get(LIMITS, json={}, headers={"Date": "Sat, 21 Nov 2026 09:30:05 GMT"})
    wire.get(LIMITS, json={}, headers={"Date": "not a date"})
    for _ in range(3):
        org.limits()
    assert str(org.started_at) == "2026-11-21 09:30:00+00:00"
    assert str(org.server_time) == "2026-11-21 09:30:05+00:00"
