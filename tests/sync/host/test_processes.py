"""What the machine does its own way, told which system it is; and that nothing else in the source asks the system."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sync.host import processes
from sync.store.holders import Holder, is_dead, this_process

ROOT = Path(__file__).parents[2]
WINDOWS = "win32"


class Read(type(Path())):  # type: ignore[misc]  # the class of this system's paths
    """A file that somebody reads, as Windows sees it."""

    def unlink(self, missing_ok: bool = False) -> None:  # noqa: FBT001, FBT002, ARG002 - pathlib's own
        raise PermissionError


@pytest.fixture
def ended() -> int:
    """The number of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def test_a_process_that_runs_is_told_from_one_that_has_ended(ended: int) -> None:
    assert [processes.is_running(pid) for pid in (os.getpid(), ended)] == [True, False]


def test_on_windows_no_process_is_sent_a_signal_to_ask_whether_it_runs(ended: int) -> None:
    """Signal 0 is Ctrl-C there: had it been sent, this one would not be found."""
    assert processes.is_running(ended, system=WINDOWS)


def test_where_the_system_does_not_tell_when_a_process_began_its_number_decides(ended: int) -> None:
    here = Holder("here", "", os.getpid(), started="")
    assert [is_dead(Holder("here", "", pid, ""), here=here) for pid in (os.getpid(), ended)] == [False, True]


def test_this_process_is_not_dead() -> None:
    assert not is_dead(this_process(), here=this_process())


def test_a_folder_is_not_opened_on_windows(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    processes.keep_names(missing, system=WINDOWS)
    with pytest.raises(FileNotFoundError):
        processes.keep_names(missing, system="linux")


def test_a_file_that_somebody_reads_stays_on_windows_and_fails_elsewhere(tmp_path: Path) -> None:
    assert not processes.remove(Read(tmp_path / "data file"), system=WINDOWS)
    with pytest.raises(PermissionError):
        processes.remove(Read(tmp_path / "data file"), system="linux")


def test_a_private_file_takes_bytes_as_they_are_and_is_for_its_owner(tmp_path: Path) -> None:
    with processes.open_private(tmp_path / "file") as file:
        file.write(b"a\nb\r\n")
    assert (tmp_path / "file").read_bytes() == b"a\nb\r\n"
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "asks", [r"\bos\.kill\(", r"\bos\.open\(", r"\bgetuid\(", r"\bimport (pwd|fcntl|resource)\b", r"\bos\.fork\("]
)
def test_only_one_file_asks_what_systems_answer_differently(asks: str) -> None:
    asking = {
        path.relative_to(ROOT).as_posix()
        for room in ("engine", "mapping", "config", "sync")
        for path in (ROOT / room).rglob("*.py")
        if re.search(asks, path.read_text(encoding="utf-8"))
    }
    assert asking <= {"sync/host/processes.py"}
