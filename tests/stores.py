"""New stores for tests, copied: the migrations that make one are run once a session, for they take longer than most tests.

That `Store.open` makes a store of nothing is what tests/sync/store asks.
"""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from sqlalchemy import Engine, event, make_url

from sync.host.processes import make_private
from sync.store.database import Store, make_folder

_MAKES = ("CREATE", "ALTER", "INSERT", "UPDATE")


def make(url: str) -> None:
    """Make the store of an address at which there is none yet."""
    if url.startswith("sqlite"):
        make_file(Path(make_url(url).database or ""))
        return
    server, _, _ = url.partition("&options=")
    with psycopg.connect(url) as connection:
        connection.execute(_script(server).encode())


def make_file(path: Path) -> None:
    make_folder(path.parent)
    make_private(path)
    path.write_bytes(_file())


def schema(server: str, name: str) -> str:
    """The address of a new schema: it isolates like a database of its own, at a tenth of the time."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}".encode())
    return f"{server}&options=-csearch_path%3D{name}"


@cache
def _file() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "store.sqlite"
        Store.open(f"sqlite:///{path}", dice=bytes).close()
        return path.read_bytes()


@cache
def _script(server: str) -> str:
    """All that the migrations say to a server, as one script."""
    said: list[str] = []

    def hear(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        said.append(statement.strip())

    url = schema(server, "listened_to")
    event.listen(Engine, "before_cursor_execute", hear)
    try:
        Store.open(url, dice=bytes).close()
    finally:
        event.remove(Engine, "before_cursor_execute", hear)
    return ";\n".join(statement for statement in said if statement.startswith(_MAKES))
