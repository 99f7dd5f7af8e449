"""OAuth tokens: JWT bearer, client credentials and password, as the token endpoint answers them."""

import base64
import binascii
import hashlib
from datetime import timedelta
from urllib.parse import parse_qs

import jwt

from sync.sandbox.database import Record
from sync.sandbox.exchange import RefusalError, Request, Response
from sync.sandbox.worlds import Session, World


def token(world: World, request: Request) -> Response:
    """POST /services/oauth2/token."""
    form = {name: values[0] for name, values in parse_qs(request.body.decode("utf-8", "replace")).items()}
    try:
        user = _user(world, request, form)
    except _DeniedError as denied:
        return Response(400, {"error": denied.code, "error_description": denied.message})
    # A token that nobody has had before; the sandbox has no dice, and nothing to protect.
    seed = f"{user['Id']} {world.requests} {world.now.isoformat()}"
    secret = f"{world.org_id[:15]}!{hashlib.sha256(seed.encode()).hexdigest()}"
    session = Session(str(user["Id"]), world.now + timedelta(seconds=world.switches.session_seconds))
    world.sessions = {**world.sessions, secret: session}
    body = {"access_token": secret, "scope": "api", "instance_url": world.app.instance_url, "id": _identity(world, user),
            "token_type": "Bearer", "issued_at": str(int(world.now.timestamp() * 1000))}  # fmt: skip
    return Response(200, body)


def caller(world: World, request: Request) -> Record:
    """The user of the bearer token; 401 when the session is over."""
    secret = request.headers.get("authorization", "").removeprefix("Bearer ").removeprefix("OAuth ")
    session = world.sessions.get(secret)
    user = session and world.find("User", session.user_id)
    if not session or not user or session.expires_at <= world.now or not user.get("IsActive"):
        raise RefusalError("INVALID_SESSION_ID", "Session expired or invalid", status=401)
    return user


def userinfo(world: World, request: Request) -> Response:
    """GET /services/oauth2/userinfo."""
    user = caller(world, request)
    body = {"sub": _identity(world, user), "user_id": user["Id"], "organization_id": world.org_id,
            "preferred_username": user["Username"], "name": user["Name"], "email": user["Email"],
            "zoneinfo": user["TimeZoneSidKey"], "locale": user["LocaleSidKey"], "active": True,
            "user_type": "STANDARD"}  # fmt: skip
    return Response(200, body)


def _identity(world: World, user: Record) -> str:
    return f"https://test.salesforce.com/id/{world.org_id}/{user['Id']}"


class _DeniedError(RefusalError):
    """Told in OAuth's own words."""


def _user(world: World, request: Request, form: dict[str, str]) -> Record:
    """Who logs in."""
    app = world.app
    match form.get("grant_type"):
        case "client_credentials":
            _check_client(world, *_client(request, form))
            username = app.run_as
        case "password":
            _check_client(world, *_client(request, form))
            username = form.get("username", "")
            if form.get("password") != app.password:
                raise _DeniedError("invalid_grant", "authentication failure")
        case "urn:ietf:params:oauth:grant-type:jwt-bearer":
            username = _subject(world, request, form.get("assertion", ""))
        case _:
            raise _DeniedError("unsupported_grant_type", "grant type not supported")
    user = world.user_named(username)
    if user is None:
        raise _DeniedError("invalid_grant", "user hasn't approved this consumer")
    if not user.get("IsActive"):
        raise _DeniedError("inactive_user", "user is inactive")
    return user


def _check_client(world: World, key: str, secret: str) -> None:
    if key != world.app.consumer_key:
        raise _DeniedError("invalid_client_id", "client identifier invalid")
    if secret != world.app.consumer_secret:
        raise _DeniedError("invalid_client", "invalid client credentials")


def _client(request: Request, form: dict[str, str]) -> tuple[str, str]:
    """Key and secret from HTTP Basic or from the form."""
    basic = request.headers.get("authorization", "")
    if not basic.startswith("Basic "):
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        key, _, secret = base64.b64decode(basic.removeprefix("Basic ")).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return key, secret


def _subject(world: World, request: Request, assertion: str) -> str:
    """The username a JWT speaks for, when the app's key signed it for this org and it is still good."""
    app = world.app
    if not app.public_key:
        raise _DeniedError("invalid_grant", "no certificate is registered for this app")
    try:
        claims = jwt.decode(assertion, app.public_key, algorithms=["RS256"],
                            options={"verify_exp": False, "verify_aud": False})  # fmt: skip
    except jwt.InvalidTokenError:
        raise _DeniedError("invalid_grant", "invalid assertion") from None
    if claims.get("iss") != app.consumer_key:
        raise _DeniedError("invalid_client_id", "client identifier invalid")
    if claims.get("aud") not in app.audiences:
        raise _DeniedError("invalid_grant", "audience is invalid")
    if request.arrived and float(claims.get("exp", 0)) <= request.arrived.timestamp():
        raise _DeniedError("invalid_grant", "assertion expired")
    return str(claims.get("sub", ""))
