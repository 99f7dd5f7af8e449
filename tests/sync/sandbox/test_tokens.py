"""Who may log in, how, and for how long."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from simple_salesforce.api import Salesforce, SFType
from simple_salesforce.login import SalesforceLogin

from sync.sandbox.clock import OrgClock
from sync.sandbox.generate import CONSUMER_KEY, CONSUMER_SECRET
from sync.sandbox.server import SandboxOrg
from sync.sandbox.worlds import World
from tests.sandbox_org import SandboxAdapter

TOKEN = "https://org.example/services/oauth2/token"
USER = "leadsync@sandbox.example"
HOST_NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
GOOD = {"iss": CONSUMER_KEY, "sub": USER, "aud": "https://test.salesforce.com", "exp": HOST_NOW.timestamp() + 180}


def new_key() -> tuple[str, str]:
    """A private key for the client and the public key for `App.public_key`, both PEM."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    secret = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return secret.decode(), public.decode()


@pytest.fixture(scope="module")
def keys() -> tuple[str, str]:
    return new_key()


@pytest.fixture
def browser(world: World, keys: tuple[str, str]) -> requests.Session:
    """Not logged in; the org's clock is a day ahead of the host's."""
    clock = OrgClock(lambda: HOST_NOW, ahead_seconds=86_400)
    org = SandboxOrg(replace(world, app=replace(world.app, public_key=keys[1])), clock)
    session = requests.Session()
    session.mount("https://", SandboxAdapter(org))
    return session


def by_jwt(browser: requests.Session, key: str, claims: dict[str, object]) -> requests.Response:
    assertion = jwt.encode(claims, key, algorithm="RS256")
    grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    return browser.post(TOKEN, {"grant_type": grant, "assertion": assertion})


def test_a_jwt_signed_by_the_registered_key_gets_a_token(browser: requests.Session, keys: tuple[str, str]) -> None:
    answer = by_jwt(browser, keys[0], GOOD)
    assert (answer.status_code, answer.json()["token_type"]) == (200, "Bearer")


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"aud": "https://login.salesforce.com"}, "invalid_grant"),
        ({"exp": HOST_NOW.timestamp() - 1}, "invalid_grant"),
        ({"iss": "another app"}, "invalid_client_id"),
        ({"sub": "nobody@sandbox.example"}, "invalid_grant"),
        ({"sub": "kimura@sandbox.example"}, "inactive_user"),
    ],
    ids=["production's audience", "expired by the host's clock", "other app", "no such user", "leaver"],
)
def test_a_wrong_claim_is_denied(
    browser: requests.Session, keys: tuple[str, str], wrong: dict[str, object], error: str
) -> None:
    answer = by_jwt(browser, keys[0], GOOD | wrong)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_a_jwt_signed_by_another_key_is_denied(browser: requests.Session) -> None:
    stranger, _ = new_key()
    assert by_jwt(browser, stranger, GOOD).json() == {
        "error": "invalid_grant",
        "error_description": "invalid assertion",
    }


def test_client_credentials_work_by_basic_and_by_form(browser: requests.Session) -> None:
    form = {"grant_type": "client_credentials"}
    by_basic = browser.post(TOKEN, form, auth=(CONSUMER_KEY, CONSUMER_SECRET))
    by_form = browser.post(TOKEN, form | {"client_id": CONSUMER_KEY, "client_secret": CONSUMER_SECRET})
    wrong = browser.post(TOKEN, form | {"client_id": CONSUMER_KEY, "client_secret": "guess"})
    assert (by_basic.status_code, by_form.status_code, wrong.status_code) == (200, 200, 400)


def test_a_password_works_for_the_user_it_belongs_to(browser: requests.Session) -> None:
    form = {"grant_type": "password", "client_id": CONSUMER_KEY, "client_secret": CONSUMER_SECRET, "username": USER}
    assert browser.post(TOKEN, form | {"password": "sandbox"}).status_code == 200
    assert browser.post(TOKEN, form | {"password": "guess"}).json()["error"] == "invalid_grant"


def test_userinfo_names_the_org_and_the_user(session: requests.Session, org: SandboxOrg) -> None:
    told = session.get("https://org.example/services/oauth2/userinfo").json()
    assert (told["organization_id"], told["preferred_username"]) == (org.world.org_id, USER)


def test_a_session_ends_after_two_hours_of_the_orgs_time(
    org: SandboxOrg, ask: Callable[..., requests.Response]
) -> None:
    assert ask("GET", "limits").status_code == 200
    org.advance(timedelta(hours=2).total_seconds())
    answer = ask("GET", "limits")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (401, "INVALID_SESSION_ID")


def test_simple_salesforce_logs_in_queries_and_updates(org: SandboxOrg, keys: tuple[str, str], lead_id: str) -> None:
    org.act(lambda world, _: replace(world, app=replace(world.app, public_key=keys[1])))
    session = requests.Session()
    session.mount("https://", SandboxAdapter(org))
    # The library dates its JWT by the real clock, which is not this org's.
    org.clock.host = lambda: datetime.now(UTC)
    token, instance = SalesforceLogin(
        username=USER, consumer_key=CONSUMER_KEY, privatekey=keys[0], domain="test", session=session
    )
    salesforce = Salesforce(session_id=token, instance=instance, session=session, version="66.0")
    leads = SFType("Lead", token, instance, "66.0", session=session)
    leads.update(lead_id, {"Rating": "Warm"}, headers={"Sforce-Auto-Assign": "FALSE"})
    found = salesforce.query(f"SELECT Rating, Owner.Type FROM Lead WHERE Id = '{lead_id}'")["records"][0]
    assert (found["Rating"], found["Owner"]["Type"]) == ("Warm", "User")
