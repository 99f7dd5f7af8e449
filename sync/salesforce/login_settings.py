"""How to reach an org and who to be there: frozen values made by `sync/app.py` from the settings."""

from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TypeAlias
from urllib.parse import urlsplit

from config.settings.defaults import API_VERSION, DEFAULTS
from engine.errors import LoginError


@dataclass(frozen=True, slots=True)
class JwtLogin:
    """The preferred login: a certificate's private key (PEM text) signs for an integration user; nothing is typed in."""

    consumer_key: str
    username: str
    private_key: str = field(repr=False)
    audience: str = "https://login.salesforce.com"
    # Tried when the org refuses the first, so that a certificate can be exchanged while the schedule goes on.
    next_private_key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ClientCredentialsLogin:
    """The app's own secret; the org runs it as the user the app names."""

    consumer_key: str
    consumer_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PasswordLogin:
    """Discouraged by Salesforce and by us (`Identity.advice` says so): for orgs that allow nothing else."""

    consumer_key: str
    username: str
    consumer_secret: str = field(repr=False)
    password: str = field(repr=False)


Login: TypeAlias = JwtLogin | ClientCredentialsLogin | PasswordLogin


@dataclass(frozen=True, slots=True)
class Timeouts:
    connect_seconds: float = DEFAULTS["connect_timeout_seconds"].value
    read_seconds: float = DEFAULTS["read_timeout_seconds"].value


@dataclass(frozen=True, slots=True)
class Network:
    """The way to the org. `proxy` is an http(s) address, "" for what the environment says (HTTPS_PROXY and its kin).

    `ca_text` holds certificates (PEM) trusted besides the public ones.
    """

    proxy: str = field(default="", repr=False)  # may hold a password
    ca_text: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a call that surely had no effect is made again; waits double from the first to the longest."""

    attempts: int = 5
    first_wait_seconds: float = 1.0
    longest_wait_seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class Connection:
    """`org_url` is the org's My Domain address, or a loopback address of the sandbox org."""

    org_url: str
    login: Login
    api_version: str = API_VERSION
    timeouts: Timeouts = field(default_factory=Timeouts)
    patience: Patience = field(default_factory=Patience)
    network: Network = field(default_factory=Network)


def origin_of(org_url: str) -> str:
    """`scheme://host[:port]` of an address one may send a token to; LoginError for any other (LG-107 to LG-109)."""
    parts = urlsplit(org_url.strip())
    host = parts.hostname or ""
    if parts.scheme not in {"https", "http"} or not host or parts.username:
        raise LoginError.of("LG-107", given=org_url if not parts.username else host)  # {given!r} is not the address…
    if parts.scheme == "http" and not is_loopback(host):
        raise LoginError.of("LG-108", given=org_url, meant=f"https://{host}")  # {given!r} would send the token…
    if host in {"login.salesforce.com", "test.salesforce.com"} or host.endswith(".lightning.force.com"):
        name = host.removesuffix(".lightning.force.com") if host.endswith(".force.com") else "YOUR-DOMAIN"
        # {given!r} is a page for people, not the org's API
        raise LoginError.of("LG-109", given=org_url, meant=f"https://{name}.my.salesforce.com")
    if parts.path not in {"", "/"} or parts.query:
        raise LoginError.of("LG-107", given=org_url)  # {given!r} is not the address of an org
    return f"{parts.scheme}://{parts.netloc.lower()}"


def is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
