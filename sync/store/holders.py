"""Who holds a lease or ran a run: a process on a machine, told apart from every other process there ever was."""

import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sync.host import processes

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Holder:
    """`boot` also names the process namespace: pids of two containers on one machine mean nothing to each other."""

    host: str
    boot: str
    pid: int
    started: str  # clock ticks since boot; empty where the system does not tell

    @classmethod
    def of(cls, row: Any) -> "Holder":
        """From a row of any table with a holder's columns."""
        return cls(row.host, row.boot, row.pid, row.process_started)

    def columns(self) -> dict[str, str | int]:
        return {"host": self.host, "boot": self.boot, "pid": self.pid, "process_started": self.started}


def this_process() -> Holder:
    pid = os.getpid()
    return Holder(socket.gethostname(), _boot(), pid, _started(pid) or "")


def account() -> str:
    """Who sits at this command line, by the operating system's word: `os:name@host`. A variable cannot change it."""
    return f"os:{processes.user_name()}@{socket.gethostname()}"


def is_dead(holder: Holder, *, here: Holder) -> bool:
    """Whether the process is surely gone. A process elsewhere, or before a reboot, is not sure: its lease runs out."""
    if not is_beside(holder, here=here):
        return False
    if not here.started:  # no /proc: all one can ask is whether the pid exists
        return not processes.is_running(holder.pid)
    return _started(holder.pid) != holder.started


def is_beside(holder: Holder, *, here: Holder) -> bool:
    """Whether the process can be asked about: it runs, or ran, on this host since it was started."""
    return (holder.host, holder.boot) == (here.host, here.boot)


def _boot() -> str:
    boot_id = _PROC / "sys/kernel/random/boot_id"
    if not boot_id.exists():
        return ""
    return f"{boot_id.read_text().strip()} {(_PROC / 'self/ns/pid').readlink()}"


def _started(pid: int) -> str | None:
    """None when no such process runs; a killed child that nobody has waited for (a zombie) does not run either."""
    try:
        # The command's name, in brackets, may hold spaces and brackets itself.
        fields = (_PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in {"Z", "X"} else fields[19]
