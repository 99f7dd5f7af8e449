"""The one place that picks real parts: settings in, a worker out. Only this and the demo know the sandbox org."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from config.field_map.load import load_map
from config.rulebook.files import MapFile, RulebookFiles
from config.settings.credentials import Credentials, ca_text, credentials
from config.settings.settings import LoginMethod, Settings, crash_point, load_settings
from sync.host.host import Clock, CrashPoints, host_clock
from sync.mirror.mirror import Mirror
from sync.run import Worker
from sync.salesforce.api_budget import ApiBudget
from sync.salesforce.login_settings import (
    ClientCredentialsLogin,
    Connection,
    JwtLogin,
    Login,
    Network,
    PasswordLogin,
    Timeouts,
    origin_of,
)
from sync.salesforce.org import Org
from sync.salesforce.session import Session
from sync.sandbox.generate import CONSUMER_KEY, CONSUMER_SECRET, generate
from sync.sandbox.saved_org import SavedWorld
from sync.sandbox.server import Opened, opened
from sync.store import describes
from sync.store.api_ledger import Terms
from sync.store.database import Store
from sync.store.holders import account, this_process


@contextmanager
def open_worker(folder: Path, *, sandbox: Opened | None = None) -> Iterator[Worker]:
    """A worker for one folder. `org: sandbox` starts the sandbox org from its saved world unless one is handed in.

    What is wrong in settings is said at once; in map and rulebook, when they are first asked for. The login's secrets are
    read when a run connects: who pauses, approves or verifies needs none.
    """
    settings = load_settings(folder)
    read_map = MapFile(settings.map_file)
    clock = host_clock()
    with ExitStack() as stack:
        if settings.is_sandbox:
            org = sandbox or stack.enter_context(opened(settings.data_folder / "sandbox", clock.now))
            # Approvals and leases are told in the sandbox org's time, which may run ahead of the host's.
            clock = Clock(now=org.now, monotonic=clock.monotonic, wait=clock.wait)
            connect, compared = partial(_sandbox_connection, org.url, settings), None
        else:
            connect, compared = partial(_connection, settings), clock.now
        store = Store.open(settings.store_url, dice=secrets.token_bytes)
        stack.callback(store.close)
        yield Worker(
            folder=folder,
            settings=settings,
            read_map=read_map,
            read_rulebook=_reader(settings.rulebook_folder, read_map, store),
            store=store,
            mirror=Mirror(settings.data_folder / "mirror", store, settings.range_records),
            clock=clock,
            holder=this_process(),
            person=account(),
            new_org=lambda: _conversation(
                connect(), ApiBudget(store, _terms(settings), now=clock.now), clock, compared
            ),
            points=CrashPoints(crash_point()),
        )


@contextmanager
def open_workers(folder: Path) -> Iterator[Callable[[], AbstractContextManager[Worker]]]:
    """A function that opens the folder's worker anew each time: what was edited since is read, and closed again after.

    What a run could not begin without is asked for at once, so that no schedule starts that can only fail. The sandbox org
    stays open as long as this lasts, unless another process serves it: then whoever is left opens it.
    """
    settings = load_settings(folder)
    load_map(settings.map_file)
    if not settings.is_sandbox:
        origin_of(_connection(settings).org_url)
    with ExitStack() as stack:
        org: Opened | None = None
        if settings.is_sandbox:
            org = stack.enter_context(opened(settings.data_folder / "sandbox", host_time))
        ours = org if org and org.server else None
        yield lambda: open_worker(folder, sandbox=ours)


def host_time() -> datetime:
    """For what has no worker and so no clock of its own: a sandbox org that begins, the log of a demo."""
    return host_clock().now()


def found_sandbox(folder: Path, *, leads: int, seed: int) -> None:
    """Make the sandbox org of a new folder, as of now, so that its first verb has an org to speak to."""
    SavedWorld(folder / "data" / "sandbox").save(generate(leads=leads, seed=seed, now=host_time()))


def _reader(folder: Path, read_map: MapFile, store: Store) -> RulebookFiles:
    def told() -> dict[str, dict[str, Any]]:
        with store.read() as tx:
            return describes.every(tx)

    return RulebookFiles(folder, read_map, told)


def _conversation(
    connection: Connection, budget: ApiBudget, clock: Clock, compared: Callable[[], datetime] | None
) -> Org:
    return Org(connection, session=Session(connection, budget=budget, host_now=compared), sleep=clock.wait)


def _sandbox_connection(url: str, settings: Settings) -> Connection:
    login = ClientCredentialsLogin(consumer_key=CONSUMER_KEY, consumer_secret=CONSUMER_SECRET)
    return Connection(url, login, settings.api_version, _timeouts(settings))


def _connection(settings: Settings) -> Connection:
    found = credentials(settings)
    network = Network(settings.proxy, ca_text(settings))
    return Connection(found.instance_url, _login(found), settings.api_version, _timeouts(settings), network=network)


def _login(found: Credentials) -> Login:
    match found.method:
        case LoginMethod.JWT:
            first, *others = found.private_keys
            newer = others[0] if others else ""
            return JwtLogin(found.consumer_key, found.username, first, found.audience, next_private_key=newer)
        case LoginMethod.CLIENT_CREDENTIALS:
            return ClientCredentialsLogin(found.consumer_key, found.client_secret)
        case LoginMethod.PASSWORD:
            password = found.password + found.security_token
            return PasswordLogin(found.consumer_key, found.username, found.client_secret, password)


def _terms(settings: Settings) -> Terms:
    return Terms(settings.api_budget_percent, settings.api_reserve_percent)


def _timeouts(settings: Settings) -> Timeouts:
    return Timeouts(settings.connect_timeout_seconds, settings.read_timeout_seconds)
