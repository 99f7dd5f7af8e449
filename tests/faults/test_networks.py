"""A company's network: its own certificates, its own proxy, a certificate that ends, a clock that is wrong."""

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from engine.errors import LoginError
from sync.doctor.certificates import Certificate, warning
from sync.salesforce.login_settings import ClientCredentialsLogin, Connection, Network
from sync.salesforce.org import Org
from sync.salesforce.session import Session
from sync.sandbox.clock import OrgClock
from sync.sandbox.generate import CONSUMER_KEY, CONSUMER_SECRET, generate
from sync.sandbox.server import SandboxServer

NOW = datetime(2026, 11, 20, tzinfo=UTC)


class Company:
    """A company that signs its own certificates, and one of its servers on this machine."""

    def __init__(self, folder: Path) -> None:
        key, self.name = (
            ec.generate_private_key(ec.SECP256R1()),
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "社内 CA")]),
        )
        root = self._certificate(self.name, key.public_key(), key, is_ca=True)
        self.ca_text = root.public_bytes(serialization.Encoding.PEM).decode()
        server = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        chain, secret = folder / "server.pem", folder / "server.key"
        chain.write_bytes(
            self._certificate(name, server.public_key(), key, is_ca=False).public_bytes(serialization.Encoding.PEM)
        )
        secret.write_bytes(
            server.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(chain, secret)

    def _certificate(
        self, name: x509.Name, key: ec.EllipticCurvePublicKey, signer: ec.EllipticCurvePrivateKey, *, is_ca: bool
    ) -> x509.Certificate:
        began = datetime.now(UTC) - timedelta(days=1)
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self.name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(began)
            .not_valid_after(began + timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
            .sign(signer, hashes.SHA256())
        )


class Proxy:
    """A forward proxy on this machine that opens tunnels (CONNECT) and remembers where to."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            Thread(target=self._tunnel, args=(client,), daemon=True).start()

    def _tunnel(self, client: socket.socket) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += client.recv(1)
        target = head.split()[1].decode()
        self.asked.append(target)
        host, _, port = target.rpartition(":")
        far = socket.create_connection((host, int(port)))
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        Thread(target=_pipe, args=(client, far), daemon=True).start()
        _pipe(far, client)

    def close(self) -> None:
        self._listening.close()


def _pipe(source: socket.socket, target: socket.socket) -> None:
    try:
        while some := source.recv(65_536):
            target.sendall(some)
    except OSError:
        return
    finally:
        target.close()


@pytest.fixture
def company(tmp_path: Path) -> Company:
    return Company(tmp_path)


@pytest.fixture
def server(company: Company) -> Iterator[SandboxServer]:
    """An org behind the company's own certificate."""
    clock = OrgClock.starting_at(NOW, lambda: datetime.now(UTC))
    with SandboxServer(generate(leads=0, seed=1, now=NOW), clock, tls=company.tls) as made:
        yield made


def reach(server: SandboxServer, network: Network) -> Org:
    login = ClientCredentialsLogin(CONSUMER_KEY, CONSUMER_SECRET)
    connection = Connection(server.url, login, network=network)
    return Org(connection, session=Session(connection), sleep=lambda _: None)


def test_a_certificate_that_nobody_vouches_for_is_refused(server: SandboxServer) -> None:
    with pytest.raises(LoginError, match="LG-110"):
        reach(server, Network()).connect()


def test_the_companys_own_certificates_are_trusted_when_named(server: SandboxServer, company: Company) -> None:
    assert reach(server, Network(ca_text=company.ca_text)).connect().org_id == server.world.org_id


def test_everything_goes_through_the_proxy_that_is_named(server: SandboxServer, company: Company) -> None:
    proxy = Proxy()

    reach(server, Network(proxy=proxy.url, ca_text=company.ca_text)).connect()

    proxy.close()
    assert set(proxy.asked) == {server.url.removeprefix("https://")}


@pytest.mark.parametrize(
    ("days", "said"),
    [(61, None), (60, "certificate.ends"), (31, "certificate.ends"), (30, "certificate.soon"), (8, "certificate.soon"),
     (7, "certificate.urgent"), (0.5, "certificate.urgent"), (-1, "certificate.expired")],
)  # fmt: skip
def test_a_certificate_near_its_end_is_told_ever_more_urgently(days: float, said: str | None) -> None:
    told = warning(Certificate("certificate file", "leadsync", NOW + timedelta(days=days)), now=NOW)

    assert (told.key if told else None) == said
