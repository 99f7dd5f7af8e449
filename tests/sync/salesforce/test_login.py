"""Logging in: what is sent, where to, and what a refusal is called."""

import json
import traceback
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest
import requests
import responses
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from config.words.catalogue import Language, Words
from engine.errors import LoginError, TransientError
from engine.messages import Message
from sync.salesforce.login_settings import ClientCredentialsLogin, Connection, JwtLogin, PasswordLogin
from sync.salesforce.org import Identity, Org
from sync.salesforce.session import TOKEN_PATH, Session

ORG = "https://acme.my.salesforce.com"
DATA = f"{ORG}/services/data/v66.0"
HEADERS = {"Date": "Sat, 21 Nov 2026 09:30:00 GMT"}

Reach = Callable[[Connection], Org]


def records(*rows: Mapping[str, object]) -> dict[str, object]:
    return {"totalSize": len(rows), "done": True, "records": list(rows)}


ORGANIZATION = {"Id": "00D5g000001AbCdEAK", "Name": "Acme", "IsSandbox": True, "TimeZoneSidKey": "Asia/Tokyo"}
USER = {"Id": "0055g00000AbCdEAAX", "Username": "sync@acme.example"}


def serve_identity(wire: responses.RequestsMock) -> None:
    parts = [
        {"referenceId": f"part{number}", "httpStatusCode": 200, "httpHeaders": {}, "body": records(row)}
        for number, row in enumerate([dict[str, object](ORGANIZATION), dict[str, object](USER)])
    ]
    wire.post(f"{DATA}/composite", json={"compositeResponse": parts}, headers=HEADERS)


def form(call: responses.Call) -> dict[str, list[str]]:
    return parse_qs(str(call.request.body))


def code_of(error: LoginError) -> str:
    """The code, once it is sure that people can read it."""
    assert all(code in words.error(error) for words in map(Words, Language) for code in [error.problems[0].code])
    return error.problems[0].code


def test_connecting_tells_where_we_are_and_who_we_are(wire: responses.RequestsMock, org: Org) -> None:
    serve_identity(wire)
    assert org.connect() == Identity(
        org_id="00D5g000001AbCdEAK",
        is_sandbox=True,
        user_id="0055g00000AbCdEAAX",
        username="sync@acme.example",
        instance_url="https://elsewhere.salesforce.com",
        name="Acme",
        time_zone="Asia/Tokyo",
    )


def test_a_token_goes_to_the_configured_org_only(wire: responses.RequestsMock, org: Org) -> None:
    serve_identity(wire)
    org.connect()
    assert {call.request.url.split("/services/")[0] for call in wire.calls if call.request.url} == {ORG}


def test_a_jwt_is_signed_for_the_audience_and_sent_to_the_org(
    wire: responses.RequestsMock, reach: Reach, connection: Connection, keys: object
) -> None:
    login = connection.login
    assert isinstance(login, JwtLogin)
    serve_identity(wire)
    reach(replace(connection, login=replace(login, audience="https://test.salesforce.com"))).connect()
    sent = form(wire.calls[0])
    overrides = jwt.decode(
        sent["assertion"][0], getattr(keys, "public", ""), algorithms=["RS256"], audience="https://test.salesforce.com"
    )
    assert wire.calls[0].request.url == f"{ORG}{TOKEN_PATH}"
    assert (overrides["iss"], overrides["sub"]) == ("3MVG9key", "sync@acme.example")


def test_client_credentials_go_as_basic_authorization(wire: responses.RequestsMock, reach: Reach) -> None:
    serve_identity(wire)
    reach(Connection(ORG, ClientCredentialsLogin("3MVG9key", "hush"))).connect()
    assert wire.calls[0].request.headers["Authorization"] == "Basic " + b64encode(b"3MVG9key:hush").decode()
    assert form(wire.calls[0]) == {"grant_type": ["client_credentials"]}


def test_a_password_works_and_is_advised_against(wire: responses.RequestsMock, reach: Reach) -> None:
    serve_identity(wire)
    identity = reach(Connection(ORG, PasswordLogin("3MVG9key", "o'neil&co@acme.example", "hush", "pa&ss<"))).connect()
    assert form(wire.calls[0])["username"] == ["o'neil&co@acme.example"]
    assert form(wire.calls[0])["password"] == ["pa&ss<"]
    assert identity.advice == (Message.of("login.password"),)


@pytest.mark.parametrize(
    ("error", "description", "code"),
    [
        ("invalid_client_id", "client identifier invalid", "LG-101"),
        ("invalid_client", "invalid client credentials", "LG-101"),
        ("invalid_grant", "user hasn't approved this consumer", "LG-102"),
        ("invalid_app_access", "user is not admin approved to access this app", "LG-102"),
        ("invalid_grant", "audience is invalid", "LG-103"),
        ("invalid_grant", "authentication failure", "LG-103"),
        ("inactive_user", "user is inactive", "LG-112"),
        ("invalid_grant", "ip restricted", "LG-112"),
        ("something_new", "unheard of", "LG-103"),
    ],
)
def test_a_refused_login_says_why(
    empty_wire: responses.RequestsMock, org: Org, error: str, description: str, code: str
) -> None:
    empty_wire.post(f"{ORG}{TOKEN_PATH}", status=400, json={"error": error, "error_description": description})
    with pytest.raises(LoginError) as refused:
        org.connect()
    assert code_of(refused.value) == code
    assert len(empty_wire.calls) == 1


@pytest.mark.parametrize(
    ("status", "body", "headers"),
    [
        (200, "<html>Log in</html>", {}),
        (200, '{"access_token": "x"}', {}),
        (200, '{"access_token": "x", "instance_url": "https://x.example"}', {}),
        (200, "[]", {}),
        (302, "", {"Location": "https://elsewhere.example/login"}),
        (403, '[{"errorCode": "API_DISABLED_FOR_ORG"}]', {}),
    ],
)
def test_a_host_that_is_not_salesforce_is_told_apart_from_a_refusal(
    empty_wire: responses.RequestsMock, org: Org, status: int, body: str, headers: dict[str, str]
) -> None:
    empty_wire.post(f"{ORG}{TOKEN_PATH}", status=status, body=body, headers=headers)
    with pytest.raises(LoginError) as refused:
        org.connect()
    assert code_of(refused.value) == "LG-104"
    assert [call.request.url for call in empty_wire.calls] == [f"{ORG}{TOKEN_PATH}"]


def test_a_missing_page_is_no_org(empty_wire: responses.RequestsMock, org: Org) -> None:
    empty_wire.post(f"{ORG}{TOKEN_PATH}", status=404, body="<html>not here</html>")
    with pytest.raises(LoginError) as refused:
        org.connect()
    assert code_of(refused.value) == "LG-104"


def test_an_org_in_maintenance_is_waited_for_at_login(wire: responses.RequestsMock, org: Org) -> None:
    wire.remove("POST", f"{ORG}{TOKEN_PATH}")
    wire.post(f"{ORG}{TOKEN_PATH}", status=503, body="<html>maintenance</html>")
    with pytest.raises(TransientError):
        org.connect()
    assert len(wire.calls) == 5


def test_a_key_that_cannot_be_read_is_named_but_not_shown(
    wire: responses.RequestsMock, reach: Reach, connection: Connection
) -> None:
    broken = "-----BEGIN PRIVATE KEY-----\nSECRETSECRET\n-----END PRIVATE KEY-----"
    with pytest.raises(LoginError) as refused:
        reach(replace(connection, login=JwtLogin("key", "user", broken))).connect()
    assert code_of(refused.value) == "LG-105"
    assert "SECRETSECRET" not in "".join(traceback.format_exception(refused.value))
    assert not wire.calls


def test_no_secret_is_in_an_error(empty_wire: responses.RequestsMock, reach: Reach) -> None:
    empty_wire.post(f"{ORG}{TOKEN_PATH}", status=400, json={"error": "invalid_client", "error_description": "no"})
    secrets = [word[::-1] for word in ("terceStneilc", "drowssaPyM")]
    with pytest.raises(LoginError) as refused:
        reach(Connection(ORG, PasswordLogin("key", "user", *secrets))).connect()
    shown = "".join(traceback.format_exception(refused.value)) + repr(refused.value)
    assert not [secret for secret in secrets if secret in shown]
    assert refused.value.__cause__ is None


def test_an_audience_of_somebody_else_is_refused(reach: Reach, connection: Connection) -> None:
    login = connection.login
    assert isinstance(login, JwtLogin)
    with pytest.raises(LoginError) as refused:
        reach(replace(connection, login=replace(login, audience="https://evil.example"))).connect()
    assert code_of(refused.value) == "LG-111"


def test_the_next_key_logs_in_once_the_org_has_its_certificate(
    empty_wire: responses.RequestsMock, reach: Reach, connection: Connection, keys: Any
) -> None:
    newer = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    accepted = newer.public_key()
    pem = newer.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()

    def token(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        assertion = parse_qs(str(request.body))["assertion"][0]
        try:
            jwt.decode(assertion, accepted, algorithms=["RS256"], options={"verify_aud": False})
        except jwt.InvalidSignatureError:
            return 400, HEADERS, '{"error": "invalid_grant", "error_description": "invalid assertion"}'
        granted = {"access_token": "t", "instance_url": ORG, "id": f"{ORG}/id/00D5g000001AbCdEAK/0055g00000AbCdEAAX"}
        return 200, HEADERS, json.dumps(granted)

    empty_wire.add_callback(responses.POST, f"{ORG}/services/oauth2/token", token, content_type="application/json")
    empty_wire.get(f"{DATA}/sobjects/Lead/describe", json={"name": "Lead"}, headers=HEADERS)
    login = JwtLogin("3MVG9key", "sync@acme.example", keys.private, next_private_key=pem)

    assert reach(replace(connection, login=login)).describe("Lead") == {"name": "Lead"}


def test_a_refusal_with_a_wrong_clock_names_the_clock(
    empty_wire: responses.RequestsMock, connection: Connection
) -> None:
    refusal = {"error": "invalid_grant", "error_description": "expired authorization code"}
    empty_wire.post(f"{ORG}{TOKEN_PATH}", status=400, json=refusal, headers=HEADERS)
    host = datetime(2026, 11, 21, 9, 40, tzinfo=UTC)
    session = Session(connection, host_now=lambda: host)

    with pytest.raises(LoginError) as caught:
        Org(connection, session=session, sleep=lambda _: None).connect()

    assert code_of(caught.value) == "LG-113"
    assert caught.value.problems[0].params["seconds"] == 600
