"""Where the store's file may lie, and who may read it."""

from contextlib import suppress
from pathlib import Path

from engine.errors import StoreError
from sync.host import processes

# Locks and shared memory do not work there as SQLite needs them; a database on one is lost sooner or later.
_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "fuse.sshfs", "fuse.s3fs", "fuse.rclone"})
_MOUNTS = Path("/proc/self/mountinfo")


def prepare(file: Path) -> None:
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
