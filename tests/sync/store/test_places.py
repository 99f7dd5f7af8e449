"""Where a store may lie."""

from pathlib import Path

import pytest

from engine.errors import StoreError
from sync.store import places

_MOUNTS = """\
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
28 27 0:40 / /mnt/share rw,relatime shared:1 - nfs4 server:/share rw
29 28 254:1 / /mnt/share/local rw,relatime - xfs /dev/vdb rw
30 27 0:41 / /mnt/two\\040words rw,relatime - cifs //server/share rw
"""


@pytest.mark.parametrize("folder", ["/mnt/share", "/mnt/share/sales", "/mnt/two words/x"])
def test_a_network_file_system_is_refused(folder: str) -> None:
    with pytest.raises(StoreError, match="SR-105"):
        places.refuse_network(Path(folder), _MOUNTS)


@pytest.mark.parametrize("folder", ["/", "/home/sales", "/mnt/share/local/x", "/mnt/shared"])
def test_a_local_one_is_not(folder: str) -> None:
    places.refuse_network(Path(folder), _MOUNTS)


def test_nothing_is_refused_where_the_system_does_not_tell() -> None:
    places.refuse_network(Path("/mnt/share"), "")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="SR-104"):
        places.prepare(tmp_path / "file" / "data" / "store.sqlite")
