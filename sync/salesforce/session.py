"""The one `requests.Session` everything goes through: what must be true of every attempt is made true here."""

import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from json import loads
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import ProxyManager
from urllib3.util.ssl_ import create_urllib3_context

from engine.errors import SettingsError
from sync.salesforce.errors import CallError, fault_of, fault_of_transport, not_json
from sync.salesforce.login_settings import Connection, is_loopback, origin_of

# `api-usage=17/15000; per-app-api-usage=4/250(appName=x)`: a suffix, or another order, must not hide the numbers.
_ORG = re.compile(r"(?<![\w-])api-usage=(\d+)/(\d+)")


@dataclass(frozen=True, slots=True)
class ApiUsage:
    """Calls of the last 24 hours by everybody."""

    used: int
    limit: int


TOKEN_PATH = "/services/oauth2/token"  # noqa: S105 -- a path, not a secret
# simple-salesforce writes the addresses it calls by itself, always https. It is given this host for the org and any
# `*.salesforce.com` for the login; both are mapped to the configured origin, and a token never goes anywhere else.
INSTANCE = "org.leadsync.invalid"
_LOGIN_ANSWERS = {200, 400, 401, 403}
CSV = "text/csv"
NO_ASSIGNMENT: Mapping[str, str] = {"Sforce-Auto-Assign": "FALSE"}


@dataclass(slots=True)
class CallCounts:
    """What the answers of one run told: calls that count against the org's limit, its usage and its clock."""

    calls: int = 0
    usage: ApiUsage | None = None
    started_at: datetime | None = None
    server_time: datetime | None = None
    # The server began to work on the last answer no earlier than this, give or take the header's one second.
    asked_at: datetime | None = None
    # How far this machine's clock runs before the server's; None where nobody compares them.
    skew_seconds: int | None = None


class Budget(Protocol):
    """Says before each call that counts whether it may be made."""

    def ask(self, usage: ApiUsage | None) -> None:
        """Raises to forbid the call. `usage` is what the org last told."""

    def settle(self, run: str | None, usage: ApiUsage | None) -> None:
        """No more calls will be made."""

    def spare(self) -> int | None:
        """How many calls there are for what can wait, as things stand; None when nobody counts."""


class Unbounded:
    """For conversations nobody counts."""

    def ask(self, usage: ApiUsage | None) -> None: ...

    def settle(self, run: str | None, usage: ApiUsage | None) -> None: ...

    def spare(self) -> int | None:
        return None


class Session(requests.Session):
    """Timeouts, no assignment rules, one origin, usage and clock from every answer, failures as `CallError`."""

    def __init__(
        self, connection: Connection, *, budget: Budget | None = None, host_now: Callable[[], datetime] | None = None
    ) -> None:
        super().__init__()
        self._host_now = host_now
        self.budget = budget or Unbounded()
        self.origin = origin_of(connection.org_url)
        self.counts = CallCounts()
        self.identity_url = ""
        self._timeout = (connection.timeouts.connect_seconds, connection.timeouts.read_seconds)
        # Without this a .netrc entry for the host would replace the token.
        self.auth = _as_given
        # Without a setting of ours, proxies and CAs come from requests' own, but never stand before this machine itself.
        self.trust_env = not is_loopback(urlsplit(self.origin).hostname or "")
        self._proxy = connection.network.proxy
        if connection.network.ca_text:
            self.mount("https://", TrustingAdapter(connection.network.ca_text))

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs["allow_redirects"] = False
        if self._proxy:
            # Given with the request it wins over the environment; as the session's own it would not.
            kwargs["proxies"] = {"http": self._proxy, "https": self._proxy}
        return super().request(method, self._mapped(str(url)), *args, **kwargs)

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        request.headers.update(NO_ASSIGNMENT)
        kwargs["timeout"] = self._timeout
        is_login = urlsplit(request.url or "").path == TOKEN_PATH
        if not is_login:
            self.budget.ask(self.counts.usage)
            self.counts.calls += 1
        try:
            response = super().send(request, **kwargs)
        except requests.RequestException as error:
            # Not chained: the original holds the request, and with it the token or the secret.
            raise CallError(fault_of_transport(error)) from None
        self._note(response)
        if is_login:
            self.identity_url = _identity_url(response)
            # What the org says of a login, SalesforceLogin reads; that it is busy, or not Salesforce, is said below.
            if response.status_code in _LOGIN_ANSWERS and _is_json(response):
                return response
        if response.status_code >= requests.codes.multiple_choices:
            raise CallError(fault_of(response))
        if response.content and not (_is_csv(response) if _wants_csv(request) else _is_json(response)):
            raise CallError(not_json(response.status_code))
        return response

    def _mapped(self, url: str) -> str:
        parts = urlsplit(url)
        known = parts.netloc == INSTANCE or (parts.path == TOKEN_PATH and parts.netloc.endswith(".salesforce.com"))
        if not known:
            raise ValueError(f"no address of the configured org: {parts.netloc!r}")
        return url.replace(f"{parts.scheme}://{parts.netloc}", self.origin, 1)

    def _note(self, response: requests.Response) -> None:
        counts = self.counts
        counts.usage = usage_of(response.headers.get("Sforce-Limit-Info")) or counts.usage
        now = _date(response.headers.get("Date"))
        if now is None:
            return
        counts.started_at = counts.started_at or now
        counts.server_time = now
        if self._host_now is not None:
            counts.skew_seconds = round((self._host_now() - now).total_seconds())
        counts.asked_at = now - timedelta(seconds=int(response.elapsed.total_seconds()))


def _as_given(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _wants_csv(request: requests.PreparedRequest) -> bool:
    return request.headers.get("Accept") == CSV


def _is_csv(response: requests.Response) -> bool:
    return str(response.headers.get("Content-Type", "")).startswith(CSV)


def _is_json(response: requests.Response) -> bool:
    return response.content.lstrip()[:1] in {b"{", b"["}


def _identity_url(response: requests.Response) -> str:
    """The `id` of a token answer, which simple-salesforce drops: `https://.../id/<org id>/<user id>`."""
    try:
        body = loads(response.content)
    except ValueError:
        return ""
    return str(body.get("id", "")) if isinstance(body, dict) else ""


def _date(header: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(header).astimezone(UTC) if header else None
    except ValueError:
        return None


def usage_of(header: str | None) -> ApiUsage | None:
    """None when the answer does not tell, which does not mean that there is no limit."""
    org = _ORG.search(header or "")
    return ApiUsage(int(org[1]), int(org[2])) if org else None


class TrustingAdapter(HTTPAdapter):
    """Trusts these certificates besides the public ones, on the way through a proxy too.

    requests' own `verify=FILE` would trust them instead of the public ones.
    """

    def __init__(self, ca_text: str) -> None:
        self._context = create_urllib3_context()
        try:
            self._context.load_verify_locations(cadata=ca_text)
        except ssl.SSLError:
            raise SettingsError.of("ST-134", "", name="ca file") from None  # the {name} holds no certificate that can…
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> ProxyManager:
        found: ProxyManager = super().proxy_manager_for(proxy, ssl_context=self._context, **kwargs)
        return found
