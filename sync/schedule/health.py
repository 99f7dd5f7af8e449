"""Health over HTTP: `/livez` (the clock is looked at), `/readyz` (it can work and nothing is late), `/metrics` (Prometheus).

Everything is read from the store when it is asked for, so that two workers tell the same. No record, person or name of
anybody is in it: names of syncs, states and numbers only.
"""

import os
import socket
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from engine.errors import LeadsyncError, SettingsError, UsageError
from sync.doctor.certificates import certificates
from sync.schedule.serve import Server
from sync.schedule.status import Status, status_of
from sync.store import api_ledger, slots

_STOP_SECONDS = 5.0


def listen(port: int, *, host: str) -> socket.socket:
    """A bound socket, so that a port that is taken is known before anything runs. UsageError SC-103. Port 0: a free one."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except (OSError, OverflowError) as error:
        # Python adds the address to the system's own words, which is told beside them anyway.
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
        raise UsageError.of("SC-103", f"{host}:{port}", reason=reason) from error  # health cannot answer there:…


@contextmanager
def answering(server: Server, door: socket.socket) -> Iterator[None]:
    """Answer on this socket from a thread of its own until this ends."""
    config = uvicorn.Config(
        app_of(server), log_config=None, access_log=False, lifespan="off", server_header=False,
        timeout_keep_alive=5, limit_concurrency=32,
    )  # fmt: skip
    http = uvicorn.Server(config)
    thread = threading.Thread(target=http.run, kwargs={"sockets": [door]}, name="health", daemon=True)
    thread.start()
    try:
        yield
    finally:
        http.should_exit = True
        thread.join(_STOP_SECONDS)
        door.close()


def app_of(server: Server) -> Starlette:
    """The three pages. Each is answered in a thread of its own: they ask the store, which may make them wait."""
    registry, asked = CollectorRegistry(), _Asked(server)
    registry.register(_Figures(asked))

    def livez(_: Request) -> Response:
        return JSONResponse({"ticking": server.is_ticking}, status_code=200 if server.is_ticking else 503)

    def readyz(_: Request) -> Response:
        try:
            found = asked.status()
        except LeadsyncError as error:
            return JSONResponse({"ready": False, "codes": [each.code for each in error.problems]}, status_code=503)
        is_ready = not (found.late or server.shutdown.is_asked)
        told = {
            "ready": is_ready,
            "ending": server.shutdown.is_asked,
            "paused": any(each.sync is None for each in found.pauses),
            "late": list(found.late),
            "syncs": {
                each.name: {
                    "last_state": each.last.state.value if each.last else None,
                    "last_codes": list(each.last.codes) if each.last else [],
                    "has_succeeded": each.last_done is not None,
                    "late": each.is_late,
                    "last_success_age_seconds": each.age_seconds,
                    "paused": each.pause is not None,
                    "next": each.next[0].isoformat() if each.next else None,
                }
                for each in found.syncs
            },
        }
        return JSONResponse(told, status_code=200 if is_ready else 503)

    def metrics(_: Request) -> Response:
        try:
            return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
        except LeadsyncError:
            return Response(status_code=503)

    return Starlette(routes=[Route("/livez", livez), Route("/readyz", readyz), Route("/metrics", metrics)])


class _Figures(Collector):
    """What Prometheus is told, read from the store at each scrape."""

    def __init__(self, asked: "_Asked") -> None:
        self._asked, self._server = asked, asked.server

    def describe(self) -> Iterable[Metric]:
        """Nothing: the registry would otherwise read the store to learn the names."""
        return []

    def collect(self) -> Iterator[Metric]:
        found = self._asked.status()
        settings = self._server.worker.settings
        terms = api_ledger.Terms(settings.api_budget_percent, settings.api_reserve_percent)
        with self._server.worker.store.read() as tx:
            counts = slots.counts(tx)
            room = api_ledger.room(tx, terms, at=found.at)
        yield _gauge("leadsync_up", "1 while the clock is looked at", float(self._server.is_ticking))
        yield _gauge(
            "leadsync_paused", "1 while everything is paused", float(any(p.sync is None for p in found.pauses))
        )
        yield _gauge("leadsync_changes_waiting", "Changes that wait for a person", float(sum(found.waiting.values())))
        yield _gauge("leadsync_api_calls", "Our API calls of the last 24 hours", float(room.ours))
        yield _gauge("leadsync_api_calls_left", "API calls that may still be made now", float(room.calls))
        yield _by_sync("leadsync_last_success_age_seconds", "Since the sync last went well, or was first known",
                       ((each.name, each.age_seconds) for each in found.syncs))  # fmt: skip
        yield _by_sync("leadsync_last_success_timestamp_seconds", "When the sync last went well",
                       ((each.name, _stamp(each.last_done.finished_at if each.last_done else None)) for each in found.syncs))  # fmt: skip
        yield _by_sync("leadsync_sync_late", "1 when the sync has not gone well for two due times",
                       ((each.name, float(each.is_late)) for each in found.syncs))  # fmt: skip
        yield _by_sync("leadsync_sync_paused", "1 while the sync is paused",
                       ((each.name, float(each.pause is not None)) for each in found.syncs))  # fmt: skip
        yield _by_sync("leadsync_next_due_timestamp_seconds", "When the sync is due next",
                       ((each.name, _stamp(next(iter(each.next), None))) for each in found.syncs))  # fmt: skip
        ends = GaugeMetricFamily("leadsync_certificate_days_left", "Days until it ends, the first of each setting",
                                 labels=["certificate"])  # fmt: skip
        for name, days in _certificates(self._server).items():
            ends.add_metric([name], days)
        yield ends
        slotted = CounterMetricFamily("leadsync_slots", "Due times by what they came to", labels=["sync", "state"])
        for (sync, state), number in counts.items():
            slotted.add_metric([sync, state.value], number)
        yield slotted


def _certificates(server: Server) -> dict[str, int]:
    """Nothing when one cannot be read: `doctor`, `status` and each day's first run say so."""
    worker = server.worker
    with suppress(SettingsError):
        # The first to end comes first, and stays.
        found = reversed(certificates(worker.settings))
        return {one.name: one.days_left(worker.clock.now()) for one in found}
    return {}


class _Asked:
    """How the server is doing, asked again and again and by several at once: what was learned last is kept as a whole."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._shadows: Mapping[str, bool] = {}

    def status(self) -> Status:
        worker, schedule = self.server.worker, self.server.schedule
        watched = schedule.watch.seconds(now=worker.clock.now())
        found = status_of(worker, schedule.table, watched=watched, shadows=self._shadows)
        self._shadows = found.shadows
        return found


def _gauge(name: str, told: str, value: float) -> Metric:
    return GaugeMetricFamily(name, told, value=value)


def _by_sync(name: str, told: str, values: Iterable[tuple[str, float | None]]) -> Metric:
    """A gauge for each sync; a sync without a value is left out."""
    family = GaugeMetricFamily(name, told, labels=["sync"])
    for sync, value in values:
        if value is not None:
            family.add_metric([sync], value)
    return family


def _stamp(at: datetime | None) -> float | None:
    return at.timestamp() if at else None
