"""The schema: migrations and tables agree, and a newer store is refused."""

from collections.abc import Callable
from importlib.resources import files

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from engine.errors import StoreError
from sync.store.database import Store
from sync.store.migrations import HEAD, KNOWN
from sync.store.tables import metadata


def test_the_migrations_make_the_tables(store_url: str, dice: Callable[[int], bytes]) -> None:
    store = Store.open(store_url, dice=dice)
    with store.read() as tx:
        assert compare_metadata(MigrationContext.configure(tx), metadata) == []
    store.close()


def test_every_migration_is_known_and_there_is_one_head() -> None:
    config = Config()
    config.set_main_option("script_location", str(files("sync.store") / "migrations"))
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_heads() == [HEAD]
    assert tuple(reversed([script.revision for script in scripts.walk_revisions()])) == KNOWN


def test_a_newer_store_is_refused(store: Store, store_url: str, dice: Callable[[int], bytes]) -> None:
    with store.transaction() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="SR-106"):
        Store.open(store_url, dice=dice)


def test_opening_again_changes_nothing(store: Store, store_url: str, dice: Callable[[int], bytes]) -> None:
    Store.open(store_url, dice=dice).close()
    with store.read() as tx:
        assert tx.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [HEAD]
