"""A world that lives: asked in its own thread, or over HTTP on this machine."""

import socket
import ssl
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Self

import requests
from filelock import FileLock, Timeout

from engine.errors import UsageError
from sync.sandbox.answers import answer
from sync.sandbox.clock import OrgClock
from sync.sandbox.exchange import Door, Request, Response
from sync.sandbox.saved_org import SavedWorld, keep
from sync.sandbox.worlds import World

_HANG_SECONDS = 600.0  # a client that is kept waiting has given up long before


class SandboxOrg:
    """`world` is the org as it stands. What is done to it is in its file, if it has one, before the caller hears of it."""

    def __init__(self, world: World, clock: OrgClock) -> None:
        self.world, self.clock = world, clock
        world.ahead_seconds = clock.ahead_seconds

    def respond(self, request: Request) -> Response:
        """Answer one request."""
        with self.world.db.savepoint():
            response = answer(self.world, request, self.clock.now())
            keep(self.world)
        return response

    def act(self, work: Callable[[World, datetime], World]) -> None:
        """Let other people work: `work` gets the world and the org's time and returns the world after."""
        with self.world.db.savepoint():
            now = self.clock.now()
            self.world.at(now).commit_late()
            self.world = work(self.world, now)
            keep(self.world)

    def advance(self, seconds: float) -> None:
        """Move the org's clock on."""
        with self.world.db.savepoint():
            self.clock.advance(seconds)
            self.world.ahead_seconds = self.clock.ahead_seconds
            keep(self.world)


class SandboxServer(SandboxOrg):
    """`with SandboxServer(world, clock) as org: ... org.url`. Port 0 takes a free one; `tls` makes it speak https."""

    def __init__(self, world: World, clock: OrgClock, *, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(world, clock)
        self._stopped = Event()
        self._http = _Server(self, port, self._stopped)
        self._scheme = "https" if tls else "http"
        if tls:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True)
        # The standard library looks every half second whether it is to stop: too long for those who wait for it.
        self._thread = Thread(target=self._http.serve_forever, args=(0.02,), name="sandbox org", daemon=True)

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._http.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # A client that keeps its connection open must not keep the server from closing.
    block_on_close = False

    def __init__(self, org: SandboxOrg, port: int, stopped: Event) -> None:
        self.org, self.stopped = org, stopped
        super().__init__(("127.0.0.1", port), _Exchange)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is its own affair; anything else is a fault of ours and is shown."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # typeshed names the socket types


class _Exchange(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body leave in one packet; two would wait for the client's delayed acknowledgement.
    wbufsize = -1
    server: _Server

    def _exchange(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length") or 0))
        org = self.server.org
        response = org.respond(Request(self.command, self.path, headers, body, org.clock.host()))
        if response.door in {Door.ANSWER, Door.CUT}:
            self._send(response)
            return
        self.close_connection = True
        if response.door is Door.HANG:
            self.server.stopped.wait(_HANG_SECONDS)
        # Zero linger makes the close a reset, as from a broken proxy.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _exchange  # noqa: N815  # names of the standard library

    def _send(self, response: Response) -> None:
        content = response.content
        self.send_response_only(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if response.status not in {204, 304}:
            self.send_header("content-length", str(len(content)))
        self.end_headers()
        if response.door is Door.CUT:
            content, self.close_connection = content[: response.sent_bytes], True
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the standard library's name
        """Say nothing: the org's own log is `World.writes`."""


_JOIN_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Opened:
    """Where the org answers and its time; `server` is ours, or None when another process serves it and will end it."""

    url: str
    now: Callable[[], datetime]
    server: SandboxServer | None = None

    @classmethod
    def of(cls, server: SandboxServer) -> "Opened":
        return cls(server.url, server.clock.now, server)


@contextmanager
def opened(folder: Path, host: Callable[[], datetime]) -> Iterator[Opened]:
    """The org saved in a folder, its clock as far ahead of the host's as it was left. UsageError when there is none.

    A second process joins the one that has it open.
    """
    saved = SavedWorld(folder)
    if not saved.exists:
        is_other = folder.is_dir() and any(folder.iterdir())
        # the sandbox org of this folder was made by another version / there is no sandbox org in this folder
        raise UsageError.of("SB-105" if is_other else "SB-102", str(folder))
    address = folder / "address"
    # The system lets go of the lock however its process ends.
    lock = FileLock(folder / "lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        yield _joined(address, host)
        return
    try:
        address.unlink(missing_ok=True)
        world = saved.load()
        with SandboxServer(world, OrgClock(host, ahead_seconds=world.ahead_seconds)) as server:
            address.write_text(server.url, encoding="utf-8")
            yield Opened.of(server)
    finally:
        address.unlink(missing_ok=True)
        lock.release()


def _joined(address: Path, host: Callable[[], datetime]) -> Opened:
    """The org another process serves; it may still be reading its world."""
    until = host() + timedelta(seconds=_JOIN_SECONDS)
    while host() < until:
        if address.exists() and (url := address.read_text(encoding="utf-8")):
            try:
                answered = requests.get(f"{url}/services/data/", timeout=_JOIN_SECONDS)
            except requests.ConnectionError:
                continue  # it has just ended, or is about to say another address
            ahead = parsedate_to_datetime(answered.headers["Date"]) - host()
            return Opened(url, OrgClock(host, ahead_seconds=ahead.total_seconds()).now)
        Event().wait(0.05)
    raise UsageError.of("SB-103", str(address.parent))  # another process is using the sandbox org of this folder
