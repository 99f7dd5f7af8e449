"""The sandbox org for tests: without a socket, and as values."""

import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.response import HTTPResponse

from sync.sandbox.database import Record
from sync.sandbox.exchange import Door, Request
from sync.sandbox.server import SandboxOrg
from sync.sandbox.worlds import World


class SandboxAdapter(HTTPAdapter):
    """`session.mount("https://", SandboxAdapter(org))`: whatever the host, this org answers, in the caller's thread."""

    def __init__(self, org: SandboxOrg) -> None:
        super().__init__()
        self._org = org

    def send(self, request: requests.PreparedRequest, *_: object, **__: object) -> requests.Response:
        """Answer now; time-outs, certificates and proxies mean nothing here."""
        url = urlsplit(request.url or "")
        target = f"{url.path}?{url.query}" if url.query else url.path
        headers = {name.lower(): _text(value) for name, value in request.headers.items()}
        body = request.body if isinstance(request.body, bytes) else _text(request.body or "").encode()
        asked = Request(request.method or "GET", target, headers, body, self._org.clock.host())
        answered = self._org.respond(asked)
        if answered.door is Door.RESET:
            raise requests.ConnectionError("connection reset by the sandbox org", request=request)
        if answered.door is Door.HANG:
            raise requests.ReadTimeout("no answer from the sandbox org", request=request)
        content, headers = answered.content, dict(answered.headers)
        if answered.door is Door.CUT:
            headers["content-length"] = str(len(content))
            content = content[: answered.sent_bytes]
        raw = HTTPResponse(io.BytesIO(content), headers=headers, status=answered.status, preload_content=False)
        response = self.build_response(request, raw)
        response.headers = CaseInsensitiveDict(answered.headers)
        return response


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def contents(world: World) -> tuple[object, ...]:
    """All of a world that outlives its process, as values."""
    state = replace(world, sessions={}, cursors={}, results={}, faults=())
    return state, {name: list(table.rows()) for name, table in world.tables.items()}, world.writes


def firings(world: World) -> dict[str, int]:
    """How often the update triggers of each record fired: once for each accepted update."""
    return dict(Counter(write.record_id for write in world.writes if write.kind == "update"))


def with_rows(world: World, **tables: Iterable[Record]) -> World:
    """With these rows and no others in these tables, whatever the org would make of them."""
    for name, rows in tables.items():
        kept = list(rows)
        world.db.run(f"DELETE FROM {world.tables[name].name}")
        world.tables[name].put(*kept)
    return world


def queue_named(world: World, developer_name: str) -> Record | None:
    return next(iter(world.tables["Group"].rows(Type="Queue", DeveloperName=developer_name)), None)
