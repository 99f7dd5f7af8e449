"""Write the audit as JSON lines that anybody can verify without leadsync.

A line is `{"entry":<the bytes that were hashed>,"hash":"<their SHA-256>"}`; `schema.json` describes it.
"""

import os
from importlib.resources import files
from pathlib import Path

from sync.host import processes
from sync.store import audit
from sync.store.audit import Head, Link
from sync.store.database import Transaction


def export(tx: Transaction, path: Path) -> Head:
    """Write the whole chain to a new file (0600); its head is what a witness should keep. An old file is replaced."""
    unfinished = path.with_name(f"{path.name}.unfinished")
    head = Head()
    with processes.open_private(unfinished) as file:
        for link in audit.links(tx):
            file.write(line(link))
            head = Head(link.seq, link.hash)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    return head


def line(link: Link) -> bytes:
    return b'{"entry":' + link.body + b',"hash":"' + link.hash.encode() + b'"}\n'


def schema() -> str:
    """The published JSON Schema of a line."""
    return (files("sync.audit") / "schema.json").read_text(encoding="utf-8")
