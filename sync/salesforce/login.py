"""From a login to a token, by simple-salesforce's `SalesforceLogin` over our session."""

import warnings
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from jwt.exceptions import PyJWTError
from simple_salesforce.exceptions import SalesforceAuthenticationFailed
from simple_salesforce.login import SalesforceLogin

from engine.errors import LeadsyncError, LoginError
from sync.salesforce.errors import CallError, Course
from sync.salesforce.login_settings import ClientCredentialsLogin, Connection, JwtLogin, Login, PasswordLogin
from sync.salesforce.session import Session

_SUFFIX = ".salesforce.com"
# The library makes the token's host out of it; the session maps that host to the configured origin.
_MY_DOMAIN = "org.my"
_SAID_MAX = 200
# A JWT is dated by this machine and good for three minutes; the org allows for little more.
SKEW_MAX_SECONDS = 150
_WAITS = {Course.RETRY, Course.LATER}


@dataclass(frozen=True, slots=True)
class Grant:
    """A token and what its answer told about the login."""

    token: str = field(repr=False)
    instance_url: str
    org_id: str
    user_id: str
    by_next_key: bool = False  # the org takes the newer of two keys already


def log_in(session: Session, connection: Connection) -> Grant:
    """LoginError when the org says no for good; CallError when it did not answer, and then no write can have happened."""
    is_next = False
    try:
        token, host = _asked(session, connection.login)
    except SalesforceAuthenticationFailed as error:
        login = connection.login
        if not isinstance(login, JwtLogin) or not login.next_private_key:
            raise _refused(error, session) from None
        is_next = True
        try:
            token, host = _asked(session, replace(login, private_key=login.next_private_key))
        except SalesforceAuthenticationFailed:
            raise _refused(error, session) from None
    parts = urlsplit(session.identity_url).path.split("/")
    if not token or len(parts) < 3:
        raise _not_salesforce(session.origin, "NO_IDENTITY")
    return Grant(str(token), f"https://{host}", org_id=parts[-2], user_id=parts[-1], by_next_key=is_next)


def _asked(session: Session, login: Login) -> tuple[str, str]:
    """Token and host. SalesforceAuthenticationFailed when the org refuses; our own errors for everything else."""
    try:
        with warnings.catch_warnings():
            # The library warns in English about an app that is not approved; LG-102 says it in the reader's language.
            warnings.simplefilter("ignore")
            return _ask(session, login)
    except CallError as error:
        if error.fault.course in _WAITS or error.fault.problem == "LG-110":  # the org's certificate cannot be verified
            raise CallError(replace(error.fault, may_have_applied=False)) from error
        raise _not_salesforce(session.origin, error.fault.code, status=error.fault.status) from error
    except (ValueError, TypeError, PyJWTError):
        # No key, a broken one, one with a passphrase. Not chained: the message may quote it.
        raise LoginError.of("LG-105") from None  # the private key cannot be used
    except AttributeError:
        # The library expects an `instance_url` in every answer of 200.
        raise _not_salesforce(session.origin, "NO_INSTANCE") from None


def _ask(session: Session, login: Login) -> tuple[str, str]:
    given: dict[str, Any]
    match login:
        case JwtLogin():
            given = {"domain": _domain(login.audience), "username": login.username, "privatekey": login.private_key}
        case ClientCredentialsLogin():
            given = {"domain": _MY_DOMAIN, "consumer_secret": login.consumer_secret}
        case PasswordLogin():
            secrets = {"consumer_secret": login.consumer_secret, "password": login.password}
            given = {"domain": _MY_DOMAIN, "username": login.username, **secrets}
    return SalesforceLogin(session=session, consumer_key=login.consumer_key, **given)


def _domain(audience: str) -> str:
    """`login` of `https://login.salesforce.com`: the library makes the audience from it."""
    parts = urlsplit(audience)
    host = parts.hostname or ""
    if parts.scheme != "https" or not host.endswith(_SUFFIX):
        raise LoginError.of("LG-111", given=audience)  # {given!r} cannot be an audience
    return host.removesuffix(_SUFFIX)


# What the token answer says -> our code; the first that fits.
_REFUSALS = (
    ("invalid_client", "LG-101"),  # the org does not know this app: {said}
    ("client identifier invalid", "LG-101"),  # the org does not know this app: {said}
    ("hasn't approved this consumer", "LG-102"),  # the user may not use this app yet: {said}
    ("invalid_app_access", "LG-102"),  # the user may not use this app yet: {said}
    ("not admin approved", "LG-102"),  # the user may not use this app yet: {said}
    ("inactive", "LG-112"),  # this user cannot log in from here now: {said}
    ("ip restricted", "LG-112"),  # this user cannot log in from here now: {said}
    ("invalid_grant", "LG-103"),  # the org refuses the login: {said}
    ("invalid assertion", "LG-103"),  # the org refuses the login: {said}
)


def _refused(error: SalesforceAuthenticationFailed, session: Session) -> LeadsyncError:
    origin = session.origin
    # Without an `error` in the answer the code is the HTTP status and the message a whole page.
    if not isinstance(error.code, str):
        return _not_salesforce(origin, "NOT_JSON")
    said = f"{error.code}: {error.auth_message}"
    # the org refuses the login: {said}
    problem = next((problem for words, problem in _REFUSALS if words in said.casefold()), "LG-103")
    skew = session.counts.skew_seconds or 0
    if problem == "LG-103" and abs(skew) >= SKEW_MAX_SECONDS:  # the org refuses the login: {said}
        return LoginError.of("LG-113", origin, seconds=skew, said=said[:_SAID_MAX])  # the org refused the login, and…
    return LoginError.of(problem, origin, said=said[:_SAID_MAX])


def _not_salesforce(origin: str, reason: str, *, status: int = 200) -> LeadsyncError:
    return LoginError.of("LG-104", origin, status=status, reason=reason, message="")  # what answers here is not…
