"""An org at the HTTP edge: `wire` answers for it, `reach` makes a client that waits without waiting."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
import responses
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from sync.salesforce.login_settings import Connection, JwtLogin
from sync.salesforce.org import Org
from sync.salesforce.session import Session

ORG = "https://acme.my.salesforce.com"
DATA = f"{ORG}/services/data/v66.0"
DATE = "Sat, 21 Nov 2026 09:30:00 GMT"


@dataclass(frozen=True, slots=True)
class KeyPair:
    private: str = field(repr=False)
    public: str


@pytest.fixture(scope="session")
def keys() -> KeyPair:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return KeyPair(private.decode(), public.decode())


@pytest.fixture
def connection(keys: KeyPair) -> Connection:
    return Connection(ORG, JwtLogin("3MVG9key", "sync@acme.example", keys.private))


@pytest.fixture
def empty_wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def wire(empty_wire: responses.RequestsMock) -> responses.RequestsMock:
    """The org with a token endpoint that always grants."""
    empty_wire.post(
        f"{ORG}/services/oauth2/token",
        json={
            "access_token": "00D!token",
            "instance_url": "https://elsewhere.salesforce.com",
            "id": "https://login.salesforce.com/id/00D5g000001AbCdEAK/0055g00000AbCdEAAX",
            "token_type": "Bearer",
        },
    )
    return empty_wire


@pytest.fixture
def waits() -> list[float]:
    """The seconds the client would have slept."""
    return []


@pytest.fixture
def reach(waits: list[float]) -> Callable[[Connection], Org]:
    return lambda connection: Org(connection, session=Session(connection), sleep=waits.append)


@pytest.fixture
def org(reach: Callable[[Connection], Org], connection: Connection) -> Org:
    return reach(connection)
