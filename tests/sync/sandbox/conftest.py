"""A small sandbox org at a held instant, and ways to ask it."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import requests

from sync.sandbox.clock import OrgClock
from sync.sandbox.generate import CONSUMER_KEY, CONSUMER_SECRET, generate
from sync.sandbox.server import SandboxOrg
from sync.sandbox.worlds import World
from tests.sandbox_org import SandboxAdapter

NOW = datetime(2026, 11, 21, 9, 0, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def made() -> World:
    """120 leads, which nobody touches."""
    return generate(leads=120, seed=7, now=NOW)


@pytest.fixture
def world(made: World) -> World:
    return made.copy()


@pytest.fixture
def org(world: World) -> SandboxOrg:
    return SandboxOrg(world, OrgClock(lambda: NOW))


@pytest.fixture
def session(org: SandboxOrg) -> requests.Session:
    """Logged in as the integration user."""
    session = requests.Session()
    session.mount("https://", SandboxAdapter(org))
    form = {"grant_type": "client_credentials", "client_id": CONSUMER_KEY, "client_secret": CONSUMER_SECRET}
    answer = session.post("https://org.example/services/oauth2/token", form)
    session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    session.headers["Sforce-Auto-Assign"] = "FALSE"
    return session


@pytest.fixture
def ask(session: requests.Session) -> Callable[..., requests.Response]:
    """`ask("PATCH", "sobjects/Lead/..", json={..})`."""

    def asked(method: str, path: str, **given: object) -> requests.Response:
        url = f"https://org.example/services/data/v66.0/{path}"
        return session.request(method, url, **given)  # type: ignore[arg-type]  # as the caller says

    return asked


@pytest.fixture
def soql(ask: Callable[..., requests.Response]) -> Callable[[str], list[dict[str, object]]]:
    """The records of a query that fits one page."""

    def found(query: str) -> list[dict[str, object]]:
        records: list[dict[str, object]] = ask("GET", "query", params={"q": query}).json()["records"]
        return records

    return found


@pytest.fixture
def lead_id(world: World) -> str:
    """An open lead with a telephone, owned by a person who is still there."""
    active = {key for key, user in world.tables["User"].items() if user["IsActive"]}
    return next(
        key
        for key, lead in world.tables["Lead"].items()
        if not lead["IsConverted"] and not lead["IsDeleted"] and lead["OwnerId"] in active and lead.get("Phone")
    )
