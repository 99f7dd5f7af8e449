"""Text files as people save them: UTF-8 with or without its mark, any line ends; other encodings are named."""

from pathlib import Path

from engine.errors import LeadsyncError, Problem


def read_text(path: Path, *, file: str, error: type[LeadsyncError], code: str) -> str:
    """The text with plain line ends, so that the same file has the same digest on every machine.

    Raises `error` with `code` at `file:line` when the file is not UTF-8.
    """
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as found:
        line = raw.count(b"\n", 0, found.start) + 1
        raise error(Problem(code, f"{file}:{line}", {"encoding": _encoding(raw)})) from found
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _encoding(raw: bytes) -> str:
    """What a Japanese desktop most likely wrote instead."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "UTF-16"
    try:
        raw.decode("cp932")
    except UnicodeDecodeError:
        return "?"
    return "Shift_JIS"
