"""The schema: migrations and tables agree, the database itself refuses what no table may hold, a newer store is refused."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.resources import files

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Boolean, CheckConstraint, Integer, String, Table, insert, inspect, text, update
from sqlalchemy.exc import IntegrityError

from engine.errors import StoreError
from sync.store.columns import Instant, JsonText
from sync.store.database import Store
from sync.store.migrations import HEAD, KNOWN
from sync.store.tables import changes, metadata, runs
from sync.store.vocabulary import Outcome


def _words(condition: str) -> frozenset[str]:
    return frozenset(re.findall(r"'(\w+)'", condition))


def _row(table: Table) -> dict[str, object]:
    """A row that is wrong in nothing but what it refers to."""
    words = {column.name: min(listed) for column, listed in CHECKED.values() if column.table is table}
    plain = {Integer: 1, Boolean: True, Instant: datetime(2026, 11, 21, tzinfo=UTC), JsonText: [], String: "x"}
    return words | {
        column.name: next(value for kind, value in plain.items() if isinstance(column.type, kind))
        for column in table.columns
        if not column.nullable and column.name not in words
    }


CHECKED = {
    str(check.name): (column, _words(str(check.sqltext)))
    for table in metadata.tables.values()
    for column in table.columns
    for check in column.constraints
    if isinstance(check, CheckConstraint)
}


def test_the_migrations_make_the_tables(store_url: str, dice: Callable[[int], bytes]) -> None:
    store = Store.open(store_url, dice=dice)
    with store.read() as tx:
        assert compare_metadata(MigrationContext.configure(tx), metadata) == []
    store.close()


def test_the_migrations_make_the_lists_of_words(store: Store) -> None:
    with store.read() as tx:
        database = inspect(tx)
        made = {
            str(found["name"]): _words(str(found["sqltext"]))
            for table in metadata.tables
            for found in database.get_check_constraints(table)
        }
    assert made == {name: words for name, (_, words) in CHECKED.items()}


@pytest.mark.parametrize("name", CHECKED)
def test_a_word_that_is_not_listed_is_refused_by_the_database(name: str, store: Store) -> None:
    column, _ = CHECKED[name]
    with pytest.raises(IntegrityError, match=name), store.transaction() as tx:
        tx.execute(insert(column.table).values(_row(column.table) | {column.name: "no word"}))


def test_a_word_that_is_listed_is_let_in(store: Store, run: str) -> None:
    with store.transaction() as tx:
        for outcome in Outcome:
            tx.execute(update(runs).where(runs.c.run_id == run).values(outcome=outcome.value))


def test_a_change_of_no_run_is_refused_by_the_database(store: Store) -> None:
    with pytest.raises(IntegrityError), store.transaction() as tx:
        tx.execute(insert(changes).values(_row(changes)))


def test_every_column_named_like_a_key_of_another_table_refers_to_it() -> None:
    columns = [column for table in metadata.tables.values() for column in table.columns]
    keys = {column.name for column in columns if column.primary_key and not column.foreign_keys}
    # Ids of the org's records and of the rulebook's items are no keys of ours.
    ours = {name for name in keys if name.endswith("_id")} - {"record_id", "rule_id"}
    alone = [column for column in columns if column.name in ours and not (column.foreign_keys or column.primary_key)]
    assert alone == []


def test_every_migration_is_known_and_there_is_one_head() -> None:
    config = Config()
    config.set_main_option("script_location", str(files("sync.store") / "migrations"))
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_heads() == [HEAD]
    assert tuple(reversed([script.revision for script in scripts.walk_revisions()])) == KNOWN


def test_a_store_of_another_version_is_refused(store: Store, store_url: str, dice: Callable[[int], bytes]) -> None:
    with store.transaction() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="SR-106"):
        Store.open(store_url, dice=dice)


def test_opening_again_changes_nothing(store: Store, store_url: str, dice: Callable[[int], bytes]) -> None:
    Store.open(store_url, dice=dice).close()
    with store.read() as tx:
        assert tx.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [HEAD]
