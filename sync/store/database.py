"""Open the store, bring its schema up to date, and give out transactions: SQLite in one file, or PostgreSQL, with the same promises.

A write transaction is alone: `BEGIN IMMEDIATE` on SQLite, an advisory lock on PostgreSQL. What it reads is therefore
still true when it writes, and the audit chain cannot fork. Keep it short and never hold one across a call to the org.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, TypeAlias

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from engine.errors import LeadsyncError, StoreError, TransientError
from sync.host import processes
from sync.store.migrations import HEAD, KNOWN

Transaction: TypeAlias = Connection
Dice: TypeAlias = Callable[[int], bytes]

_WAIT_SECONDS = 30
# A server that is gone without a word is given up before a lease has run out (seconds; the last in milliseconds).
_PATIENCE = {
    "connect_timeout": 10, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 30_000,
}  # fmt: skip
# SQLite's own words for a file that is none of its.
_DAMAGED = ("file is not a database", "database disk image is malformed")
_WRITES, _DICE = "leadsync_writes", "leadsync_dice"


class Store:
    """An open store. Threads may share it; each transaction has its own connection."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def open(cls, url: str, *, dice: Dice) -> "Store":
        """Create or open the store, and bring its schema up to date under a lock.

        `url`: `sqlite:///path/to/file` or `postgresql://user@host/name`. `dice(n)` gives n secret random bytes
        (`secrets.token_bytes`), for the keys that hide values in the audit. StoreError when the schema is newer than
        this version, the folder is on a network file system, or the server cannot be reached.
        """
        where = _url(url)
        if where.get_backend_name() == "sqlite":
            prepare_file(Path(where.database or ""))
        store = cls(_engine(where).execution_options(**{_DICE: dice}))
        try:
            with store.read() as tx:
                current = _is_current(tx)
            if not current:
                with store.transaction() as tx:
                    _upgrade(tx)
        except BaseException:
            store.close()
            raise
        return store

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """A write transaction: all of it or nothing. TransientError when others hold the store for too long."""
        with self._begin(self._engine.execution_options(**{_WRITES: True})) as tx:
            yield tx

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """A consistent view of one instant; nothing can be written through it."""
        with self._begin(self._engine) as tx:
            yield tx

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _begin(self, engine: Engine) -> Iterator[Transaction]:
        try:
            with engine.begin() as tx:
                yield tx
        except DBAPIError as error:
            raise _translated(error) from error


def secret_bytes(tx: Transaction, count: int) -> bytes:
    """Random bytes from the dice the store was opened with."""
    dice: Dice = tx.get_execution_options()[_DICE]
    return dice(count)


def _url(text: str) -> URL:
    try:
        url = make_url(text)
    except ArgumentError:
        raise StoreError.of("SR-101", reason="not a database address") from None  # the store cannot be opened: {reason}
    match url.get_backend_name():
        case "sqlite" if url.database and url.database != ":memory:":
            return url
        case "postgresql":
            return url.set(drivername="postgresql+psycopg")
    # the store cannot be opened: {reason}
    raise StoreError.of("SR-101", url.render_as_string(hide_password=True), reason="sqlite file or postgresql")


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"timeout": _WAIT_SECONDS}, hide_parameters=True)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        engine = create_engine(url, pool_pre_ping=True, connect_args=_PATIENCE, hide_parameters=True)
        event.listen(engine, "begin", _begin_postgresql)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver's own BEGIN is deferred and would let two writers start; ours is emitted in `_begin_sqlite`.
    connection.isolation_level = None
    # WAL lets readers go on while one writes; FULL because a lost intent with a sent write breaks the first promise.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql(f"PRAGMA query_only={'OFF' if writes else 'ON'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    if not connection.get_execution_options().get(_WRITES, False):
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return
    # Read committed: each statement after the lock sees all that was committed before it was granted.
    connection.exec_driver_sql(
        f"SET LOCAL lock_timeout = '{_WAIT_SECONDS}s';"
        "SET LOCAL idle_in_transaction_session_timeout = '120s';"
        "SET LOCAL synchronous_commit = on;"
        "SELECT pg_advisory_xact_lock(hashtext('leadsync'), hashtext(current_schema()))"
    )


def _translated(error: DBAPIError) -> LeadsyncError | DBAPIError:
    """Only what a person can act on; a broken constraint is a bug and stays as it is."""
    reason = str(error.orig).strip().split("\n", 1)[0]
    if "database is locked" in reason or getattr(error.orig, "sqlstate", None) == "55P03":
        return TransientError.of("SR-102", seconds=_WAIT_SECONDS)  # the store was busy for more than {seconds} seconds
    if isinstance(error, OperationalError) or error.connection_invalidated or any(sign in reason for sign in _DAMAGED):
        return StoreError.of("SR-103", reason=reason)  # the store failed: {reason}
    return error


def _is_current(tx: Connection) -> bool:
    """StoreError when the store was written by another version of leadsync."""
    version = _version(tx)
    if version is not None and version not in KNOWN:
        raise StoreError.of("SR-106", found=version, known=HEAD)  # the store was written by another version of…
    return version == HEAD


def _upgrade(tx: Connection) -> None:
    """Run the missing migrations inside the caller's write transaction; a second process finds nothing left to do."""
    if _is_current(tx):
        return
    # Only a new or older store needs Alembic; it takes longer to import than the store takes to open.
    from alembic import command
    from alembic.config import Config

    with as_file(files("sync.store") / "migrations") as folder:
        config = Config()
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        config.attributes["connection"] = tx
        command.upgrade(config, "head")


def _version(tx: Connection) -> str | None:
    if not inspect(tx).has_table("alembic_version"):
        return None
    return tx.execute(text("SELECT version_num FROM alembic_version")).scalar()


# Locks and shared memory do not work there as SQLite needs them; a database on one is lost sooner or later.
_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "fuse.sshfs", "fuse.s3fs", "fuse.rclone"})
_MOUNTS = Path("/proc/self/mountinfo")


def prepare_file(file: Path) -> None:
    """Make the folder (0700) and the file (0600) where they are missing. StoreError on a network file system."""
    try:
        make_folder(file.parent)
        mounts = _MOUNTS.read_text(encoding="utf-8", errors="replace") if _MOUNTS.exists() else ""
        refuse_network(file.parent.resolve(), mounts)
        # SQLite gives its -wal and -shm files the mode of the database. A file that is there is never opened here: closing
        # it would take away the locks of every connection this process has to it (POSIX), and another process would
        # then throw away a -wal file that is in use.
        with suppress(FileExistsError):
            processes.make_private(file)
    except OSError as error:
        # the folder of the store cannot be used: {reason}
        raise StoreError.of("SR-104", str(file), reason=error.strerror or str(error)) from error


def make_folder(folder: Path) -> None:
    """Like mkdir -p, but every folder it makes is for its owner only."""
    for missing in reversed([part for part in (folder, *folder.parents) if not part.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)


def refuse_network(folder: Path, mounts: str) -> None:
    """`mounts` is the text of /proc/self/mountinfo; empty where the system has none, and then nothing is refused."""
    best, kind = "", ""
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        point = before.split()[4].replace("\\040", " ")
        if folder.is_relative_to(point) and len(point) >= len(best):
            best, kind = point, after.split()[0]
    if kind in _NETWORK:
        raise StoreError.of("SR-105", str(folder), kind=kind)  # the store lies on a network file system ({kind}),…
