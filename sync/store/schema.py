"""The version of the store's schema: is it ours, and bring an older one up to date."""

from importlib.resources import as_file, files

from sqlalchemy import Connection, inspect, text

from engine.errors import StoreError
from sync.store.migrations import HEAD, KNOWN


def is_current(tx: Connection) -> bool:
    """StoreError when the store was written by a newer version of leadsync."""
    version = _version(tx)
    if version is not None and version not in KNOWN:
        raise StoreError.of("SR-106", found=version, known=HEAD)
    return version == HEAD


def upgrade(tx: Connection) -> None:
    """Run the missing migrations inside the caller's write transaction; a second process finds nothing left to do."""
    if is_current(tx):
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
