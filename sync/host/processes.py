"""What the machine under us does its own way: whether a process lives, and how bytes, names and folders reach its disk.

Everything here has a right answer on Linux, macOS and Windows; `system` is `sys.platform`, given by tests only.
"""

import os
import sys
from pathlib import Path
from typing import BinaryIO

_WINDOWS = "win32"
# Windows: enough to ask whether it still runs, and what it answers for one that does.
_QUERY_LIMITED_INFORMATION = 0x1000
_STILL_ACTIVE = 259
_ACCESS_DENIED = 5


def open_private(path: Path) -> BinaryIO:
    """A new or emptied file for its owner only, which takes bytes as they are: Windows would turn each LF into two."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
    return os.fdopen(os.open(path, flags, 0o600), "wb")


def make_private(path: Path) -> None:
    """An empty file for its owner only. FileExistsError when there is one, which is left unopened."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def keep_names(folder: Path, *, system: str = sys.platform) -> None:
    """Return when the names in a folder are safe on disk. Windows opens no folders; NTFS keeps names in its own journal."""
    if system == _WINDOWS:
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove(path: Path, *, system: str = sys.platform) -> bool:
    """Whether a file that nobody needs is gone. Windows keeps one that somebody reads: whoever tidies up next finds it."""
    try:
        path.unlink(missing_ok=True)
    except PermissionError:
        if system != _WINDOWS:
            raise
        return False
    return True


def is_running(pid: int, *, system: str = sys.platform) -> bool:
    """Whether a process of this number runs, whoever's it is; yes where one cannot know."""
    # `os.kill(pid, 0)` asks on POSIX; on Windows signal 0 is Ctrl-C, and the process would be told to end.
    if system == _WINDOWS:
        return _is_running_on_windows(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def user_name() -> str:
    """Who runs this process, by the system's word; a variable cannot change it."""
    if sys.platform == "win32":
        return os.getlogin()
    import pwd

    number = os.getuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"uid-{number}"  # a container may run under a number that nobody has named


def _is_running_on_windows(pid: int) -> bool:
    if sys.platform != "win32":
        return True
    import ctypes
    from ctypes import wintypes

    kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    kernel.OpenProcess.restype = wintypes.HANDLE
    kernel.GetExitCodeProcess.argtypes = (wintypes.HANDLE, ctypes.POINTER(wintypes.DWORD))
    kernel.CloseHandle.argtypes = (wintypes.HANDLE,)
    handle = kernel.OpenProcess(_QUERY_LIMITED_INFORMATION, False, pid)
    if not handle:
        return ctypes.get_last_error() == _ACCESS_DENIED
    try:
        code = wintypes.DWORD()
        return not kernel.GetExitCodeProcess(handle, ctypes.byref(code)) or code.value == _STILL_ACTIVE
    finally:
        kernel.CloseHandle(handle)
