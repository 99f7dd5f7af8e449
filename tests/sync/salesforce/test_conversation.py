"""The client and the sandbox org in conversation, in one thread: what both believe of Salesforce fits together."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from engine.errors import LoginError, OrgError, TransientError
from sync.salesforce.login_settings import ClientCredentialsLogin, Connection, JwtLogin
from sync.salesforce.org import Identity, Org
from sync.salesforce.session import Session
from sync.salesforce.writes import GuardedUpdate, WriteResult
from sync.sandbox.clock import OrgClock
from sync.sandbox.database import Record
from sync.sandbox.faults import Fault, FaultKind
from sync.sandbox.ids import record_id
from sync.sandbox.server import SandboxOrg, SandboxServer
from sync.sandbox.worlds import App, Switches, World
from tests.sandbox_org import SandboxAdapter, firings, with_rows

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
BEFORE = "2026-11-20T01:02:03.000+0000"
MODIFIED = datetime(2026, 11, 20, 1, 2, 3, tzinfo=UTC)
ORG = "https://acme.my.salesforce.com"
ORG_ID = record_id("00D", 1)
ROBOT, REP, LEAVER = (record_id("005", number) for number in (1, 2, 3))
FRESH, CONVERTED, DELETED, MOVED, FREE = LEADS = [record_id("00Q", number) for number in range(1, 6)]


def table(*records: Record) -> list[Record]:
    return [{"SystemModstamp": BEFORE, "LastModifiedDate": BEFORE, **record} for record in records]


def user(key: str, name: str, *, active: bool = True) -> Record:
    return {
        "Id": key,
        "Username": f"{name}@sandbox.example",
        "LastName": name,
        "IsActive": active,
        "UserType": "Standard",
    }


def lead(key: str, **values: str | bool) -> Record:
    return {"Id": key, "LastName": "山田", "Company": "株式会社テスト", "Status": "Open", "OwnerId": REP, "IsDeleted": False,
            "IsConverted": False, **values}  # fmt: skip


@pytest.fixture
def sandbox(keys: object) -> SandboxOrg:
    app = App("key", "secret", run_as="leadsync@sandbox.example", public_key=getattr(keys, "public", ""))
    world = with_rows(
        World(ORG_ID, app, LEAVER),
        Organization=table({"Id": ORG_ID, "Name": "テスト", "IsSandbox": True, "TimeZoneSidKey": "Asia/Tokyo"}),
        User=table(user(ROBOT, "leadsync"), user(REP, "suzuki"), user(LEAVER, "kimura", active=False)),
        Lead=table(
            lead(FRESH),
            lead(CONVERTED, IsConverted=True),
            lead(DELETED, IsDeleted=True),
            lead(MOVED, LastModifiedDate="2026-11-20T01:02:04.000+0000"),
            lead(FREE),
        ),
    )
    return SandboxOrg(world, OrgClock(lambda: NOW))


@pytest.fixture
def talk(sandbox: SandboxOrg, waits: list[float]) -> Callable[[Connection], Org]:
    def started(connection: Connection) -> Org:
        session = Session(connection)
        session.mount("https://", SandboxAdapter(sandbox))
        return Org(connection, session=session, sleep=waits.append)

    return started


@pytest.fixture
def org(talk: Callable[[Connection], Org]) -> Org:
    return talk(Connection(ORG, ClientCredentialsLogin("key", "secret")))


def moves(*record_ids: str, owner: str = ROBOT) -> list[GuardedUpdate]:
    return [GuardedUpdate(key, "Lead", {"OwnerId": owner, "Rating": None}, MODIFIED) for key in record_ids]


def plan(sandbox: SandboxOrg, *faults: Fault) -> None:
    sandbox.act(lambda world, _: replace(world, faults=faults))


def owners(sandbox: SandboxOrg, record_ids: Iterable[str]) -> list[object]:
    return [sandbox.world.tables["Lead"][key]["OwnerId"] for key in record_ids]


def test_a_jwt_of_the_right_key_logs_in(talk: Callable[[Connection], Org], keys: object) -> None:
    login = JwtLogin("key", "leadsync@sandbox.example", getattr(keys, "private", ""), "https://test.salesforce.com")
    org = talk(Connection(ORG, login))
    assert org.connect() == Identity(
        org_id=ORG_ID,
        is_sandbox=True,
        user_id=ROBOT,
        username="leadsync@sandbox.example",
        instance_url="https://leadsync.my.salesforce.invalid",
        name="テスト",
        time_zone="Asia/Tokyo",
    )
    assert (org.calls, org.started_at, org.org_id) == (1, NOW, ORG_ID)


def test_a_production_audience_is_refused_by_a_sandbox(talk: Callable[[Connection], Org], keys: object) -> None:
    login = JwtLogin("key", "leadsync@sandbox.example", getattr(keys, "private", ""), "https://login.salesforce.com")
    with pytest.raises(LoginError) as refused:
        talk(Connection(ORG, login)).connect()
    assert refused.value.problems[0].code == "LG-103"


def test_the_org_counts_the_calls_that_we_count(sandbox: SandboxOrg, org: Org) -> None:
    org.connect()
    org.describe("Lead")
    org.guarded_update(moves(FRESH, FREE))
    assert org.calls == sandbox.world.api_calls
    assert org.usage is not None
    assert org.usage.used == sandbox.world.api_calls


def test_pages_follow_through_the_org_s_own_locators(sandbox: SandboxOrg, org: Org) -> None:
    sandbox.act(lambda world, _: replace(world, switches=replace(world.switches, page_size=2)))
    pages = list(org.query("SELECT Id, Owner.Name FROM Lead ORDER BY Id", include_deleted=True))
    assert [[record["Id"] for record in page.records] for page in pages] == [LEADS[:2], LEADS[2:4], LEADS[4:]]
    assert {page.read_at for page in pages} == {NOW}


def test_a_hidden_field_is_named(sandbox: SandboxOrg, org: Org) -> None:
    sandbox.act(lambda world, _: replace(world, switches=Switches(hidden=frozenset({"Lead.Rating"}))))
    with pytest.raises(OrgError) as failed:
        list(org.query("SELECT Rating FROM Lead"))
    assert "Rating" in str(failed.value.problems[0].params["message"])


@pytest.mark.parametrize("outer_headers_count", [False, True])
def test_each_record_of_a_guarded_call_has_its_own_verdict(
    sandbox: SandboxOrg, org: Org, *, outer_headers_count: bool
) -> None:
    sandbox.act(lambda world, _: replace(world, switches=Switches(outer_headers_count=outer_headers_count)))
    missing = record_id("00Q", 99)
    answers = org.guarded_update(moves(FRESH, CONVERTED, DELETED, MOVED, missing))
    assert [answer.result for answer in answers] == [
        WriteResult.DONE,
        WriteResult.CONVERTED,
        WriteResult.GONE,
        WriteResult.MOVED,
        WriteResult.GONE,
    ]
    assert owners(sandbox, LEADS) == [ROBOT, REP, REP, REP, REP]


def test_no_assignment_rule_fires_by_our_hand_with_a_session_lost_on_the_way(sandbox: SandboxOrg, org: Org) -> None:
    plan(
        sandbox,
        Fault(FaultKind.EXPIRED, path="/composite", holds="PATCH"),
        Fault(FaultKind.EXPIRED, path="/composite/sobjects"),
    )
    org.guarded_update(moves(FRESH))
    org.update("Lead", [(FREE, {"Rating": "Hot"})])
    assert owners(sandbox, (FRESH, FREE)) == [ROBOT, REP]
    assert {write.headers.get("sforce-auto-assign") for write in sandbox.world.writes} == {"FALSE"}


def test_an_inactive_owner_is_blocked(org: Org) -> None:
    (guarded,) = org.guarded_update(moves(FRESH, owner=LEAVER))
    (collected,) = org.update("Lead", [(FREE, {"OwnerId": LEAVER})])
    assert (guarded.result, collected.result) == (WriteResult.BLOCKED, WriteResult.BLOCKED)


def test_a_collection_has_a_verdict_for_each_record(sandbox: SandboxOrg, org: Org) -> None:
    plan(sandbox, Fault(FaultKind.LOCKED, record_id=FREE))
    answers = org.update("Lead", [(key, {"Rating": "Hot"}) for key in (FRESH, CONVERTED, DELETED, FREE)])
    assert [answer.result for answer in answers] == [
        WriteResult.DONE,
        WriteResult.CONVERTED,
        WriteResult.GONE,
        WriteResult.LOCKED,
    ]


@pytest.mark.parametrize("applied", [True, False])
@pytest.mark.parametrize(
    "kind",
    [FaultKind.RESET, FaultKind.HANG, FaultKind.ERROR, FaultKind.GATEWAY, FaultKind.TIMEOUT, FaultKind.MAINTENANCE],
)
def test_a_write_in_doubt_reaches_the_org_at_most_once(
    sandbox: SandboxOrg, org: Org, kind: FaultKind, *, applied: bool
) -> None:
    plan(sandbox, Fault(kind, path="/composite", holds="PATCH", applied=applied))
    answers = org.guarded_update(moves(FRESH, FREE))
    assert {answer.result for answer in answers} == {WriteResult.UNKNOWN}
    assert firings(sandbox.world) == ({FRESH: 1, FREE: 1} if applied else {})


def test_an_org_that_did_not_take_the_write_gets_it_again(sandbox: SandboxOrg, org: Org) -> None:
    plan(sandbox, Fault(FaultKind.BUSY, path="/composite", holds="PATCH", times=2))
    assert [answer.result for answer in org.guarded_update(moves(FRESH))] == [WriteResult.DONE]
    assert firings(sandbox.world) == {FRESH: 1}


def test_a_used_up_day_leaves_everything_as_it_was(sandbox: SandboxOrg, org: Org) -> None:
    plan(sandbox, Fault(FaultKind.LIMIT, path="/composite", holds="PATCH"))
    with pytest.raises(TransientError) as failed:
        org.guarded_update(moves(FRESH))
    assert failed.value.problems[0].code == "SF-110"
    assert not sandbox.world.writes


def test_a_session_that_runs_out_is_renewed(sandbox: SandboxOrg, org: Org) -> None:
    org.connect()
    sandbox.advance(timedelta(hours=3).total_seconds())
    assert [answer.result for answer in org.guarded_update(moves(FRESH))] == [WriteResult.DONE]


@pytest.mark.parametrize("applied", [True, False])
def test_a_connection_cut_on_the_real_wire_leaves_a_write_in_doubt(
    sandbox: SandboxOrg, waits: list[float], *, applied: bool
) -> None:
    with SandboxServer(sandbox.world, sandbox.clock) as served:
        connection = Connection(served.url, ClientCredentialsLogin("key", "secret"))
        with Session(connection) as session:
            org = Org(connection, session=session, sleep=waits.append)
            org.connect()
            plan(served, Fault(FaultKind.RESET, path="/composite", holds="PATCH", applied=applied))
            answers = org.guarded_update(moves(FRESH))
        assert [answer.result for answer in answers] == [WriteResult.UNKNOWN]
        assert firings(served.world) == ({FRESH: 1} if applied else {})
