"""Where a store may lie."""

import secrets
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.errors import StoreError
from sync.store import database, leases
from sync.store.database import Store
from sync.store.holders import this_process
from sync.store.vocabulary import LeaseName

ROOT = Path(__file__).parents[3]

AT = datetime(2026, 11, 20, tzinfo=UTC)
_MOUNTS = """\
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
28 27 0:40 / /mnt/share rw,relatime shared:1 - nfs4 server:/share rw
29 28 254:1 / /mnt/share/local rw,relatime - xfs /dev/vdb rw
30 27 0:41 / /mnt/two\\040words rw,relatime - cifs //server/share rw
"""


@pytest.mark.parametrize("folder", ["/mnt/share", "/mnt/share/sales", "/mnt/two words/x"])
def test_a_network_file_system_is_refused(folder: str) -> None:
    with pytest.raises(StoreError, match="SR-105"):
        database.refuse_network(Path(folder), _MOUNTS)


@pytest.mark.parametrize("folder", ["/", "/home/sales", "/mnt/share/local/x", "/mnt/shared"])
def test_a_local_one_is_not(folder: str) -> None:
    database.refuse_network(Path(folder), _MOUNTS)


def test_nothing_is_refused_where_the_system_does_not_tell() -> None:
    database.refuse_network(Path("/mnt/share"), "")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="SR-104"):
        database.prepare_file(tmp_path / "file" / "data" / "store.sqlite")


def test_s5_a_second_opening_in_one_process_takes_no_lock_of_the_first_away(tmp_path: Path) -> None:
    """Whoever closed it last would otherwise delete a write-ahead log that is in use, and with it what was committed."""
    url = f"sqlite:///{tmp_path}/data/store.sqlite"
    first = Store.open(url, dice=secrets.token_bytes)
    Store.open(url, dice=secrets.token_bytes).close()
    elsewhere = (
        f"import secrets; from sync.store.database import Store\nStore.open({url!r}, dice=secrets.token_bytes).close()"
    )
    subprocess.run([sys.executable, "-c", elsewhere], cwd=ROOT, check=True)

    assert (tmp_path / "data" / "store.sqlite-wal").exists()
    with first.transaction() as tx:
        leases.take(tx, LeaseName.PULL, holder=this_process(), clock=lambda: AT, lease_seconds=60)
    first.close()
